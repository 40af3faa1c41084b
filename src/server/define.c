/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a configuration file defines, in sections [server NAME]. */
#include "server/define.h"

#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int definition_refuse(const struct definition *definition, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error_set(definition->error, ERROR_CONFIG, "%s: %s", definition->entry->origin, text);
}

bool definition_is_none(const struct definition *definition)
{
	return strcmp(definition->entry->value, "none") == 0;
}

/* Fields that --set may fill, such as {tenant}, and computed ones; all are filled later. */
static const char *find_field(void *context, const char *name)
{
	const struct definition *definition = context;

	if (name[0] == '@')
		return definition->known(name) ? BRACES_KEPT : NULL;
	for (size_t i = 0; name[i] != '\0'; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return NULL;
	}
	return name[0] != '\0' ? BRACES_KEPT : NULL;
}

int definition_check(const struct definition *definition)
{
	const char *value = definition->entry->value;
	struct error why = { .class = ERROR_NONE };
	char *text;

	/* As the settings have it; here it would be sent as it is. */
	if (definition->known(value))
		return definition_refuse(definition, "write {%s}: values of a server are templates", value);
	if (braces_fill_some(value, find_field, (void *)definition, &text, &why) < 0)
		return definition_refuse(definition, "%s", why.text);
	free(text);
	return 0;
}

static bool none_is_known(const char *name)
{
	(void)name;
	return false;
}

int definition_check_late(const struct definition *definition)
{
	struct definition late = *definition;

	late.known = none_is_known;
	return definition_check(&late);
}

/* Replaces the pair with this name, or adds one; "none" removes it. */
static int put_pair(const struct definition *definition, struct server_pair *pairs, const char *name)
{
	const char *value = definition->entry->value;
	size_t i = 0, count = 0;

	while (count < SERVER_PAIRS && pairs[count].name != NULL)
		count++;
	while (i < count && strcmp(pairs[i].name, name) != 0)
		i++;
	if (!definition_is_none(definition)) {
		if (i == SERVER_PAIRS)
			return definition_refuse(definition, "a server can have %d of these at most", SERVER_PAIRS);
		pairs[i] = (struct server_pair){ name, value };
		return pairs == definition->server->variables ? definition_check_late(definition) :
								definition_check(definition);
	}
	if (i < count) {
		memmove(&pairs[i], &pairs[i + 1], (count - i - 1) * sizeof(*pairs));
		pairs[count - 1] = (struct server_pair){ NULL, NULL };
	}
	return 0;
}

static int put_advice(const struct definition *definition, const char *code)
{
	struct server_advice *own = definition->server->own_advice;
	size_t i = 0;

	while (i < SERVER_PAIRS && own[i].codes != NULL && strcmp(own[i].codes, code) != 0)
		i++;
	if (i == SERVER_PAIRS)
		return definition_refuse(definition, "a server can have %d of these at most", SERVER_PAIRS);
	own[i] = (struct server_advice){ .codes = code, .meaning = "the configuration's advice",
					 .remedy = definition->entry->value };
	return 0;
}

static bool is_variable(const char *name)
{
	bool letter = isalpha((unsigned char)name[0]) || name[0] == '_';

	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return letter && *name == '\0';
}

static const struct {
	const char *prefix;
	size_t offset;
} lists[] = {
	{ "claim.", offsetof(struct server, claims) },
	{ "header.", offsetof(struct server, headers) },
	{ "form.", offsetof(struct server, form) },
	{ "set.", offsetof(struct server, set) },
	{ "variable.", offsetof(struct server, variables) },
};
enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

/* The part of the key behind the prefix, or NULL. */
static const char *after(const char *key, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(key, prefix, length) == 0 && key[length] != '\0' ? key + length : NULL;
}

static int take(const struct definition *definition)
{
	const char *key = definition->entry->key, *name;
	char *row = (char *)definition->server;

	name = after(key, "variable.");
	if (name != NULL && !is_variable(name))
		return definition_refuse(definition, "\"%.100s\" is not the name of an environment variable", name);
	for (size_t i = 0; i < LISTS; i++) {
		name = after(key, lists[i].prefix);
		if (name != NULL)
			return put_pair(definition, (struct server_pair *)(row + lists[i].offset), name);
	}
	name = after(key, "advice.");
	if (name != NULL)
		return put_advice(definition, name);
	return strcmp(key, "based-on") == 0 ? 0 : definition_take_key(definition);
}

int server_define(const char *name, const struct server *base, const struct server_entry *entries, size_t count,
		  server_computed *known, struct server *server, struct error *error)
{
	*server = *base;
	server->name = name;
	server->title = server->party = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct definition definition = { &entries[i], known, server, error };

		if (take(&definition) < 0)
			return error_result(error);
	}
	server->title = server->title != NULL ? server->title : name;
	server->party = server->party != NULL ? server->party : server->title;
	return 0;
}
