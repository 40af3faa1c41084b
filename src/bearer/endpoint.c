/* SPDX-License-Identifier: Apache-2.0 */
/* From a server's row to endpoints, and to the request and answer of oauth/. */
#include "bearer/grant.h"

#include "bearer/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

int bearer_base(const struct bearer_request *request, char **text, struct error *error)
{
	const struct url *url = &request->instance_url;

	*text = NULL;
	if (url->text == NULL) {
		error_set(error, ERROR_CONFIG, "the server's URL is not set");
		error_hint(error, "give it with --instance-url");
		return -ERROR_CONFIG;
	}
	*text = jwt_audience(url, (size_t)(url->end - url->text));
	return *text != NULL ? 0 : error_memory(error);
}

static int no_endpoint(const struct server *server, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s has no token endpoint", server->title);
	error_hint(error, "give it with --token-url");
	return -ERROR_CONFIG;
}

/* Sets *text to the row's endpoint, not yet in its form as an audience. */
static int token_url_of_row(const struct bearer_request *request, char **text, struct error *error)
{
	const char *template = request->server->token_url;
	const char *rest = template != NULL ? after_field(template, "instance-url") : NULL;
	char *base, *path = NULL;
	int result;

	if (template == NULL)
		return no_endpoint(request->server, error);
	if (rest == NULL)
		return braces_fill(template, no_value, NULL, text, error);
	result = bearer_base(request, &base, error);
	if (result == 0)
		result = braces_fill(rest, no_value, NULL, &path, error);
	if (result == 0 && asprintf(text, "%s%s", base, path) < 0)
		result = error_memory(error);
	free(base);
	free(path);
	return result;
}

int bearer_token_url(const struct bearer_request *request, char **text, struct error *error)
{
	struct url url = request->token_url;
	char *own = NULL;

	*text = NULL;
	if (url.text == NULL && token_url_of_row(request, &own, error) < 0)
		return error_result(error);
	if (own != NULL && url_parse(&url, own) != NULL) {
		*text = own; /* it has a query */
		return 0;
	}
	*text = jwt_audience(&url, strlen(url.text));
	free(own);
	return *text != NULL ? 0 : error_memory(error);
}

int bearer_endpoint(struct bearer_request *request, struct error *error)
{
	const char *template = request->server->token_url;

	request->endpoint = NULL;
	if (request->token_url.text != NULL)
		return http_url_parse(&request->endpoint, request->token_url.text, error);
	if (template == NULL && request->grant != SERVER_NONE)
		return no_endpoint(request->server, error);
	if (template == NULL || (after_field(template, "instance-url") != NULL && request->instance_url.text == NULL))
		return 0;
	return bearer_url(&request->endpoint, template, "instance-url", &request->instance_url, error);
}

bool bearer_needs_site(const char *template)
{
	return template[0] == '/' || strstr(template, "{site}") != NULL;
}

void bearer_party(const struct server *server, struct http_options *options)
{
	bool below = server->token_url != NULL && after_field(server->token_url, "instance-url") != NULL;

	options->party = server->party;
	options->named_in = below ? NULL : "this URL";
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

int bearer_unexchanged(const struct assertion *assertion, struct oauth_answer *answer, struct error *error)
{
	const char *token = secret_data(assertion->text);
	size_t length = secret_length(assertion->text);

	oauth_answer_wipe(answer);
	answer->retry_after = -1;
	if (answer->json == NULL)
		answer->json = secret_new(2 * length);
	if (answer->access_token == NULL)
		answer->access_token = secret_new(length);
	if (answer->json == NULL || answer->access_token == NULL ||
	    secret_append(answer->access_token, token, length) < 0 ||
	    secret_printf(answer->json, "{\"access_token\":\"") < 0 || secret_append(answer->json, token, length) < 0 ||
	    secret_printf(answer->json, "\",\"token_type\":\"Bearer\",\"expires_in\":%lld}",
			  assertion->exp - (long long)time(NULL)) < 0)
		return error_memory(error);
	return 0;
}

struct oauth_grant bearer_grant(const struct bearer_request *request, const struct assertion *assertion)
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
		.fields = assertion->content->form,
		.field_count = assertion->content->form_count,
		.member = request->server->assertion_member,
		.header = request->server->header,
		.shape = bearer_shape(request->server),
	};
}
