/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer servers: lists the authorization servers, or describes one. */
#include "cmd/servers.h"

#include "base/text.h"
#include "process/output.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one server -------------------------------------------------------------------------------------------------- */

static void line(FILE *stream, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void line(FILE *stream, const char *label, const char *format, ...)
{
	va_list arguments;

	fprintf(stream, "  %-14s ", label);
	va_start(arguments, format);
	vfprintf(stream, format, arguments);
	va_end(arguments);
	fputc('\n', stream);
}

static void line_if(FILE *stream, const char *label, const char *value)
{
	if (value != NULL)
		line(stream, label, "%s", value);
}

const char *servers_shown(const struct server *row, const struct server_pair *pair)
{
	bool of_form = pair >= row->form && pair < row->form + SERVER_PAIRS;

	return of_form && settings_is_secret(pair->name) ? "(secret)" : pair->value;
}

static void print_pairs(FILE *stream, const char *label, const struct server *row, const struct server_pair *pairs)
{
	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++)
		line(stream, label, "%s=%s", pairs[i].name, servers_shown(row, &pairs[i]));
}

/* The option that sets what the row requires: "--set tenant=…" for "set.tenant". */
static void print_required(FILE *stream, const struct server *row)
{
	const char *word = row->required != NULL ? row->required : "";
	size_t length;

	if (*word == '\0')
		fputs("  nothing\n", stream);
	for (; *word != '\0'; word += length + strspn(word + length, " ")) {
		const char *dot = memchr(word, '.', length = strcspn(word, " "));

		if (dot == NULL)
			fprintf(stream, "  --%.*s\n", (int)length, word);
		else
			fprintf(stream, "  --%.*s %.*s=…\n", (int)(dot - word), word,
				(int)(word + length - dot - 1), dot + 1);
	}
}

static void print_algs(FILE *stream, const struct server *row)
{
	char text[128] = "";

	for (int alg = ALG_AUTO + 1; alg < ALG_COUNT; alg++) {
		if ((row->algs & 1U << (unsigned)alg) != 0)
			text_append(text, sizeof(text), "%s%s", text[0] != '\0' ? ", " : "",
				    alg_info((enum alg)alg)->name);
	}
	if (row->alg != ALG_AUTO)
		line(stream, "alg", "%s for an RSA key", alg_info(row->alg)->name);
	if (text[0] != '\0')
		line(stream, "accepted algs", "%s", text);
}

/* What the setting gives if the row has no value of its own. */
static void print_claim(FILE *stream, const char *name, const char *value, const char *setting)
{
	if (value == NULL)
		line(stream, "claim", "%s: %s", name, setting);
	else if (strcmp(value, "none") != 0)
		line(stream, "claim", "%s=%s", name, value);
}

static void print_time(FILE *stream, const char *name, const char *offset)
{
	if (offset == NULL || strcmp(offset, "no") == 0)
		return;
	if (strcmp(offset, "0") == 0)
		line(stream, "claim", "%s: now", name);
	else
		line(stream, "claim", "%s: %s s from now", name, offset);
}

static void print_assertion(FILE *stream, const struct server *row)
{
	fputs("\nThe assertion:\n", stream);
	print_algs(stream, row);
	print_pairs(stream, "header", row, row->headers);
	print_claim(stream, "iss", row->client_id, "--client-id");
	print_claim(stream, "sub", row->username, "--username");
	print_claim(stream, "aud", row->audience, "--audience");
	print_time(stream, "iat", row->iat);
	print_time(stream, "nbf", row->nbf);
	if (row->lifetime_max > 0)
		line(stream, "claim", "exp: %ld s from now, at most %ld", server_lifetime(row), row->lifetime_max);
	else
		line(stream, "claim", "exp: %ld s from now", server_lifetime(row));
	if (!row->no_jti)
		line(stream, "claim", "jti: random");
	print_pairs(stream, "claim", row, row->claims);
}

