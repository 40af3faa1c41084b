/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of calls in P11SHIM_LOG. A line is one write() to a file opened for appending, so lines of several threads
 * and processes never mix. Details say which attributes and mechanisms a call was about, never their data.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fd = -1;

bool log_open(void)
{
	const char *path = getenv("P11SHIM_LOG");
	if (path == NULL || *path == '\0') {
		return true;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0) {
		shim_complain("P11SHIM_LOG: cannot open %s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* A test that loads and unloads the shim many times must not run out of files. */
__attribute__((destructor)) static void log_close(void)
{
	if (fd >= 0) {
		close(fd);
		fd = -1;
	}
}

static void write_line(const char *line, size_t length)
{
	if (write(fd, line, length) != (ssize_t)length) {
		shim_complain("P11SHIM_LOG: cannot write: %s", strerror(errno));
	}
}

void log_call(const struct call *call)
{
	char line[sizeof call->detail + 128];
	const char *rv = name_of(return_values, call->rv);
	int length;

	if (fd < 0) {
		return;
	}
	if (rv != NULL) {
		length = snprintf(line, sizeof line, "%s %s%s\n", call->function, rv, call->detail);
	} else {
		length = snprintf(line, sizeof line, "%s 0x%lx%s\n", call->function, call->rv, call->detail);
	}
	write_line(line, (size_t)length);
}

void log_threads(void)
{
	static const char line[] = "THREADS\n";

	if (fd >= 0) {
		write_line(line, sizeof line - 1);
	}
}

void log_swapped(void)
{
	static const char line[] = "SWAPPED\n";

	if (fd >= 0) {
		write_line(line, sizeof line - 1);
	}
}

void detail(struct call *call, const char *format, ...)
{
	size_t room = sizeof call->detail - call->used;
	va_list args;

	va_start(args, format);
	int length = vsnprintf(call->detail + call->used, room, format, args);
	va_end(args);
	if (length > 0) {
		call->used += (size_t)length < room ? (size_t)length : room - 1;
	}
}

static void detail_value(struct call *call, const char *name, CK_ULONG value)
{
	if (name != NULL) {
		detail(call, "%s", name);
	} else {
		detail(call, "0x%lx", value);
	}
}

void detail_name(struct call *call, const char *key, const struct name *table, CK_ULONG value)
{
	detail(call, " %s=", key);
	detail_value(call, name_of(table, value), value);
}

void detail_types(struct call *call, const char *key, bool values, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	detail(call, " %s=", key);
	for (CK_ULONG i = 0; attributes != NULL && i < count; i++) {
		const CK_ATTRIBUTE *a = &attributes[i];
		const char *boolean = name_of(boolean_attributes, a->type);

		detail(call, "%s", i > 0 ? "," : "");
		detail_value(call, boolean != NULL ? boolean : name_of(other_attributes, a->type), a->type);
		if (values && boolean != NULL && a->pValue != NULL && a->ulValueLen == sizeof(CK_BBOOL)) {
			detail(call, "=%d", *(const CK_BBOOL *)a->pValue != CK_FALSE);
		}
	}
}
