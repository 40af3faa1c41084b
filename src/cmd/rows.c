/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of servers: shipped ones, and those of sections [server NAME] in configuration files. */
#include "cmd/cmd.h"

#include "bearer/fields.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8 }; /* sections that are based on one another */

static const struct settings_server *find_section(const struct settings *settings, const char *name)
{
	const struct settings_server *section;

	for (size_t i = 0; (section = settings_server(settings, i)) != NULL; i++) {
		if (strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

static int define(const struct settings *settings, const struct settings_server *section, int depth, struct server *row,
		  struct error *error);

/* Copies the row that the section is based on. */
static int find_base(const struct settings *settings, const struct settings_server *section, int depth,
		     struct server *base, struct error *error)
{
	const struct settings_server *other;
	const char *name = "generic", *origin = section->name;

	for (size_t i = 0; i < section->count; i++) {
		if (strcmp(section->entries[i].key, "based-on") == 0) {
			name = section->entries[i].value;
			origin = section->entries[i].origin;
		}
	}
	if (server_find(name) != NULL) {
		*base = *server_find(name);
		return 0;
	}
	other = find_section(settings, name);
	if (other == NULL || depth == DEPTH_MAX)
		error_set(error, ERROR_CONFIG, other == NULL ? "%s: there is no server \"%s\"" :
			  "%s: \"%s\" is based on this server, or on too many others", origin, name);
	if (other == NULL)
		error_hint(error, "\"p11bearer servers\" lists them");
	return other != NULL && depth < DEPTH_MAX ? define(settings, other, depth + 1, base, error) :
						    error_result(error);
}

/* Messages about a template show it. So that none shows a secret, that is a text, or just one field. */
static int check_secret(const struct settings_entry *entry, struct error *error)
{
	const char *text = entry->value;

	if (strncmp(entry->key, "form.", 5) != 0 || !settings_is_secret(entry->key + 5) ||
	    (text[0] == '{' && text[1] != '{' && strcspn(text, "}") == strlen(text) - 1))
		return 0;
	while ((text = strchr(text, '{')) != NULL && text[1] == '{')
		text += 2;
	if (text == NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "%s: the value is neither a text nor a single field in braces", entry->origin);
	error_hint(error, "for a brace, write {{");
	return -ERROR_CONFIG;
}

static int define(const struct settings *settings, const struct settings_server *section, int depth, struct server *row,
		  struct error *error)
{
	struct server_entry *entries;
	struct server base;
	int result = find_base(settings, section, depth, &base, error);

	if (result < 0)
		return result;
	entries = calloc(section->count + 1, sizeof(*entries));
	if (entries == NULL)
		return error_memory(error);
	for (size_t i = 0; i < section->count && result == 0; i++) {
		const struct settings_entry *entry = &section->entries[i];

		entries[i] = (struct server_entry){ entry->key, entry->value, entry->origin };
		result = check_secret(entry, error);
	}
	if (result == 0)
		result = server_define(section->name, &base, entries, section->count, fields_know, row, error);
	free(entries);
	return result;
}

/* Mistakes show before a section is needed, as those in profiles do. */
static int check_sections(const struct settings *settings, struct error *error)
{
	const struct settings_server *section;
	struct server row;

	for (size_t i = 0; (section = settings_server(settings, i)) != NULL; i++) {
		if (server_find(section->name) != NULL) {
			error_set(error, ERROR_CONFIG, "section [server %s]: there is a server of this name already",
				  section->name);
			error_hint(error, "name it otherwise, and write based-on = %s", section->name);
			return -ERROR_CONFIG;
		}
		if (define(settings, section, 0, &row, error) < 0)
			return error_result(error);
	}
	return 0;
}

int cmd_row(const struct settings *settings, const char *name, struct server *row, struct error *error)
{
	const struct server *shipped = server_find(name);
	const struct settings_server *section = find_section(settings, name);

	if (check_sections(settings, error) < 0)
		return error_result(error);
	if (shipped != NULL) {
		*row = *shipped;
		return 0;
	}
	if (section != NULL)
		return define(settings, section, 0, row, error);
	error_set(error, ERROR_USAGE, "there is no server \"%s\"", name);
	error_hint(error, "\"p11bearer servers\" lists them");
	return error_result(error);
}
