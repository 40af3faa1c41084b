/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a token request beside those of its grant: --form, and those of the server's row. */
#include "cmd/cmd.h"

#include "base/source.h"
#include "process/prompt.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 65536 }; /* bytes of a value from a source */

/* Fails if the program sets the field itself. */
static int check_name(const struct bearer_request *request, const char *name, struct error *error)
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
	if (refused) {
		error_set(error, ERROR_CONFIG, "the field %s is set by the program", name);
		error_hint(error, "remove it; choose the grant with --grant");
	} else if (request->grant == SERVER_NONE) {
		error_set(error, ERROR_CONFIG, "there is no token request: the assertion itself is the bearer");
	}
	return refused || request->grant == SERVER_NONE ? -ERROR_CONFIG : 0;
}

bool cmd_form_source(const struct settings *settings, size_t index, struct source *source)
{
	const char *value = settings_pair(settings, SETTING_FORM, index).value;
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

/* Checks the field. A wrong source is not the fault of the setting that names it, so that is not blamed. */
static int take_field(const struct settings *settings, size_t index, const struct bearer_request *request,
		      struct bearer_field *field, struct error *error)
{
	const struct settings_pair pair = settings_pair(settings, SETTING_FORM, index);
	struct source source;
	bool named = cmd_form_source(settings, index, &source);

	*field = (struct bearer_field){
		.name = pair.name, .value = pair.value, .secret = named || settings_is_secret(pair.name),
	};
	if (check_name(request, pair.name, error) < 0 ||
	    (!named && cmd_computed(&field->value, &field->computed, error) < 0)) {
		settings_blame_pair(settings, SETTING_FORM, index, error);
		return error_result(error);
	}
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

	request->form = calloc(SERVER_PAIRS + pairs, sizeof(*request->form));
	if (request->form == NULL)
		return error_memory(error);
	for (size_t i = 0; i < SERVER_PAIRS && row[i].name != NULL; i++) {
		if (!has_field(settings, row[i].name))
			request->form[request->form_count++] = (struct bearer_field){
				.name = row[i].name, .value = row[i].value, .secret = settings_is_secret(row[i].name),
				.computed = true,
			};
	}
	for (size_t i = 0; i < pairs; i++) {
		if (take_field(settings, i, request, &request->form[request->form_count++], error) < 0)
			return error_result(error);
	}
	return 0;
}
