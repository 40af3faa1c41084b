/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the PIN from its source into a struct secret, and nowhere else. */
#include "p11/session.h"

#include "base/message.h"
#include "process/interrupt.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIN_MAX = 1024,            /* bytes; the longest formats seen (user:password) stay far below */
	PROMPT_ROOM = PIN_MAX + 2, /* the NUL, and one byte by which a line that is cut off shows as too long */
	FILL = 'x',
};

static struct source_kind pin_kind(const struct p11_request *request)
{
	return (struct source_kind){ "PIN", ERROR_PIN, PIN_MAX, request->timeout };
}

int p11_pin_source_parse(struct source *source, const char *text, struct error *error)
{
	static const char credential[] = "credential:";

	if (source_parse(source, text))
		return 0;
	if (strcmp(text, "prompt") == 0) {
		source->type = SOURCE_PROMPT;
		return 0;
	}
	if (strncmp(text, credential, strlen(credential)) == 0 && text[strlen(credential)] != '\0') {
		*source = (struct source){ SOURCE_CREDENTIAL, text + strlen(credential), -1 };
		if (strchr(source->name, '/') == NULL && source->name[0] != '.')
			return 0;
		return error_set(error, ERROR_CONFIG, "a credential's name must not contain '/' or begin with '.'");
	}
	/* The text is not shown: it may be a PIN, given by mistake. */
	error_set(error, ERROR_CONFIG, "not a PIN source");
	if (strspn(text, "/~.") > 0)
		error_hint(error, "to read the PIN from a file, put file: before its path: file:PATH");
	else
		error_hint(error, "PIN sources are prompt, file:PATH, env:NAME, fd:N and credential:NAME");
	return -ERROR_CONFIG;
}

static int read_credential(const char *name, const struct source_kind *kind, struct secret *pin, struct error *error)
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
	/* systemd protects its folder by access lists, which show as group permissions here. */
	return source_read_file(path, true, kind, pin, error);
}

/* The length of what readpassphrase wrote to the buffer, which may contain a typed NUL. The buffer was filled with FILL
 * before: the last other byte is the terminating NUL. */
static size_t typed_length(const char *buffer, size_t size)
{
	while (size > 0 && buffer[size - 1] == FILL)
		size--;
	return size > 0 ? size - 1 : 0;
}

/* Asks on the terminal, without echo. readpassphrase always restores the terminal, supports job control, and raises
 * again the signals that it caught; they are noticed here then. */
static int prompt(const struct token *token, const struct source_kind *kind, struct secret *pin, struct error *error)
{
	char *buffer = secret_extend(pin, PROMPT_ROOM); /* so that the PIN is in no other memory */
	char question[128];
	bool answered;
	size_t length;
	int result = 0;

	if (buffer == NULL)
		return error_memory(error);
	if (interrupt_descriptor() >= 0) {
		/* A run handles signals itself, and a prompt would keep them from it. */
		error_set(error, ERROR_PIN, "token \"%s\" needs a PIN in the middle of a run", token_label(token));
		error_hint(error, "give a PIN source with --pin-from");
		return -ERROR_PIN;
	}
	snprintf(question, sizeof(question), "PIN of token \"%s\": ", token_label(token));
	memset(buffer, FILL, PROMPT_ROOM);
	errno = 0;
	interrupt_begin("");
	answered = readpassphrase(question, buffer, PROMPT_ROOM, RPP_REQUIRE_TTY) != NULL;
	length = answered ? typed_length(buffer, PROMPT_ROOM) : 0;
	if (!answered && errno == ENOTTY) {
		/* Without a terminal, a line of data from stdin would be used as the PIN, and cost a try. */
		result = error_set(error, ERROR_PIN, "token \"%s\" needs a PIN, but there is no terminal to ask on",
				   token_label(token));
		error_hint(error, "give a PIN source with --pin-from");
	} else if (length == 0 || interrupt_signal() != 0) {
		result = error_set(error, ERROR_PIN, "no PIN was entered for token \"%s\"", token_label(token));
		/* so that a shell ends its loop too */
		error->signal = interrupt_take();
	}
	interrupt_end();
	secret_truncate(pin, length);
	return result == 0 ? source_clean("the line that was typed", kind, pin, error) : result;
}

static int read_source(const struct source *source, const struct token *token, const struct source_kind *kind,
		       struct secret *pin, struct error *error)
{
	if (source->type == SOURCE_PROMPT)
		return prompt(token, kind, pin, error);
	if (source->type == SOURCE_CREDENTIAL)
		return read_credential(source->name, kind, pin, error);
	return source_read(source, kind, pin, error);
}

int pin_get(struct secret **pin, const struct p11_request *request, const struct uri *uri, const struct token *token,
	    struct error *error)
{
	const struct secret *value = uri->pin;
	const struct source *source = &uri->pin_source;
	const struct source_kind kind = pin_kind(request);
	bool pad = (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	int result;

	*pin = NULL;
	if (pad && request->pin_from.type == SOURCE_NONE && value == NULL && source->type == SOURCE_NONE)
		return 0;
	*pin = secret_new(64);
	if (*pin == NULL)
		return error_memory(error);
	if (request->pin_from.type != SOURCE_NONE) {
		result = read_source(&request->pin_from, token, &kind, *pin, error);
	} else if (value != NULL) {
		message_warn("others can see a PIN in the URI (pin-value); use --pin-from");
		result = secret_append(*pin, secret_data(value), secret_length(value)) < 0 ? error_memory(error) : 0;
		if (result == 0)
			result = source_clean("the URI's pin-value", &kind, *pin, error);
	} else if (source->type != SOURCE_NONE) {
		result = read_source(source, token, &kind, *pin, error);
	} else {
		result = prompt(token, &kind, *pin, error);
	}
	if (result < 0)
		secret_free(pin);
	return result;
}