static void print_exchange(FILE *stream, const struct server *row)
{
	static const char *const grants[] = {
		[SERVER_JWT_BEARER] = "the assertion is the grant",
		[SERVER_CLIENT_CREDENTIALS] = "the assertion authenticates the client",
		[SERVER_BEARER] = "the assertion is the bearer of the request",
		[SERVER_JSON] = "the assertion is a member of a JSON object",
		[SERVER_NONE] = "the assertion is the bearer, and nothing is exchanged",
	};

	fputs("\nThe exchange:\n", stream);
	line(stream, "grant", "%s: %s", server_grant_names[row->grant], grants[row->grant]);
	if (row->grant == SERVER_NONE)
		return;
	line(stream, "sent to", "%s", row->token_url != NULL ? row->token_url : "--token-url");
	line_if(stream, "request header", row->header);
	if (row->grant == SERVER_JSON)
		line_if(stream, "assertion in", row->assertion_member);
	print_pairs(stream, "form", row, row->form);
	line(stream, "bearer in", "%s", row->answer_token != NULL ? row->answer_token : "access_token");
	line(stream, "lifetime in", "%s", row->answer_lifetime != NULL ? row->answer_lifetime : "expires_in");
}

static void print_server(FILE *stream, const struct server *row)
{
	fprintf(stream, "%s: %s\n\nMust be set beside --key:\n", row->name, row->title);
	print_required(stream, row);
	if (row->set[0].name != NULL)
		fputs("\nDefaults:\n", stream);
	for (size_t i = 0; i < SERVER_PAIRS && row->set[i].name != NULL; i++)
		fprintf(stream, "  --set %s=%s\n", row->set[i].name, row->set[i].value);
	print_assertion(stream, row);
	print_exchange(stream, row);
	fputs("\nThe bearer:\n", stream);
	line_if(stream, "for hosts", row->hosts);
	line_if(stream, "user name", row->login);
	print_pairs(stream, "exec sets", row, row->variables);
	line(stream, "whoami asks", "%s", row->userinfo_url != NULL ? row->userinfo_url : "(not possible)");
	line(stream, "revoke asks", "%s", row->revoke_url != NULL ? row->revoke_url : "(not possible)");
}

/* --- the command ------------------------------------------------------------------------------------------------- */

/* The row of the operand, or the one at this place: shipped rows come first. Returns 1 if there is one, 0 past the
 * last, or a negative class. */
static int find(const struct settings *settings, size_t index, struct server *row, struct error *error)
{
	const char *name = settings_operand(settings, 0);
	const struct settings_server *section;

	if (name == NULL && index < server_row_count) {
		name = server_rows[index]->name;
	} else if (name == NULL) {
		section = settings_server(settings, index - server_row_count);
		name = section != NULL ? section->name : NULL;
	} else if (index > 0) {
		name = NULL;
	}
	if (name == NULL)
		return 0;
	return cmd_row(settings, name, row, error) == 0 ? 1 : error_result(error);
}

static int print_text(const struct settings *settings, struct error *error)
{
	bool one = settings_operand(settings, 0) != NULL;
	struct server row;
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	int result = 1;

	if (stream == NULL)
		return error_memory(error);
	for (size_t i = 0; (result = find(settings, i, &row, error)) > 0; i++) {
		if (one)
			print_server(stream, &row);
		else
			fprintf(stream, "%-20s %s\n", row.name, row.title);
	}
	if (fclose(stream) != 0)
		result = error_memory(error);
	if (result == 0)
		result = output_write(text, length, error);
	free(text);
	return result;
}

static int print_json(const struct settings *settings, struct error *error)
{
	cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "servers");
	struct server row;
	char *text;
	int result;

	for (size_t i = 0; (result = find(settings, i, &row, error)) > 0; i++)
		cJSON_AddItemToArray(list, servers_json(&row));
	if (result == 0) {
		text = cJSON_Print(settings_operand(settings, 0) != NULL ? cJSON_GetArrayItem(list, 0) : root);
		result = output_json(text, error);
		cJSON_free(text);
	}
	cJSON_Delete(root);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	return settings_flag(settings, SETTING_JSON) ? print_json(settings, error) : print_text(settings, error);
}

static const struct settings_usage usage = {
	.command = "servers",
	.operands = "[SERVER]",
	.operands_max = 1,
	.summary = "Lists the servers, or what one of them needs and gets.",
	.details = "A section [server NAME] in a configuration file defines another one.",
	.example = "p11bearer servers entra",
	.own = { SETTING_JSON },
};
const struct command command_servers = { &usage, run, NULL };
