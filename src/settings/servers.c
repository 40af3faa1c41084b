/* SPDX-License-Identifier: Apache-2.0 */
/* The sections [server NAME] of the configuration files, whose keys only src/server/ knows. */
#include "settings/servers.h"

#include "base/secret.h"
#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "server"; /* and a blank */

bool server_section(const char *section)
{
	return strncmp(section, prefix, strlen(prefix)) == 0 && isspace((unsigned char)section[strlen(prefix)]);
}

static int check_name(const char *path, const char *section, const char *name, struct error *error)
{
	const char *c = name;

	while (isalnum((unsigned char)*c) || (*c != '\0' && strchr("-_.", *c) != NULL))
		c++;
	if (*c == '\0' && *name != '\0')
		return 0;
	error_set(error, ERROR_CONFIG, "%s, section [%s]: this is not the name of a server", path, section);
	error_hint(error, "write [server NAME], with a NAME of letters, digits, dots, dashes and underscores");
	return -ERROR_CONFIG;
}

/* The server with this name, which is added if it is missing; NULL if memory is exhausted. The list is sorted, because
 * OpenSSL gives sections in no particular order. */
static struct settings_server *find(struct servers *servers, const char *name)
{
	struct settings_server *list;
	size_t i = 0;

	while (i < servers->count && strcmp(servers->list[i].name, name) < 0)
		i++;
	if (i < servers->count && strcmp(servers->list[i].name, name) == 0)
		return &servers->list[i];
	list = realloc(servers->list, (servers->count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	servers->list = list;
	memmove(&list[i + 1], &list[i], (servers->count - i) * sizeof(*list));
	list[i] = (struct settings_server){ .name = strdup(name) };
	servers->count++;
	return list[i].name != NULL ? &list[i] : NULL;
}

static void entry_clear(struct settings_entry *entry)
{
	free((char *)entry->key);
	wipe_free((char *)entry->value);
	free((char *)entry->origin);
}

/* Replaces the entry with this key, or adds one. */
static int put(struct settings_server *server, const char *key, const char *value, const char *origin,
	       struct error *error)
{
	const struct settings_entry fresh = { strdup(key), strdup(value), strdup(origin) };
	struct settings_entry *list = (struct settings_entry *)server->entries;
	size_t i = 0;

	while (i < server->count && strcmp(list[i].key, key) != 0)
		i++;
	if (i == server->count) {
		list = realloc(list, (i + 1) * sizeof(*list));
		if (list == NULL) {
			entry_clear((struct settings_entry *)&fresh);
			return error_memory(error);
		}
		server->entries = list;
		server->count++;
	} else {
		entry_clear(&list[i]);
	}
	list[i] = fresh;
	return fresh.key != NULL && fresh.value != NULL && fresh.origin != NULL ? 0 : error_memory(error);
}

int server_note(struct servers *servers, const char *path, const char *section, const CONF *conf,
		struct error *error)
{
	STACK_OF(CONF_VALUE) *entries = NCONF_get_section(conf, section);
	const char *name = section + strlen(prefix) + 1;
	struct settings_server *server;

	if (check_name(path, section, name, error) < 0)
		return error_result(error);
	server = find(servers, name);
	if (server == NULL)
		return error_memory(error);
	for (int i = 0; i < sk_CONF_VALUE_num(entries); i++) {
		const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, i);
		const char *fault = text_fault(entry->value);
		char origin[PATH_MAX + 256];

		if (entry->name[0] == '\0')
			return error_set(error, ERROR_CONFIG, "%s, section [%s]: no key before the =", path, section);
		snprintf(origin, sizeof(origin), "%s, section [%s], key %s", path, section, entry->name);
		if (fault != NULL)
			return error_set(error, ERROR_CONFIG, "%s: the value %s", origin, fault);
		if (put(server, entry->name, entry->value, origin, error) < 0)
			return error_result(error);
	}
	return 0;
}

const struct settings_server *settings_server(const struct settings *settings, size_t index)
{
	return index < settings->servers.count ? &settings->servers.list[index] : NULL;
}

void servers_free(struct servers *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		struct settings_server *server = &servers->list[i];

		for (size_t j = 0; j < server->count; j++)
			entry_clear((struct settings_entry *)&server->entries[j]);
		free((struct settings_entry *)server->entries);
		free((char *)server->name);
	}
	free(servers->list);
}
