/* SPDX-License-Identifier: Apache-2.0 */
/* The keys on tokens. A module may hang, crash, write to the terminal or ask there for a PIN: so a process asks them
 * that has no terminal, and that is killed after two seconds. */
#include "cmd/complete.h"

#include "base/clock.h"
#include "base/secret.h"
#include "p11/list.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SECONDS = 2,
	URI_SIZE = 1024,
	OUTPUT_MAX = 1 << 20, /* bytes */
};

/* --- URIs -------------------------------------------------------------------------------------------------------- */

/* An attribute of a full URI, with its name; "" if the URI has no such attribute. */
static const char *attribute(const char *uri, const char *name, size_t *length)
{
	const char *next = strchr(uri, ':');

	while (next != NULL) {
		next++;
		*length = strcspn(next, ";?");
		if (strncmp(next, name, strlen(name)) == 0)
			return next;
		next = strchr(next, ';');
	}
	*length = 0;
	return "";
}

/* Makes "pkcs11:token=LABEL;object=LABEL", as people write it, of a key's full URI; of a token's, what it begins with.
 * Returns false if there is no label, or the text is too long. */
static bool shorten(const char *uri, bool of_key, char *text, size_t size)
{
	size_t token, object = strlen("object=");
	const char *of_token = attribute(uri, "token=", &token), *name = "object=";

	if (of_key)
		name = attribute(uri, "object=", &object);
	return token > 0 && object > 0 && (size_t)snprintf(text, size, "pkcs11:%.*s;%.*s", (int)token, of_token,
							   (int)object, name) < size;
}

/* How many tokens, or keys, of the listing have this short URI. */
static size_t count_short(const struct p11_listing *listing, bool of_key, const char *wanted)
{
	size_t count = 0;
	char text[URI_SIZE];

	for (size_t i = 0; i < listing->token_count; i++) {
		const struct p11_token_info *token = &listing->tokens[i];

		for (size_t j = 0; j < (of_key ? token->key_count : 1); j++)
			count += shorten(of_key ? token->keys[j].uri : token->uri, of_key, text, sizeof(text)) &&
				 strcmp(text, wanted) == 0;
	}
	return count;
}

/* Sets `text` to the short URI. Returns false if it does not name one key, or token, alone, or if the user has begun to
 * type the full one. */
static bool use_short(const struct p11_listing *listing, const char *uri, bool of_key, const char *typed, char *text)
{
	size_t length = strlen(typed);

	return shorten(uri, of_key, text, URI_SIZE) && count_short(listing, of_key, text) == 1 &&
	       (strncmp(text, typed, length) == 0 || strncmp(uri, typed, length) != 0);
}

/* Offers the keys of a token; and, for a new key and for those that it hides until a login, what all begin with. */
static void offer_token(const struct p11_listing *listing, const struct p11_token_info *token, const char *typed,
			FILE *stream)
{
	char text[URI_SIZE], beginning[URI_SIZE];
	bool alone = use_short(listing, token->uri, false, typed, beginning);

	for (size_t i = 0; i < token->key_count; i++) {
		const struct p11_key_info *key = &token->keys[i];

		fprintf(stream, "%s\t%s", alone && use_short(listing, key->uri, true, typed, text) ? text : key->uri,
			key->type);
		if (key->curve[0] != '\0')
			fprintf(stream, " %s", key->curve);
		else if (key->bits > 0)
			fprintf(stream, " %u", key->bits);
		fprintf(stream, ", %s\n", token->model);
	}
	if (!token->initialized || !token->login_required)
		return;
	if (!alone)
		snprintf(beginning, sizeof(beginning), "%s;object=", token->uri);
	fprintf(stream, "%s\ta key on this token, %s\n", beginning, token->model);
}

static void list(const char *module, const char *typed, FILE *stream)
{
	struct p11_request request = { .module = module, .timeout = SECONDS };
	struct p11_listing listing;
	struct error error;

	if (p11_uri_parse(&request.uri, "pkcs11:", &error) < 0)
		return;
	if (p11_list(&request, P11_LIST_ALL | P11_LIST_HALVES, &listing, &error) == 0) {
		for (size_t i = 0; i < listing.token_count; i++)
			offer_token(&listing, &listing.tokens[i], typed, stream);
	}
	p11_listing_free(&listing);
	p11_uri_free(&request.uri);
}

/* --- the process ------------------------------------------------------------------------------------------------- */

/* Without a session's terminal: nobody can be asked for a PIN. */
static void run_child(int output, const char *module, const char *typed) __attribute__((noreturn));
static void run_child(int output, const char *module, const char *typed)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	FILE *stream = fdopen(output, "w");

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setsid() < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
	    dup2(nothing, STDERR_FILENO) < 0 || stream == NULL)
		_exit(ERROR_UNEXPECTED);
	list(module, typed, stream);
	fclose(stream);
	process_end(0);
}

/* Reads what the process writes, until it has closed the pipe or its time is over. */
static void read_output(int fd, struct secret *output)
{
	double end = clock_ms() + (double)SECONDS * 1e3, left;

	while ((left = end - clock_ms()) > 0 && secret_length(output) < OUTPUT_MAX) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		char *room;
		ssize_t got;

		if (poll(&wait, 1, (int)left + 1) <= 0)
			continue;
		room = secret_extend(output, 4096);
		if (room == NULL)
			return;
		got = read(fd, room, 4096);
		secret_truncate(output, secret_length(output) - 4096 + (got > 0 ? (size_t)got : 0));
		if (got == 0 || (got < 0 && errno != EINTR))
			return;
	}
}

/* Offers each complete line. */
static void offer_lines(const struct secret *output, settings_offer *offer, void *context)
{
	char *text = strdup(secret_data(output)), *next = text, *end;

	while (next != NULL && (end = strchr(next, '\n')) != NULL) {
		char *tab;

		*end = '\0';
		tab = strchr(next, '\t');
		if (tab != NULL) {
			*tab = '\0';
			offer(context, next, tab + 1);
		}
		next = end + 1;
	}
	free(text);
}

void complete_keys(const struct settings_word *word, const char *typed, settings_offer *offer, void *context)
{
	struct settings *settings = complete_settings(word);
	struct secret *output = secret_new(4096);
	int ends[2];
	pid_t child;

	if (settings == NULL || output == NULL || pipe2(ends, O_CLOEXEC) < 0)
		goto out;
	child = fork();
	if (child == 0)
		run_child(ends[1], settings_text(settings, SETTING_MODULE), typed);
	close(ends[1]);
	if (child > 0) {
		read_output(ends[0], output);
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	offer_lines(output, offer, context);
out:
	secret_free(&output);
	settings_free(&settings);
}
