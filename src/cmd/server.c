/* SPDX-License-Identifier: Apache-2.0 */
/* The row of the server that the settings choose, with its fields filled in. */
#include "cmd/cmd.h"

#include <string.h>

/* What fills in the fields of a row. */
struct choice {
	const struct settings *settings;
	struct server row;
};

/* The value of --set, or NULL. */
static const char *find_set(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings_pairs(settings, SETTING_SET); i++) {
		const struct settings_pair pair = settings_pair(settings, SETTING_SET, i);

		if (strcmp(pair.name, name) == 0)
			return pair.value;
	}
	return NULL;
}

/* The settings that a field may name. A claim that is left out, or that is computed, has no value yet. */
static const char *find_setting(const struct choice *choice, const char *name)
{
	const struct {
		enum setting_id id;
		const char *fallback;
	} settings[] = {
		{ SETTING_CLIENT_ID, choice->row.client_id },
		{ SETTING_USERNAME, choice->row.username },
		{ SETTING_AUDIENCE, choice->row.audience },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *text = settings_text(choice->settings, settings[i].id);

		if (strcmp(name, settings_name(settings[i].id)) != 0)
			continue;
		text = text != NULL ? text : settings[i].fallback;
		if (text == NULL || strcmp(text, "none") == 0 || (text[0] == '@' && text[1] != '@'))
			return NULL;
		return text[0] == '@' ? text + 1 : text;
	}
	return NULL;
}

static const char *look_up(void *context, const char *name)
{
	const struct choice *choice = context;
	const char *value;

	/* Known only with a key, a line of a batch, or a bearer. */
	if (name[0] == '@' || strcmp(name, "instance-url") == 0 || strcmp(name, "site") == 0 ||
	    strcmp(name, "bearer") == 0)
		return BRACES_KEPT;
	value = find_set(choice->settings, name);
	if (value == NULL)
		value = server_pair_value(choice->row.set, name);
	if (value == NULL)
		value = find_setting(choice, name);
	/* The agent has values of its own. */
	return value == NULL && settings_use_agent(choice->settings) ? BRACES_KEPT : value;
}

int cmd_choose(const struct settings *settings, struct server *row, struct error *error)
{
	int result = cmd_row(settings, settings_text(settings, SETTING_SERVER), row, error);

	if (result == -ERROR_USAGE)
		settings_blame(settings, SETTING_SERVER, error);
	return result < 0 ? error_result(error) : 0;
}

int cmd_server(const struct settings *settings, struct server **server, struct error *error)
{
	struct choice choice = { .settings = settings };

	*server = NULL;
	if (cmd_choose(settings, &choice.row, error) < 0)
		return error_result(error);
	return server_fill(&choice.row, look_up, &choice, server, error);
}

int cmd_needs_endpoint(const struct server *server, const char *url, const char *command, struct error *error)
{
	if (url != NULL)
		return 0;
	error_set(error, ERROR_USAGE, "\"%s\" does not work with %s: its row names no such endpoint", command,
		  server->title);
	error_hint(error, "\"p11bearer servers %s\" shows what it has", server->name);
	return -ERROR_USAGE;
}

int cmd_needs_org(const struct settings *settings, struct error *error)
{
	struct server row;

	if (cmd_choose(settings, &row, error) < 0)
		return error_result(error);
	if (row.is_org)
		return 0;
	error_set(error, ERROR_USAGE, "\"%s\" is for Salesforce only, and the server is %s", settings_command(settings),
		  row.title);
	error_hint(error, "omit the setting \"server\", which comes from: %s",
		   settings_origin(settings, SETTING_SERVER));
	return -ERROR_USAGE;
}
