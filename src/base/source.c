/* SPDX-License-Identifier: Apache-2.0 */
#include "base/source.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/file-hint.h"
#include "base/shell-word.h"
#include "base/text.h"
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UTF8_MAX = 6 }; /* bytes that UTF8_getc may read */

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

struct source source_of_path(const char *path)
{
	struct source source = { SOURCE_FILE, path, -1 };

	if (descriptor_path(path, &source.fd))
		source.type = SOURCE_DESCRIPTOR;
	return source;
}

bool source_parse(struct source *source, const char *text)
{
	const char *rest;

	*source = (struct source){ SOURCE_NONE, NULL, -1 };
	if ((rest = after(text, "file:")) != NULL && *rest != '\0')
		*source = source_of_path(rest);
	else if ((rest = after(text, "env:")) != NULL && *rest != '\0')
		*source = (struct source){ SOURCE_VARIABLE, rest, -1 };
	else if ((rest = after(text, "fd:")) != NULL && descriptor_number(rest, &source->fd))
		source->type = SOURCE_DESCRIPTOR;
	return source->type != SOURCE_NONE;
}

/* Names a character that no secret contains; NULL if there is nothing wrong with it. */
static const char *character_fault(unsigned long character, const char **hint)
{
	static const unsigned long non_joiner = 0x200c, joiner = 0x200d; /* used in the spelling of some languages */

	*hint = "remove it; \"od -c\" shows where it is";
	if (character == 0)
		return "a NUL";
	if (character == '\n' || character == '\r') {
		*hint = "one line end is dropped (LF or CRLF); remove everything else";
		return "more than one line";
	}
	if (character == 0xfeff) {
		*hint = "save it as UTF-8 without a byte-order mark";
		return "a byte-order mark";
	}
	if (character < 0x20 || (character >= 0x7f && character < 0xa0))
		return "a control character";
	if (text_misleads(character) && character != non_joiner && character != joiner)
		return "an invisible character";
	return NULL;
}

/* Names something that no one-line secret contains, and in *hint how to fix it; NULL if it is clean. The secret need
 * not be UTF-8. */
static const char *stray(const unsigned char *text, size_t length, const char **hint)
{
	const char *fault = NULL;

	if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
		*hint = "save it as UTF-8 without a byte-order mark";
		return "a byte-order mark (of UTF-16)";
	}
	while (length > 0 && fault == NULL) {
		unsigned long character;
		int used = UTF8_getc(text, length < UTF8_MAX ? (int)length : UTF8_MAX, &character);

		if (used > 0)
			fault = character_fault(character, hint);
		text += used > 0 ? used : 1;
		length -= used > 0 ? (size_t)used : 1;
	}
	return fault;
}

int source_clean(const char *what, const struct source_kind *kind, struct secret *secret, struct error *error)
{
	const char *text = secret_data(secret), *fault, *hint;
	size_t length = secret_length(secret);

	if (length > 0 && text[length - 1] == '\n')
		secret_truncate(secret, length - (length > 1 && text[length - 2] == '\r' ? 2 : 1));
	length = secret_length(secret);
	if (length == 0) {
		error_set(error, kind->class, "%s holds no %s", what, kind->name);
		error_hint(error, "write the %s to it, on one line", kind->name);
		return -(int)kind->class;
	}
	if (length > kind->max)
		return error_set(error, kind->class, "%s holds more than %zu bytes, too many for one %s", what,
				 kind->max, kind->name);
	fault = stray((const unsigned char *)text, length, &hint);
	if (fault == NULL)
		return 0;
	error_set(error, kind->class, "%s holds %s, which no %s contains", what, fault, kind->name);
	error_hint(error, "%s", hint);
	return -(int)kind->class;
}

/* Waits for input or its end. Returns 1, or 0 if the time is up, or -1. */
static int wait_for(int fd, long seconds, double began)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return 1; /* read fails at once, while poll would wait */
	while (true) {
		double left = (double)seconds * 1000 - (clock_ms() - began);
		int result = poll(&polled, 1, seconds == 0 ? -1 : left > 0 ? (int)left + 1 : 0);

		if (result >= 0 || errno != EINTR)
			return result;
	}
}

/* Reads to the end; with `line`, to the end of the first line. */
static int read_descriptor(int fd, const char *what, bool line, const struct source_kind *kind, struct secret *secret,
			   struct error *error)
{
	double began = clock_ms();
	ssize_t got = 1;
	int ready = 1;
	char byte;

