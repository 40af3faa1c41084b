/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator of p11bearer-alloc, which is the program linked with --wrap for each function below. It gets the program's own
 * allocations, not those of libraries. P11ALLOC_FAIL=N fails number N, from 1; the number of allocations is written to the file
 * P11ALLOC_COUNT.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned long count;

/* Whether this allocation is the one that fails. */
static bool fails(void)
{
	static unsigned long wanted;
	static bool read;

	if (!read) {
		const char *text = getenv("P11ALLOC_FAIL");

		wanted = text != NULL ? strtoul(text, NULL, 10) : 0;
		read = true;
	}
	if (++count != wanted)
		return false;
	errno = ENOMEM;
	return true;
}

void __real_process_end(int status) __attribute__((noreturn));
void __wrap_process_end(int status) __attribute__((noreturn));
void __wrap_process_end(int status)
{
	const char *path = getenv("P11ALLOC_COUNT");
	FILE *file = path != NULL ? fopen(path, "we") : NULL;

	if (file != NULL) {
		fprintf(file, "%lu\n", count);
		fclose(file);
	}
	__real_process_end(status);
}

#define WRAP(type, name, parameters, arguments, failure) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return fails() ? failure : __real_##name arguments; \
	}

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t number, size_t size), (number, size), NULL)
WRAP(void *, realloc, (void *block, size_t size), (block, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t size), (text, size), NULL)
WRAP(char *, realpath, (const char *path, char *resolved), (path, resolved), NULL)
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size), NULL)
WRAP(void *, mmap, (void *address, size_t size, int protection, int flags, int fd, off_t offset),
     (address, size, protection, flags, fd, offset), MAP_FAILED)

/* With and without FORTIFY. */
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define PRINT \
	va_list arguments; \
	int result; \
	if (fails()) \
		return -1; \
	va_start(arguments, format); \
	result = vasprintf(text, format, arguments); \
	va_end(arguments); \
	return result

int __wrap_asprintf(char **text, const char *format, ...)
{
	PRINT;
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
	(void)flag;
	PRINT;
}
