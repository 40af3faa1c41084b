/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes rows from a configuration: each line is an entry, KEY=VALUE; the first byte picks the base. They make a row,
 * whose templates can be filled, or are refused with a sentence that says where. */
#include "fuzz.h"

#include "bearer/fields.h"
#include "server/server.h"

enum { LINES = 64 };

static const char *find_field(void *context, const char *name)
{
	(void)context;
	return name[0] == '@' ? BRACES_KEPT : "a{b}";
}

static const char *find_computed(void *context, const char *name)
{
	(void)context;
	expect(fields_know(name), "what is left is computed");
	return "x";
}

/* What server_fill leaves can be filled when an assertion is made. */
static void fill_again(const char *template)
{
	struct error error = { .class = ERROR_NONE };
	char *text = NULL;

	if (template == NULL)
		return;
	expect(braces_fill(template, find_computed, NULL, &text, &error) == 0, "a filled template is one");
	free(text);
}

static void fill_pairs(const struct server_pair *pairs)
{
	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++) {
		expect(pairs[i].name[0] != '\0' && pairs[i].value != NULL, "a pair has a name and a value");
		fill_again(pairs[i].value);
	}
}

static void use(const struct server *row)
{
	struct error error = { .class = ERROR_NONE };
	struct server *server;

	expect(row->title != NULL && row->party != NULL, "messages can name it");
	expect(row->lifetime >= 0 && row->lifetime_max >= 0 && row->grant <= SERVER_NONE, "limits are limits");
	expect(server_fill(row, find_field, NULL, &server, &error) == 0, "what was checked can be filled");
	fill_again(server->token_url);
	fill_again(server->client_id);
	fill_again(server->username);
	fill_again(server->audience);
	fill_again(server->userinfo_url);
	fill_again(server->revoke_url);
	fill_again(server->hosts);
	fill_pairs(server->claims);
	fill_pairs(server->headers);
	fill_pairs(server->form);
	fill_pairs(server->variables);
	server_advice(server, "invalid_grant", "expired assertion");
	server_requires(server, "client-id");
	server_free(&server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_entry entries[LINES];
	struct error error = { .class = ERROR_NONE };
	struct server row;
	size_t count = 0;
	char *text, *rest, *line;

	if (size == 0 || memchr(data, '\0', size) != NULL)
		return 0;
	text = rest = strndup((const char *)data + 1, size - 1);
	while ((line = strsep(&rest, "\n")) != NULL && count < LINES) {
		char *equals = strchr(line, '=');

		if (equals == NULL || equals == line || equals[1] == '\0')
			continue; /* settings let no such entry through */
		*equals = '\0';
		entries[count++] = (struct server_entry){ line, equals + 1, "here" };
	}
	if (server_define("fuzz", server_rows[data[0] % server_row_count], entries, count, fields_know, &row, &error) == 0) {
		use(&row);
	} else {
		expect(error.class == ERROR_CONFIG, "a mistake in a file is one of the configuration");
		expect(strncmp(error.text, "here: ", 6) == 0 && error.text[6] != '\0', "the sentence says where");
	}
	free(text);
	return 0;
}
