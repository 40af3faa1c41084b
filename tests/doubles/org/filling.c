/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in templates. */
#include "filling.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

static char *copy(const char *text)
{
	return strdup(text != NULL ? text : "");
}

static char *member(const cJSON *line, const char *object, const char *name)
{
	const cJSON *members = cJSON_GetObjectItemCaseSensitive(line, object);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(members, name);

	return item == NULL || cJSON_IsString(item) ? copy(cJSON_GetStringValue(item)) : cJSON_PrintUnformatted(item);
}

static char *url(const struct filling *filling, bool path)
{
	const char *scheme = filling->org->options->tls != NULL ? "https" : "http";
	char *text = NULL;

	if (asprintf(&text, "%s://%s%s", scheme, filling->request->host, path ? filling->request->path : "") < 0)
		abort();
	return text;
}

static char *in_an_hour(const struct org *org)
{
	time_t then = org_now(org) + 3600;
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&then, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return strdup(text);
}

/* The value of a field, which the caller frees. */
static char *value_of(const struct filling *filling, const char *name)
{
	const struct options *options = filling->org->options;
	const cJSON *header = cJSON_GetObjectItemCaseSensitive(filling->line, "header");

	if (strcmp(name, "client-id") == 0)
		return copy(options->client_id);
	if (strcmp(name, "client-secret") == 0)
		return copy(options->client_secret);
	if (strcmp(name, "username") == 0)
		return copy(options->usernames.count > 0 ? options->usernames.list[options->usernames.count - 1] : NULL);
	if (strcmp(name, "audience") == 0 && options->audiences.count > 0)
		return copy(options->audiences.list[0]);
	if (strcmp(name, "url") == 0 || strcmp(name, "audience") == 0 || strcmp(name, "origin") == 0)
		return url(filling, strcmp(name, "origin") != 0);
	if (strcmp(name, "bearer") == 0)
		return copy(filling->bearer);
	if (strcmp(name, "in-an-hour") == 0)
		return in_an_hour(filling->org);
	if (strncmp(name, "claim.", 6) == 0)
		return member(filling->line, "claims", name + 6);
	if (strncmp(name, "field.", 6) == 0)
		return member(filling->line, "fields", name + 6);
	return keys_value(filling->org, name, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(header, "kid")));
}

/* Writes the value; each character that may have a meaning in a regular expression becomes a bracket expression. */
static void put(FILE *to, const char *value, bool pattern)
{
	for (; *value != '\0'; value++) {
		if (!pattern || isalnum((unsigned char)*value))
			fputc(*value, to);
		else
			fprintf(to, *value == '^' ? "\\%c" : "[%c]", *value);
	}
}

char *fill(const struct filling *filling, const char *template, bool pattern)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		abort();
	while (*template != '\0') {
		size_t length = *template == '<' ? strcspn(template, ">") : 0;
		char *name, *value;

		if (length == 0) {
			fputc(*template++, to);
			continue;
		}
		name = strndup(template + 1, length - 1);
		value = value_of(filling, name);
		put(to, value, pattern);
		free(name);
		free(value);
		template += length + 1;
	}
	fclose(to);
	return text;
}
