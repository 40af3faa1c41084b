/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from. It goes from its source into a struct secret and nowhere else. */
#include "p11/internal.h"

#include "base/message.h"
#include "base/source.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIN_MAX = 1024 }; /* bytes; the longest formats seen (user:password) stay far below */

static const struct source_kind pin_kind = { "PIN", ERROR_PIN, PIN_MAX };

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int p11_pin_source_check(const char *source, struct error *error)
{
	const char *rest;

	if (strcmp(source, "prompt") == 0 || source_is(source))
		return 0;
	rest = after(source, "credential:");
	if (rest != NULL && *rest != '\0') {
		if (strchr(rest, '/') == NULL && rest[0] != '.')
			return 0;
		return error_set(error, ERROR_CONFIG, "a credential's name has no '/' and begins with no '.'");
	}
	/* The text itself is not shown: it may be a PIN, given by mistake. */
	error_set(error, ERROR_CONFIG, "not a PIN source");
	error_hint(error, "PIN sources are prompt, file:PATH, env:NAME, fd:N and credential:NAME");
	return -ERROR_CONFIG;
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
	/* systemd guards its folder itself, with access lists that show as group bits here. */
	return source_read_file(path, true, &pin_kind, pin, error);
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
	const char *name = after(source, "credential:");

	if (p11_pin_source_check(source, error) < 0)
		return error_result(error);
	if (name != NULL)
		return read_credential(name, pin, error);
	if (source_is(source))
		return source_read(source, &pin_kind, pin, error);
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
		result = source_read_file(pin_source_path(source), false, &pin_kind, *pin, error);
	} else {
		result = prompt(token, *pin, error);
	}
	if (result < 0)
		secret_free(pin);
	return result;
}
