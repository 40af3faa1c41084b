/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "server/phrase.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool lists(const char *codes, const char *code)
{
	size_t length = strlen(code), one;

	for (; *codes != '\0'; codes += one + (codes[one] == ' ' ? 1 : 0)) {
		one = strcspn(codes, " ");
		if (one == length && strncasecmp(codes, code, length) == 0)
			return true;
	}
	return false;
}

/* That of a section names an error code, which the server may send in its description instead. */
static const struct server_advice *by_own(const struct server *server, const char *code, const char *description)
{
	for (size_t i = 0; i < SERVER_PAIRS && server->own_advice[i].codes != NULL; i++) {
		const char *wanted = server->own_advice[i].codes;

		if (strcasecmp(wanted, code) == 0 || strcasestr(description, wanted) != NULL)
			return &server->own_advice[i];
	}
	return NULL;
}

static const struct server_advice *by_words(const struct server *server, const char *text)
{
	for (size_t i = 0; i < server->advice_count; i++) {
		if (server->advice[i].words != NULL && phrase_said(server->advice[i].words, text))
			return &server->advice[i];
	}
	return NULL;
}

static const struct server_advice *by_code(const struct server *server, const char *code)
{
	for (size_t i = 0; i < server->advice_count; i++) {
		if (server->advice[i].codes != NULL && lists(server->advice[i].codes, code))
			return &server->advice[i];
	}
	return NULL;
}

/* The description comes first: a server uses one code for many causes, and where the two contradict each other, the
 * description is closer to the cause. Some servers send the description in place of the code. */
const struct server_advice *server_advice(const struct server *server, const char *code, const char *description)
{
	const struct server_advice *advice = by_own(server, code, description);

	if (advice == NULL)
		advice = by_words(server, description);
	if (advice == NULL)
		advice = by_code(server, code);
	return advice != NULL ? advice : by_words(server, code);
}

const struct server_advice *server_advice_for(const struct server *server, enum server_cause cause)
{
	for (size_t i = 0; i < server->advice_count; i++) {
		if (server->advice[i].cause == cause)
			return &server->advice[i];
	}
	return NULL;
}
