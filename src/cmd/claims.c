/* SPDX-License-Identifier: Apache-2.0 */
/* The content of an assertion and the URLs: from the settings, else from the server's row. */
#include "cmd/cmd.h"

#include "bearer/fields.h"

#include <stdlib.h>
#include <string.h>

static bool is_none(const char *text)
{
	return text == NULL || strcmp(text, "none") == 0;
}

int cmd_computed(const char **value, bool *computed, struct error *error)
{
	const char *text = *value, *template = fields_template(text);

	*computed = template != NULL;
	if (text[0] != '@')
		return 0;
	if (template != NULL || text[1] == '@') {
		*value = template != NULL ? template : text + 1;
		return 0;
	}
	error_set(error, ERROR_CONFIG, "there is no computed value \"%.64s\"", text);
	error_hint(error, "choose one of " FIELDS_NAMES "; for a text that begins with @, write @@");
	return -ERROR_CONFIG;
}

/* Takes iss, sub or aud from a setting, or else from the row, where it is a template. "none" leaves it NULL. */
static int take_text(const struct settings *settings, enum setting_id id, const char *row, unsigned bit,
		     struct bearer_request *request, const char **value, struct error *error)
{
	const char *text = settings_text(settings, id);
	bool computed;

	*value = is_none(text != NULL ? text : row) ? NULL : text != NULL ? text : row;
	if (*value == NULL)
		return 0;
	if (text == NULL) {
		computed = braces_in(row);
	} else if (cmd_computed(value, &computed, error) < 0) {
		settings_blame(settings, id, error);
		return error_result(error);
	}
	if (computed)
		request->computed |= bit;
	return 0;
}

/* --- claims and header fields ------------------------------------------------------------------------------------ */

/* Parses the user's pair. One that is computed is parsed when the assertion is made. */
static int take_pair(struct jwt_extra *extra, enum jwt_part part, struct settings_pair pair, struct error *error)
{
	const char *value = pair.value;
	bool computed;

	if (cmd_computed(&value, &computed, error) < 0)
		return error_result(error);
	if (!computed)
		return jwt_extra_parse(extra, part, pair.name, value, error);
	*extra = (struct jwt_extra){ .name = pair.name, .json = strdup(value), .computed = true };
	if (extra->json == NULL)
		return error_memory(error);
	return jwt_allows(part, pair.name, error);
}

/* Those of the row come first, because the last with a name counts. */
static int take_extras(const struct settings *settings, enum setting_id id, const struct server_pair *row,
		       enum jwt_part part, struct jwt_extra **extras, size_t *count, struct error *error)
{
	size_t pairs = settings_pairs(settings, id);

	*count = 0;
	*extras = calloc(SERVER_PAIRS + pairs, sizeof(**extras));
	if (*extras == NULL)
		return error_memory(error);
	for (size_t i = 0; i < SERVER_PAIRS && row[i].name != NULL; i++) {
		struct jwt_extra *extra = &(*extras)[(*count)++];

		*extra = (struct jwt_extra){ .name = row[i].name, .json = strdup(row[i].value), .computed = true };
		if (extra->json == NULL)
			return error_memory(error);
	}
	for (size_t i = 0; i < pairs; i++) {
		if (take_pair(&(*extras)[(*count)++], part, settings_pair(settings, id, i), error) < 0) {
			settings_blame_pair(settings, id, i, error);
			return error_result(error);
		}
	}
	return 0;
}

/* An offset in seconds from now; "no" leaves the claim out. */
static long take_offset(const struct settings *settings, enum setting_id id, const char *row, bool *has)
{
	const char *text = settings_text(settings, id);

	if (text == NULL)
		text = row;
	*has = text != NULL && strcmp(text, "no") != 0;
	return *has ? strtol(text, NULL, 10) : 0;
}

