/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that the server's row requires. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEEDED_MAX = SERVER_REQUIRED_MAX + 2 }; /* the names, the key and the end */

struct needs {
	struct settings_needed list[NEEDED_MAX]; /* ends with SETTING_NONE */
	size_t count;
	char names[SERVER_REQUIRED_SIZE]; /* the row's list, cut into names */
};

/* What makes the URL of the server superfluous. */
static void set_instead(struct settings_needed *needed, const struct server *row, enum cmd_purpose purpose)
{
	size_t count = 0;

	if (purpose == CMD_ASSERTION || (row->audience != NULL && strstr(row->audience, "{instance-url}") != NULL))
		needed->instead[count++] = SETTING_AUDIENCE;
	if (purpose == CMD_BEARER && needed->id == SETTING_INSTANCE_URL)
		needed->instead[count++] = SETTING_TOKEN_URL;
}

/* Whether a name in the row's list says where a request goes, or what is in its form. */
static bool is_of_request(const char *name)
{
	return strcmp(name, "instance-url") == 0 || strcmp(name, "token-url") == 0 || strncmp(name, "form.", 5) == 0;
}

/* Adds a name of the row's list: a setting, or SETTING.PAIR. */
static void add(struct needs *needs, char *name, const struct server *row, enum cmd_purpose purpose)
{
	struct settings_needed *needed = &needs->list[needs->count];
	char *dot = strchr(name, '.');

	if (needs->count == NEEDED_MAX - 1)
		return;
	if (dot != NULL)
		*dot++ = '\0';
	*needed = (struct settings_needed){ .id = settings_find(name), .pair = dot };
	if (needed->id == SETTING_INSTANCE_URL || needed->id == SETTING_TOKEN_URL)
		set_instead(needed, row, purpose);
	needs->count++;
}

/* Whether a setting in the row's list is needed now. The lines of a batch set what is in an assertion. */
static bool applies(const struct settings *settings, const struct server *row, const char *name,
		    enum cmd_purpose purpose)
{
	const enum server_grant grant = cmd_grant(settings, row);
	bool lines = settings_flag(settings, SETTING_BATCH), sends = purpose == CMD_BEARER && grant != SERVER_NONE;

	if (strncmp(name, "form.", 5) == 0)
		return sends;
	if (strcmp(name, "token-url") == 0)
		return sends || (!lines && settings_text(settings, SETTING_AUDIENCE) == NULL);
	if (strcmp(name, "username") == 0)
		return !lines && grant != SERVER_CLIENT_CREDENTIALS;
	return !lines || strncmp(name, "set.", 4) == 0 || strcmp(name, "certificate") == 0;
}

/* Lists what the row requires; with `of_request`, only what is_of_request. */
static int list(const struct settings *settings, enum cmd_purpose purpose, bool of_request, struct needs *needs,
		struct error *error)
{
	struct server row;
	char *name, *rest = NULL;

	if (cmd_choose(settings, &row, error) < 0)
		return error_result(error);
	snprintf(needs->names, sizeof(needs->names), "%s", row.required != NULL ? row.required : "");
	for (name = strtok_r(needs->names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
		if (applies(settings, &row, name, purpose) && (!of_request || is_of_request(name)))
			add(needs, name, &row, purpose);
	}
	return 0;
}

int cmd_require(const struct settings *settings, enum cmd_purpose purpose, struct error *error)
{
	struct needs needs = { .list = { { .id = SETTING_KEY } }, .count = 1 };

	if (list(settings, purpose, false, &needs, error) < 0)
		return error_result(error);
	return settings_require(settings, needs.list, error);
}

int cmd_require_assertion(const struct settings *settings, struct error *error)
{
	struct needs needs = { .count = 0 };

	if (list(settings, CMD_ASSERTION, false, &needs, error) < 0)
		return error_result(error);
	return settings_require(settings, needs.list, error);
}

int cmd_require_endpoint(const struct settings *settings, struct error *error)
{
	static const enum setting_id instead[] = { SETTING_TOKEN_URL, SETTING_NONE };
	struct needs needs = { .count = 0 };

	if (list(settings, CMD_BEARER, true, &needs, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < needs.count; i++) { /* an audience is no endpoint */
		if (needs.list[i].id == SETTING_INSTANCE_URL)
			memcpy(needs.list[i].instead, instead, sizeof(instead));
	}
	return settings_require(settings, needs.list, error);
}
