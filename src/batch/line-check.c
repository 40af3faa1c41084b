/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a line, with the run's values, has all that its server needs. */
#include "batch/internal.h"

#include <stdio.h>
#include <string.h>

/* What is missing, in the message. */
struct missing {
	struct error *error;
	size_t count;
};

static void add(struct missing *missing, const char *kind, const char *name)
{
	if (missing->count++ == 0)
		error_set(missing->error, ERROR_CONFIG, "the line has no %s%s", kind, name);
	else
		error_append(missing->error, ", no %s%s", kind, name);
}

static bool has_field(const char *template, const char *field)
{
	return template != NULL && strstr(template, field) != NULL;
}

/* Whether the assertion or its exchange needs the server's URL, and neither the line nor the run sets it. */
static bool needs_url(const struct bearer_request *request, bool sends)
{
	const char *audience = request->audience_text, *token_url = request->server->token_url;
	bool has_audience = audience != NULL || request->audience.text != NULL;
	bool of_line = has_field(token_url, "{instance-url}") || (token_url != NULL && token_url[0] == '/');

	if (request->instance_url.text != NULL)
		return false;
	if (!has_audience && server_requires(request->server, "instance-url"))
		return true;
	return has_field(audience, "{instance-url}") ||
	       ((sends || has_field(audience, "{@token-url}")) && request->token_url.text == NULL && of_line);
}

static bool has_extra(const struct jwt_extra *extras, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(extras[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Checks one of the settings that the row requires. Those that a line cannot set are checked when the run begins. */
static void check_setting(const struct bearer_request *request, const char *name, struct missing *missing)
{
	if (strncmp(name, "claim.", 6) == 0 && !has_extra(request->claims, request->claim_count, name + 6))
		add(missing, "claim ", name + 6);
	else if (strncmp(name, "header.", 7) == 0 && !has_extra(request->headers, request->header_count, name + 7))
		add(missing, "header field ", name + 7);
	else if (strcmp(name, "audience") == 0 && request->audience_text == NULL && request->audience.text == NULL)
		add(missing, "", name);
}

static int check_missing(const struct bearer_request *request, bool sends, struct error *error)
{
	struct missing missing = { .error = error };
	const char *list = request->server->required != NULL ? request->server->required : "";
	char name[BRACES_NAME_SIZE];

	if (request->username == NULL && server_requires(request->server, "username"))
		add(&missing, "", "username");
	if (request->client_id == NULL && server_requires(request->server, "client-id"))
		add(&missing, "", "client-id");
	if (needs_url(request, sends))
		add(&missing, "", "instance-url");
	for (size_t length; *list != '\0'; list += length + (list[length] == ' ' ? 1 : 0)) {
		length = strcspn(list, " ");
		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		check_setting(request, name, &missing);
	}
	if (missing.count == 0)
		return 0;
	error_hint(error, "add %s to the line, or set %s for all lines with an option or in a configuration file",
		   missing.count == 1 ? "it" : "them", missing.count == 1 ? "it" : "them");
	return -ERROR_CONFIG;
}

int line_check(const struct bearer_request *request, bool sends, struct error *error)
{
	if (check_missing(request, sends, error) < 0)
		return error_result(error);
	/* The claim may come from the run and the jti from the line, or the other way round. */
	for (size_t i = 0; i < request->claim_count && request->jti; i++) {
		if (jwt_allows(JWT_CLAIM_NOT_JTI, request->claims[i].name, error) < 0)
			return error_result(error);
	}
	return 0;
}

const char *line_user(const struct line *line)
{
	const struct bearer_request *request = &line->request;
	bool has_user = request->username != NULL && (request->computed & BEARER_SUB) == 0;
	const char *name = has_user ? request->username : request->client_id;

	return name != NULL ? name : "";
}
