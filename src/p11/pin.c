/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from. It goes from its source into a struct secret and nowhere else. */
#include "p11/internal.h"

#include "base/message.h"
#include "base/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIN_MAX = 1024 }; /* bytes; the longest formats seen (user:password) stay far below */

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static int descriptor_number(const char *text, int *fd)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || number > INT_MAX)
		return -1;
	*fd = (int)number;
	return 0;
}

int p11_pin_source_check(const char *source, struct error *error)
{
	const char *rest;
	int fd;

	if (strcmp(source, "prompt") == 0)
		return 0;
	if (((rest = after(source, "file:")) != NULL || (rest = after(source, "env:")) != NULL) && *rest != '\0')
		return 0;
	rest = after(source, "credential:");
	if (rest != NULL && *rest != '\0') {
		if (strchr(rest, '/') == NULL && rest[0] != '.')
			return 0;
		return error_set(error, ERROR_CONFIG, "a credential's name has no '/' and begins with no '.'");
	}
	rest = after(source, "fd:");
	if (rest != NULL && descriptor_number(rest, &fd) == 0)
		return 0;
	/* The text itself is not shown: it may be a PIN, given by mistake. */
	error_set(error, ERROR_CONFIG, "not a PIN source");
	error_hint(error, "PIN sources are prompt, file:PATH, env:NAME, fd:N and credential:NAME");
	return -ERROR_CONFIG;
}

