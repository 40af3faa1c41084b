/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in the fields of a row. */
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

/* The row, and the texts that were made for it. */
struct filled {
	struct server server;
	char **texts;
	size_t count;
};

/* What fills the templates. */
struct filling {
	struct filled *filled;
	braces_lookup *lookup;
	void *context;
};

static int fill_text(const struct filling *filling, const char **text, struct error *error)
{
	struct filled *filled = filling->filled;
	struct error why = { .class = ERROR_NONE };
	char **texts;

	if (*text == NULL || !braces_in(*text))
		return 0;
	texts = realloc(filled->texts, (filled->count + 1) * sizeof(*texts));
	if (texts == NULL)
		return error_memory(error);
	filled->texts = texts;
	if (braces_fill_some(*text, filling->lookup, filling->context, &texts[filled->count], &why) < 0) {
		error_set(error, why.class, "server %s, \"%s\": %s", filled->server.name, *text, why.text);
		error_hint(error, "give each value with --set NAME=VALUE");
		return error_result(error);
	}
	*text = texts[filled->count++];
	return 0;
}

static int fill_pairs(const struct filling *filling, struct server_pair *pairs, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL && result == 0; i++)
		result = fill_text(filling, &pairs[i].value, error);
	return result;
}

int server_fill(const struct server *row, braces_lookup *lookup, void *context, struct server **server,
		struct error *error)
{
	struct filled *filled = calloc(1, sizeof(*filled));
	const struct filling filling = { filled, lookup, context };
	int result = 0;

	*server = (struct server *)filled;
	if (filled == NULL)
		return error_memory(error);
	filled->server = *row;
	const char **const texts[] = {
		&(*server)->token_url, &(*server)->client_id, &(*server)->username, &(*server)->audience,
		&(*server)->userinfo_url, &(*server)->revoke_url, &(*server)->hosts,
	};
	struct server_pair *const lists[] = {
		(*server)->claims, (*server)->headers, (*server)->form, (*server)->variables,
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && result == 0; i++)
		result = fill_text(&filling, texts[i], error);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && result == 0; i++)
		result = fill_pairs(&filling, lists[i], error);
	if (result < 0)
		server_free(server);
	return result;
}

void server_free(struct server **server)
{
	struct filled *filled = (struct filled *)*server;

	if (filled == NULL)
		return;
	for (size_t i = 0; i < filled->count; i++)
		free(filled->texts[i]);
	free(filled->texts);
	free(filled);
	*server = NULL;
}
