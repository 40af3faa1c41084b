/* SPDX-License-Identifier: Apache-2.0 */
/* From a server's row to endpoints, and to the request and answer of oauth/. */
#include "bearer/grant.h"

#include <stdlib.h>
#include <string.h>

/* The fields of an endpoint are filled in before, except for the one that it begins with. */
static const char *no_value(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

/* The part of the template after the field that it begins with, or NULL. */
static const char *after_field(const char *template, const char *field)
{
	size_t length = strlen(field);

	if (template[0] == '/')
		return template;
	return template[0] == '{' && strncmp(template + 1, field, length) == 0 && template[length + 1] == '}' ?
	       template + length + 2 : NULL;
}

int bearer_url(struct http_url **url, const char *template, const char *field, const struct url *base,
	       struct error *error)
{
	const char *rest = after_field(template, field);
	char *text;
	int result = braces_fill(rest != NULL ? rest : template, no_value, NULL, &text, error);

	*url = NULL;
	if (result < 0)
		return result;
	result = rest != NULL ? http_url_below(url, base, text, error) : http_url_parse(url, text, error);
	free(text);
	return result;
}

int bearer_endpoint(struct bearer_request *request, struct error *error)
{
	const char *template = request->server->token_url;

	request->endpoint = NULL;
	if (request->token_url.text != NULL)
		return http_url_parse(&request->endpoint, request->token_url.text, error);
	if (template == NULL || (after_field(template, "instance-url") != NULL && request->instance_url.text == NULL))
		return 0;
	return bearer_url(&request->endpoint, template, "instance-url", &request->instance_url, error);
}

struct oauth_shape bearer_shape(const struct server *server)
{
	return (struct oauth_shape){
		.party = server->party,
		.token = server->answer_token,
		.lifetime = server->answer_lifetime,
		.names = { server->error_names[0], server->error_names[1] },
	};
}

struct oauth_grant bearer_grant(const struct bearer_request *request)
{
	static const enum oauth_grant_kind kinds[] = {
		[SERVER_JWT_BEARER] = OAUTH_JWT_BEARER,
		[SERVER_CLIENT_CREDENTIALS] = OAUTH_CLIENT_CREDENTIALS,
		[SERVER_BEARER] = OAUTH_IN_HEADER,
		[SERVER_JSON] = OAUTH_IN_JSON,
		[SERVER_NONE] = OAUTH_JWT_BEARER, /* not used */
	};

	return (struct oauth_grant){
		.kind = kinds[request->grant],
		.member = request->server->assertion_member,
		.header = request->server->header,
		.shape = bearer_shape(request->server),
	};
}