/* Reads up to the end, or the end of the first line when `line`. One final line end is not part of the PIN. */
static int read_descriptor(int fd, const char *what, bool line, struct secret *pin, struct error *error)
{
	const char *text;
	size_t length;
	char byte;
	ssize_t got;

	/* Byte by byte: what follows the line belongs to another reader, and no copy is left in a buffer. */
	while ((got = read(fd, &byte, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		if (secret_append(pin, &byte, 1) < 0)
			return error_memory(error);
		if (line && byte == '\n')
			break;
		if (secret_length(pin) > PIN_MAX)
			return error_set(error, ERROR_PIN, "%s holds more than %d bytes, which is no PIN", what, PIN_MAX);
	}
	OPENSSL_cleanse(&byte, sizeof(byte));
	if (got < 0)
		return error_set(error, ERROR_PIN, "cannot read the PIN from %s: %s", what, strerror(errno));
	text = secret_data(pin);
	length = secret_length(pin);
	if (length > 0 && text[length - 1] == '\n')
		secret_truncate(pin, length - (length > 1 && text[length - 2] == '\r' ? 2 : 1));
	if (secret_length(pin) == 0)
		return error_set(error, ERROR_PIN, "%s holds no PIN", what);
	if (strpbrk(secret_data(pin), "\r\n") != NULL || strlen(secret_data(pin)) != secret_length(pin))
		return error_set(error, ERROR_PIN, "%s holds more than one line, or a NUL, which is no PIN", what);
	return 0;
}

static int read_file(const char *path, bool keeper_is_systemd, struct secret *pin, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat status;
	int result;

	if (fd < 0)
		return error_set(error, ERROR_PIN, "cannot open the PIN file %s: %s", path, strerror(errno));
	if (fstat(fd, &status) < 0 || S_ISDIR(status.st_mode)) {
		result = error_set(error, ERROR_PIN, "the PIN file %s is not a file", path);
	} else if (!keeper_is_systemd && S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		/* systemd guards its folder itself, with access lists that show as group bits here. */
		result = error_set(error, ERROR_PIN, "the PIN file %s is open to others (mode %04o)", path,
				   (unsigned)status.st_mode & 07777U);
		error_hint(error, "make it yours alone: chmod 600");
	} else {
		result = read_descriptor(fd, path, false, pin, error);
	}
	close(fd);
	return result;
}

static int read_credential(const char *name, struct secret *pin, struct error *error)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (folder == NULL) {
		error_set(error, ERROR_PIN, "there are no credentials: CREDENTIALS_DIRECTORY is not set");
		error_hint(error, "systemd sets it for a service with LoadCredential= or LoadCredentialEncrypted=");
		return -ERROR_PIN;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return error_set(error, ERROR_PIN, "the path of the credential %s is too long", name);
	return read_file(path, true, pin, error);
}

static int read_environment(const char *name, struct secret *pin, struct error *error)
{
	char *value = getenv(name);

	if (value == NULL || *value == '\0')
		return error_set(error, ERROR_PIN, "the environment variable %s, which should hold the PIN, is %s", name,
				 value == NULL ? "not set" : "empty");
	if (secret_append(pin, value, strlen(value)) < 0)
		return error_memory(error);
	process_blank(value);
	return 0;
}

/* Asks on the terminal, echo off, by OpenSSL's UI, which restores the terminal on every signal. */
static int prompt(const struct token *token, struct secret *pin, struct error *error)
{
	char buffer[PIN_MAX + 1] = "";
	char question[128];
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int answer = 0;
	UI *ui;
	int result;

	/* Without a terminal OpenSSL would take a line of stdin, which is somebody's data, and it would cost a PIN try. */
	if (terminal < 0) {
		error_set(error, ERROR_PIN, "token \"%s\" wants a PIN, and there is no terminal to ask on",
			  token_label(token));
		error_hint(error, "say where the PIN comes from: --pin-from");
		return -ERROR_PIN;
	}
	close(terminal);
	ui = UI_new_method(UI_OpenSSL());

	snprintf(question, sizeof(question), "PIN of token \"%s\": ", token_label(token));
	if (ui == NULL) {
		result = error_memory(error);
	} else if (UI_add_input_string(ui, question, 0, buffer, 1, PIN_MAX) < 0 || (answer = UI_process(ui)) != 0) {
		result = error_set(error, ERROR_PIN, "no PIN was entered for token \"%s\"", token_label(token));
		if (answer == -2) /* OpenSSL's UI took a SIGINT; a shell's loop must still end with it */
			error->signal = SIGINT;
	} else {
		result = secret_append(pin, buffer, strlen(buffer)) < 0 ? error_memory(error) : 0;
	}
	ERR_clear_error();
	UI_free(ui);
	OPENSSL_cleanse(buffer, sizeof(buffer));
	return result;
}

static int read_source(const char *source, const struct token *token, struct secret *pin, struct error *error)
{
	const char *rest;
	char what[64];
	int fd;

	if (p11_pin_source_check(source, error) < 0)
		return error_result(error);
	if ((rest = after(source, "file:")) != NULL)
		return read_file(rest, false, pin, error);
	if ((rest = after(source, "env:")) != NULL)
		return read_environment(rest, pin, error);
	if ((rest = after(source, "credential:")) != NULL)
		return read_credential(rest, pin, error);
	if ((rest = after(source, "fd:")) != NULL && descriptor_number(rest, &fd) == 0) {
		snprintf(what, sizeof(what), "file descriptor %d", fd);
		return read_descriptor(fd, what, true, pin, error);
	}
	return prompt(token, pin, error);
}

const char *pin_source_path(const char *source)
{
	const char *path = after(source, "file://");

	if (path == NULL)
		path = after(source, "file:");
	if (path == NULL)
		path = source;
	return path[0] == '/' ? path : NULL;
}

int pin_get(struct secret **pin, const struct p11_request *request, const struct uri *uri, const struct token *token,
	    struct error *error)
{
	const char *value = p11_kit_uri_get_pin_value(uri->parsed);
	const char *source = p11_kit_uri_get_pin_source(uri->parsed);
	bool pad = (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	int result;

	*pin = NULL;
	if (pad && request->pin_from == NULL && value == NULL && source == NULL)
		return 0;
	*pin = secret_new(64);
	if (*pin == NULL)
		return error_memory(error);
	if (request->pin_from != NULL) {
		result = read_source(request->pin_from, token, *pin, error);
	} else if (value != NULL) {
		message_warn("a PIN in the URI (pin-value) can be seen by others; use --pin-from");
		result = secret_append(*pin, value, strlen(value)) < 0 ? error_memory(error) : 0;
	} else if (source != NULL) {
		result = read_file(pin_source_path(source), false, *pin, error);
	} else {
		result = prompt(token, *pin, error);
	}
	if (result < 0)
		secret_free(pin);
	return result;
}
