/* SPDX-License-Identifier: Apache-2.0 */
/* Where the assertion and the other values of a request to a vendor's server are, and whether they keep a rule. */
#include "vendor-request.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "form.h"

static const char scheme[] = "Bearer ";

/* Adds a field of a form. One that comes again makes an array, which no rule for a text takes. */
static void add_field(cJSON *fields, const struct form_field *field)
{
	const cJSON *earlier = cJSON_GetObjectItemCaseSensitive(fields, field->name);
	cJSON *list;

	if (earlier == NULL) {
		cJSON_AddStringToObject(fields, field->name, field->value);
		return;
	}
	list = cJSON_IsArray(earlier) ? cJSON_Duplicate(earlier, true) : cJSON_CreateArray();
	if (!cJSON_IsArray(earlier))
		cJSON_AddItemToArray(list, cJSON_Duplicate(earlier, true));
	cJSON_AddItemToArray(list, cJSON_CreateString(field->value));
	cJSON_ReplaceItemInObjectCaseSensitive(fields, field->name, list);
}

cJSON *request_fields(const struct vendor *vendor, const struct request *request)
{
	struct form form = { 0 };
	cJSON *fields = cJSON_CreateObject();
	bool good;

	if (vendor->carrier == CARRIER_BEARER || vendor->carrier == CARRIER_JSON) {
		if (request->length == 0 && vendor->carrier == CARRIER_BEARER)
			return fields;
		cJSON_Delete(fields);
		good = request->content_type != NULL && strncmp(request->content_type, "application/json", 16) == 0;
		return good ? cJSON_ParseWithLength(request->body, request->length) : NULL;
	}
	good = form_is_urlencoded(request->content_type) && form_parse(request->body, request->length, &form) == 0;
	for (size_t i = 0; good && i < form.count; i++)
		add_field(fields, &form.fields[i]);
	form_clear(&form);
	if (!good) {
		cJSON_Delete(fields);
		fields = NULL;
	}
	return fields;
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool has(const cJSON *fields, const char *name, const char *wanted)
{
	const char *text = text_of(fields, name);

	return text != NULL && strcmp(text, wanted) == 0;
}

const char *request_assertion(const struct vendor *vendor, const struct request *request, const cJSON *fields)
{
	const char *text = request->authorization;

	switch (vendor->carrier) {
	case CARRIER_GRANT:
		return has(fields, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer") ?
			text_of(fields, "assertion") : NULL;
	case CARRIER_CLIENT:
		return has(fields, "grant_type", "client_credentials") &&
				has(fields, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") ?
			text_of(fields, "client_assertion") : NULL;
	case CARRIER_JSON:
		return text_of(fields, "jwt");
	case CARRIER_BEARER:
		break;
	}
	return text != NULL && strncasecmp(text, scheme, strlen(scheme)) == 0 ? text + strlen(scheme) : NULL;
}

static const char *find_line(const struct request *request, const char *name)
{
	if (strcmp(name, "Accept") == 0)
		return request->accept;
	if (strcmp(name, "User-Agent") == 0)
		return request->user_agent;
	return strcmp(name, "X-Snowflake-Authorization-Token-Type") == 0 ? request->snowflake : NULL;
}

/* The value that a rule is about, which the caller frees, or NULL. */
static char *find_value(const struct filling *filling, enum place place, const char *name)
{
	const char *objects[] = { [PLACE_HEADER] = "header", [PLACE_CLAIM] = "claims", [PLACE_FIELD] = "fields" };
	const char *line;
	const cJSON *item;

	if (place == PLACE_LINE) {
		line = find_line(filling->request, name);
		return line != NULL ? strdup(line) : NULL;
	}
	item = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(filling->line, objects[place]), name);
	if (item == NULL)
		return NULL;
	return cJSON_IsString(item) ? strdup(item->valuestring) : cJSON_PrintUnformatted(item);
}

static bool matches(const struct filling *filling, const char *template, const char *value)
{
	char *filled = fill(filling, template, true), *whole = NULL;
	regex_t regex;
	bool matched = false;

	if (asprintf(&whole, "^(%s)$", filled) >= 0 && regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) == 0) {
		matched = regexec(&regex, value, 0, NULL, 0) == 0;
		regfree(&regex);
	} else {
		fprintf(stderr, "loopback-org: the pattern %s is invalid.\n", template);
	}
	free(filled);
	free(whole);
	return matched;
}

bool request_keeps(const struct filling *filling, const struct rule *rule)
{
	bool optional = rule->name[0] == '?', kept;
	char *names = strdup(rule->name + optional), *rest = names, *value = NULL;

	for (const char *name; value == NULL && (name = strsep(&rest, "|")) != NULL;)
		value = find_value(filling, rule->place, name);
	free(names);
	if (value == NULL)
		return optional;
	kept = rule->pattern == NULL || matches(filling, rule->pattern, value);
	free(value);
	return kept;
}