	/* Byte by byte: the bytes after the line belong to another reader, and no buffer keeps a copy. */
	while (got != 0 && (ready = wait_for(fd, kind->seconds, began)) > 0) {
		got = read(fd, &byte, 1);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (got == 1 && secret_append(secret, &byte, 1) < 0)
			return error_memory(error);
		if (got == 1 && ((line && byte == '\n') || secret_length(secret) > kind->max + strlen("\r\n")))
			break;
	}
	OPENSSL_cleanse(&byte, sizeof(byte));
	if (ready == 0) {
		error_set(error, kind->class, "no %s came from %s within %ld second%s", kind->name, what, kind->seconds,
			  kind->seconds == 1 ? "" : "s");
		error_hint(error, "start the program that writes it first");
		return -(int)kind->class;
	}
	if (got < 0 || ready < 0)
		return error_set(error, kind->class, "cannot read the %s from %s: %s", kind->name, what,
				 strerror(errno));
	return source_clean(what, kind, secret, error);
}

static int used_descriptor = -1;

int source_used_descriptor(void)
{
	return used_descriptor;
}

int source_read_line(int fd, const char *what, const struct source_kind *kind, struct secret *secret,
		     struct error *error)
{
	used_descriptor = fd;
	return read_descriptor(fd, what, true, kind, secret, error);
}

/* Refuses the open file at `path` unless it is a regular file or a FIFO that no other user can change and, unless
 * `guarded`, that no other user can read. */
static int check_file(const char *path, int fd, const struct stat *status, bool guarded, const struct source_kind *kind,
		      struct error *error)
{
	char word[SHELL_WORD_SIZE];

	if (!S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode)) {
		error_set(error, kind->class, "the %s file %s is not a file: it is %s", kind->name, path,
			  trust_kind(status));
		error_hint(error, "name a file that holds the %s and nothing else", kind->name);
		return -(int)kind->class;
	}
	if (!guarded && S_ISREG(status->st_mode) && (status->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		error_set(error, kind->class, "the %s file %s is open to others (mode %04o)", kind->name, path,
			  (unsigned)status->st_mode & 07777U);
		error_hint(error, "remove their permissions: chmod 600 %s", shell_word(path, strlen(path), word));
		return -(int)kind->class;
	}
	return trust_check(path, fd, kind->class, error);
}

static int cannot_open(const char *path, const struct source_kind *kind, struct error *error)
{
	char what[64];

	snprintf(what, sizeof(what), "open the %s file", kind->name);
	return file_cannot(what, path, FILE_READ, kind->class, error);
}

int source_read_file(const char *path, bool guarded, const struct source_kind *kind, struct secret *secret,
		     struct error *error)
{
	struct stat status = { .st_mode = 0 };
	int fd, result;

	/* Opening a FIFO in blocking mode would wait for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		result = cannot_open(path, kind, error);
	else
		result = check_file(path, fd, &status, guarded, kind, error);
	if (result == 0) /* the writer of a FIFO may keep it open */
		result = read_descriptor(fd, path, S_ISFIFO(status.st_mode), kind, secret, error);
	if (fd >= 0)
		close(fd);
	return result;
}

static int read_environment(const char *name, const struct source_kind *kind, struct secret *secret,
			    struct error *error)
{
	const char *value = getenv(name);
	char what[96];

	if (value == NULL || *value == '\0') {
		error_set(error, kind->class, "the environment variable %s, which should hold the %s, is %s", name,
			  kind->name, value == NULL ? "not set" : "empty");
		if (*name == '$')
			error_hint(error, "write the name of the variable without $");
		else
			error_hint(error, "export it, or name another source of the %s", kind->name);
		return -(int)kind->class;
	}
	if (secret_append(secret, value, strlen(value)) < 0)
		return error_memory(error);
	/* Emptied rather than overwritten: a child that took asterisks for the PIN would spend a PIN try. */
	wipe_variable(name);
	snprintf(what, sizeof(what), "the environment variable %.*s", 64, name);
	return source_clean(what, kind, secret, error);
}

int source_read(const struct source *source, const struct source_kind *kind, struct secret *secret,
		struct error *error)
{
	char what[64];

	if (source->type == SOURCE_FILE)
		return source_read_file(source->name, false, kind, secret, error);
	if (source->type == SOURCE_VARIABLE)
		return read_environment(source->name, kind, secret, error);
	snprintf(what, sizeof(what), "file descriptor %d", source->fd);
	return source_read_line(source->fd, source->name != NULL ? source->name : what, kind, secret, error);
}
