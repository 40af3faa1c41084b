/* SPDX-License-Identifier: Apache-2.0 */
#include "base/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool source_is(const char *text)
{
	const char *rest;
	int fd;

	if (((rest = after(text, "file:")) != NULL || (rest = after(text, "env:")) != NULL) && *rest != '\0')
		return true;
	return source_descriptor(text, &fd);
}

const char *source_variable(const char *source)
{
	return after(source, "env:");
}

bool source_descriptor(const char *source, int *fd)
{
	const char *text = after(source, "fd:");
	char *end;
	long number;

	if (text == NULL || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end != '\0' || errno != 0 || number > INT_MAX)
		return false;
	*fd = (int)number;
	return true;
}

/* What no secret of one line contains, or NULL. *hint is the way out. */
static const char *stray(const unsigned char *text, size_t length, const char **hint)
{
	*hint = "save it as UTF-8 without a byte-order mark";
	if (memmem(text, length, "\xef\xbb\xbf", 3) != NULL)
		return "a byte-order mark";
	if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return "a byte-order mark (of UTF-16)";
	for (size_t i = 0; i < length; i++) {
		/* U+0080 to U+009F are controls too; in UTF-8 they are 0xC2 and the same byte. */
		bool c1 = i > 0 && text[i - 1] == 0xc2 && text[i] >= 0x80 && text[i] <= 0x9f;

		if (text[i] == '\n' || text[i] == '\r') {
			*hint = "one line end is dropped (LF or CRLF); remove everything else";
			return "more than one line";
		}
		if (text[i] < 0x20 || text[i] == 0x7f || c1) {
			*hint = "remove it; \"od -c\" shows where it is";
			return text[i] == '\0' ? "a NUL" : "a control character";
		}
	}
	return NULL;
}

int source_check(const char *what, const struct source_kind *kind, struct secret *secret, struct error *error)
{
	const char *text = secret_data(secret), *fault, *hint;
	size_t length = secret_length(secret);

	if (length > 0 && text[length - 1] == '\n')
		secret_truncate(secret, length - (length > 1 && text[length - 2] == '\r' ? 2 : 1));
	length = secret_length(secret);
	if (length == 0)
		return error_set(error, kind->class, "%s holds no %s", what, kind->name);
	if (length > kind->max)
		return error_set(error, kind->class, "%s holds more than %zu bytes, too many for one %s", what, kind->max,
				 kind->name);
	fault = stray((const unsigned char *)text, length, &hint);
	if (fault == NULL)
		return 0;
	error_set(error, kind->class, "%s holds %s, and no %s contains one", what, fault, kind->name);
	error_hint(error, "%s", hint);
	return -(int)kind->class;
}

/* Reads up to the end, or the end of the first line if `line`. */
static int read_descriptor(int fd, const char *what, bool line, const struct source_kind *kind, struct secret *secret,
			   struct error *error)
{
	char byte;
	ssize_t got;

	/* Byte by byte: what follows the line belongs to another reader, and no copy is left in a buffer. */
	while ((got = read(fd, &byte, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		if (secret_append(secret, &byte, 1) < 0)
			return error_memory(error);
		if ((line && byte == '\n') || secret_length(secret) > kind->max + strlen("\r\n"))
			break;
	}
	OPENSSL_cleanse(&byte, sizeof(byte));
	if (got < 0)
		return error_set(error, kind->class, "cannot read the %s from %s: %s", kind->name, what, strerror(errno));
	return source_check(what, kind, secret, error);
}

int source_read_line(int fd, const char *what, const struct source_kind *kind, struct secret *secret,
		     struct error *error)
{
	return read_descriptor(fd, what, true, kind, secret, error);
}

int source_read_file(const char *path, bool guarded, const struct source_kind *kind, struct secret *secret,
		     struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat status;
	int result;

	if (fd < 0)
		return error_set(error, kind->class, "cannot open the %s file %s: %s", kind->name, path, strerror(errno));
	if (fstat(fd, &status) < 0 || S_ISDIR(status.st_mode)) {
		result = error_set(error, kind->class, "the %s file %s is not a file", kind->name, path);
	} else if (!guarded && S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		result = error_set(error, kind->class, "the %s file %s is open to others (mode %04o)", kind->name, path,
				   (unsigned)status.st_mode & 07777U);
		error_hint(error, "make it yours alone: chmod 600");
	} else {
		result = read_descriptor(fd, path, false, kind, secret, error);
	}
	close(fd);
	return result;
}

static int read_environment(const char *name, const struct source_kind *kind, struct secret *secret,
			    struct error *error)
{
	char *value = getenv(name);
	char what[96];

	if (value == NULL || *value == '\0')
		return error_set(error, kind->class, "the environment variable %s, which should hold the %s, is %s", name,
				 kind->name, value == NULL ? "not set" : "empty");
	if (secret_append(secret, value, strlen(value)) < 0)
		return error_memory(error);
	/* Empty from here on: asterisks would cost a PIN try if a child took them for the PIN. */
	OPENSSL_cleanse(value, strlen(value));
	snprintf(what, sizeof(what), "the environment variable %.*s", 64, name);
	return source_check(what, kind, secret, error);
}

int source_read(const char *source, const struct source_kind *kind, struct secret *secret, struct error *error)
{
	const char *rest;
	char what[64];
	int fd;

	if ((rest = after(source, "file:")) != NULL)
		return source_read_file(rest, false, kind, secret, error);
	if ((rest = after(source, "env:")) != NULL)
		return read_environment(rest, kind, secret, error);
	if (!source_descriptor(source, &fd))
		return error_set(error, ERROR_UNEXPECTED, "not a source of a %s", kind->name);
	snprintf(what, sizeof(what), "file descriptor %d", fd);
	return source_read_line(fd, what, kind, secret, error);
}
