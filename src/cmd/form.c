/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a token request beside those of its grant: --form, and those of the server's row. */
#include "cmd/cmd.h"

#include "base/source.h"
#include "process/prompt.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 65536 }; /* bytes of a value from a source */

/* Fails if the program sets the field itself. `place` is "" or where the field comes from, with a colon and a blank. */
static int check_name(const struct bearer_request *request, const char *place, const char *name, struct error *error)
{
	static const char *const own[][3] = {
		[SERVER_JWT_BEARER] = { "grant_type", "assertion" },
		[SERVER_CLIENT_CREDENTIALS] = { "grant_type", "client_assertion_type", "client_assertion" },
		[SERVER_NONE] = { NULL },
	};
	const char *member = request->grant == SERVER_JSON ? request->server->assertion_member : NULL;
	bool refused = member != NULL && strcmp(name, member) == 0;

	for (size_t i = 0; i < 3 && own[request->grant][i] != NULL; i++)
		refused |= strcmp(name, own[request->grant][i]) == 0;
	if (!refused)
		return 0;
	error_set(error, ERROR_CONFIG, "%sthe field %s is set by the program", place, name);
	error_hint(error, "remove it; choose the grant with --grant");
	return -ERROR_CONFIG;
}

bool cmd_form_source(const char *value, struct source *source)
{
	struct error ignored;

	*source = (struct source){ .type = SOURCE_NONE };
	return value[0] == '@' && strchr(value, ':') != NULL &&
	       prompt_parse(source, "value", value + 1, &ignored) == 0;
}

static int read_value(const struct settings *settings, const struct source *source, struct bearer_field *field,
		      struct error *error)
{
	char what[160];
	struct prompt prompt = { .subject = "the token request", .what = what, .option = "--form" };
	struct source_kind kind = {
		.name = what, .class = ERROR_CONFIG, .max = VALUE_MAX,
		.seconds = settings_number(settings, SETTING_TIMEOUT),
	};

	snprintf(what, sizeof(what), "value of %.100s", field->name);
	field->kept = secret_new(256);
	if (field->kept == NULL)
		return error_memory(error);
	if (prompt_read(source, &kind, &prompt, field->kept, error) < 0)
		return error_result(error);
	field->value = secret_data(field->kept);
	return 0;
}

/* Whether the value is computed; the message about a wrong one does not show a secret. */
static int find_computed(struct bearer_field *field, struct error *error)
{
	if (cmd_computed(&field->value, &field->computed, error) == 0)
		return 0;
	if (field->secret) {
		error_set(error, ERROR_CONFIG, "the value of %.100s begins with @, but names no source", field->name);
		error_hint(error, "name one, such as @file:PATH; for a text that begins with @, write @@");
	}
	return error_result(error);
}

/* Checks the field. A wrong source is not the fault of the setting that names it, so that is not blamed. */
static int take_field(const struct settings *settings, size_t index, const struct bearer_request *request,
		      struct bearer_field *field, struct error *error)
{
	const struct settings_pair pair = settings_pair(settings, SETTING_FORM, index);
	struct source source;
	bool named = cmd_form_source(pair.value, &source);
	int result;

	*field = (struct bearer_field){
		.name = pair.name, .value = pair.value, .secret = named || settings_is_secret(pair.name),
	};
	result = check_name(request, "", pair.name, error);
	if (result == 0 && request->grant == SERVER_NONE)
		result = error_set(error, ERROR_CONFIG,
				   "there is no token request: the assertion itself is the bearer");
	if (result == 0 && !named)
		result = find_computed(field, error);
	if (result < 0)
		settings_blame_pair(settings, SETTING_FORM, index, error);
	return result == 0 && named ? read_value(settings, &source, field, error) : result;
}

/* The row's field, a template, or a source if a section defines it. */
static int take_row_field(const struct settings *settings, const struct bearer_request *request,
			  const struct server_pair *pair, struct bearer_field *field, struct error *error)
{
	struct source source;
	bool named = request->grant != SERVER_NONE && cmd_form_source(pair->value, &source);
	char place[128];

	*field = (struct bearer_field){
		.name = pair->name, .value = pair->value, .secret = named || settings_is_secret(pair->name),
		.computed = !named,
	};
	snprintf(place, sizeof(place), "server %.100s: ", request->server->name);
	if (check_name(request, place, pair->name, error) < 0)
		return error_result(error);
	return named ? read_value(settings, &source, field, error) : 0;
}

static bool has_field(const struct settings *settings, const char *name)
{
	size_t i = 0, count = settings_pairs(settings, SETTING_FORM);

	while (i < count && strcmp(settings_pair(settings, SETTING_FORM, i).name, name) != 0)
		i++;
	return i < count;
}

int cmd_take_form(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	const struct server_pair *row = request->server->form;
	size_t pairs = settings_pairs(settings, SETTING_FORM);

	if (request->grant == SERVER_JSON && request->server->assertion_member == NULL) {
		error_set(error, ERROR_CONFIG, "the server %s does not say which member of the JSON is the assertion",
			  request->server->name);
		error_hint(error, "set assertion-member in a section [server NAME], see p11bearer-servers(7)");
		return -ERROR_CONFIG;
	}
	request->form = calloc(SERVER_PAIRS + pairs, sizeof(*request->form));
	if (request->form == NULL)
		return error_memory(error);
	for (size_t i = 0; i < SERVER_PAIRS && row[i].name != NULL; i++) {
		if (has_field(settings, row[i].name))
			continue;
		if (take_row_field(settings, request, &row[i], &request->form[request->form_count++], error) < 0)
			return error_result(error);
	}
	for (size_t i = 0; i < pairs; i++) {
		if (take_field(settings, i, request, &request->form[request->form_count++], error) < 0)
			return error_result(error);
	}
	return 0;
}
