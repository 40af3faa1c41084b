/* SPDX-License-Identifier: Apache-2.0 */
#include "process/prompt.h"

#include "process/interrupt.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILL = 'x' };

int prompt_parse(struct source *source, const char *name, const char *text, struct error *error)
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
	/* The text is not shown: it may be the secret, given by mistake. */
	error_set(error, ERROR_CONFIG, "not a %s source", name);
	if (strspn(text, "/~.") > 0)
		error_hint(error, "to read the %s from a file, put file: before its path: file:PATH", name);
	else
		error_hint(error, "%s sources are prompt, file:PATH, env:NAME, fd:N and credential:NAME", name);
	return -ERROR_CONFIG;
}

static int read_credential(const char *name, const struct source_kind *kind, struct secret *secret,
			   struct error *error)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (folder == NULL) {
		error_set(error, kind->class, "there are no credentials: CREDENTIALS_DIRECTORY is not set");
		error_hint(error, "systemd sets it for a service with LoadCredential= or LoadCredentialEncrypted=");
		return -(int)kind->class;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return error_set(error, kind->class, "the path of the credential %s is too long", name);
	/* systemd protects its folder by access lists, which show as group permissions here. */
	return source_read_file(path, true, kind, secret, error);
}

/* The length of what readpassphrase wrote to the buffer, which may contain a typed NUL. The buffer was filled with FILL
 * before: the last other byte is the terminating NUL. */
static size_t typed_length(const char *buffer, size_t size)
{
	while (size > 0 && buffer[size - 1] == FILL)
		size--;
	return size > 0 ? size - 1 : 0;
}

/* readpassphrase always restores the terminal, supports job control, and raises again the signals that it caught; they
 * are noticed here then. */
static int ask(const struct source_kind *kind, const struct prompt *prompt, struct secret *secret, struct error *error)
{
	/* The NUL, and one byte by which a line that is cut off shows as too long. */
	size_t room = kind->max + 2;
	char *buffer = secret_extend(secret, room); /* so that the secret is in no other memory */
	char question[PATH_MAX];
	bool answered;
	size_t length;
	int result = 0;

	if (buffer == NULL)
		return error_memory(error);
	if (interrupt_descriptor() >= 0) {
		/* A run handles signals itself, and a prompt would keep them from it. */
		error_set(error, kind->class, "%s needs %s in the middle of a run", prompt->subject, prompt->what);
		error_hint(error, "give a %s source with %s", kind->name, prompt->option);
		return -(int)kind->class;
	}
	snprintf(question, sizeof(question), "%s of %s: ", kind->name, prompt->subject);
	memset(buffer, FILL, room);
	errno = 0;
	interrupt_begin("");
	answered = readpassphrase(question, buffer, room, RPP_REQUIRE_TTY) != NULL;
	length = answered ? typed_length(buffer, room) : 0;
	if (!answered && errno == ENOTTY) {
		/* Without a terminal, a line of data from stdin would be used, and cost a PIN try. */
		result = error_set(error, kind->class, "%s needs %s, but there is no terminal to ask on",
				   prompt->subject, prompt->what);
		error_hint(error, "give a %s source with %s", kind->name, prompt->option);
	} else if (length == 0 || interrupt_signal() != 0) {
		result = error_set(error, kind->class, "no %s was entered for %s", kind->name, prompt->subject);
		/* so that a shell ends its loop too */
		error->signal = interrupt_take();
	}
	interrupt_end();
	secret_truncate(secret, length);
	return result == 0 ? source_clean("the line that was typed", kind, secret, error) : result;
}

int prompt_read(const struct source *source, const struct source_kind *kind, const struct prompt *prompt,
		struct secret *secret, struct error *error)
{
	if (source->type == SOURCE_NONE || source->type == SOURCE_PROMPT)
		return ask(kind, prompt, secret, error);
	if (source->type == SOURCE_CREDENTIAL)
		return read_credential(source->name, kind, secret, error);
	return source_read(source, kind, secret, error);
}