static void take_times(const struct settings *settings, struct bearer_request *request)
{
	const struct server *server = request->server;

	request->lifetime = settings_number(settings, SETTING_LIFETIME);
	if (request->lifetime == 0)
		request->lifetime = server_lifetime(server);
	request->iat = take_offset(settings, SETTING_IAT, server->iat, &request->has_iat);
	request->nbf = take_offset(settings, SETTING_NBF, server->nbf, &request->has_nbf);
	request->jti = settings_origin(settings, SETTING_JTI) != NULL ? settings_flag(settings, SETTING_JTI) :
		       !server->no_jti;
}

enum server_grant cmd_grant(const struct settings *settings, const struct server *row)
{
	return settings_text(settings, SETTING_GRANT) != NULL ?
	       (enum server_grant)settings_number(settings, SETTING_GRANT) : row->grant;
}

/* A client that authenticates itself is issuer and subject (RFC 7523 section 3). */
static const char *default_username(const struct bearer_request *request)
{
	const char *username = request->server->username;

	return username == NULL && request->grant == SERVER_CLIENT_CREDENTIALS ? "{@client-id}" : username;
}

int cmd_take_claims(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	const struct server *server = request->server;

	request->certificate = settings_text(settings, SETTING_CERTIFICATE);
	request->warn_days = settings_number(settings, SETTING_WARN_DAYS);
	take_times(settings, request);
	if (take_text(settings, SETTING_CLIENT_ID, server->client_id, BEARER_ISS, request, &request->client_id,
		      error) < 0 ||
	    take_text(settings, SETTING_USERNAME, default_username(request), BEARER_SUB, request, &request->username,
		      error) < 0)
		return error_result(error);
	if (take_extras(settings, SETTING_CLAIM, server->claims, request->jti ? JWT_CLAIM_NOT_JTI : JWT_CLAIM,
			&request->claims, &request->claim_count, error) < 0)
		return error_result(error);
	return take_extras(settings, SETTING_HEADER, server->headers, JWT_HEADER, &request->headers,
			   &request->header_count, error);
}

/* --- URLs -------------------------------------------------------------------------------------------------------- */

enum setting_id cmd_first_url(const struct settings *settings)
{
	return settings_text(settings, SETTING_TOKEN_URL) != NULL ? SETTING_TOKEN_URL : SETTING_INSTANCE_URL;
}

static int take_audience(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	const struct server *server = request->server;

	if (server->audience_is_url) {
		if (settings_take_url(settings, SETTING_AUDIENCE, &request->audience, error) < 0) {
			cmd_advise_url(&request->audience, error);
			return error_result(error);
		}
		if (request->audience.text != NULL || strcmp(server->audience, "{instance-url}") == 0)
			return 0;
	}
	if (take_text(settings, SETTING_AUDIENCE, server->audience, BEARER_AUD, request, &request->audience_text,
		      error) < 0)
		return error_result(error);
	if (request->audience_text == NULL)
		request->audience_text = ""; /* "none" */
	return 0;
}

/* Says where a wrong endpoint comes from: a setting, or the row's URL, which may contain settings. */
static void blame_url(const struct settings *settings, const struct server *server, struct error *error)
{
	const char *url = server->token_url;
	struct error old = *error;

	if (settings_text(settings, SETTING_TOKEN_URL) != NULL || url == NULL ||
	    strstr(url, "{instance-url}") != NULL || old.class != ERROR_CONFIG) {
		settings_blame(settings, cmd_first_url(settings), error);
		return;
	}
	error_set(error, old.class, "the token endpoint of %s: %s", server->title, old.text);
	error_hint(error, "\"p11bearer servers %s\" shows which settings are in its URL", server->name);
}

int cmd_take_urls(const struct settings *settings, enum cmd_purpose purpose, struct bearer_request *request,
		  struct error *error)
{
	request->instance_url = settings_url(settings, SETTING_INSTANCE_URL);
	if (take_audience(settings, request, error) < 0)
		return error_result(error);
	request->token_url = settings_url(settings, SETTING_TOKEN_URL);
	if (purpose == CMD_ASSERTION || bearer_endpoint(request, error) == 0)
		return 0;
	blame_url(settings, request->server, error);
	return error_result(error);
}
