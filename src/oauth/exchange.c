/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

#include "oauth/call.h"
#include "oauth/judge.h"

#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 3 };

/* Writes the fields that carry the assertion, of which there are at most OWN_MAX. Returns how many. */
static size_t own_fields(const struct oauth_grant *grant, const char *assertion, struct http_field *fields)
{
	switch (grant->kind) {
	case OAUTH_CLIENT_CREDENTIALS:
		fields[0] = (struct http_field){ "grant_type", "client_credentials", false };
		fields[1] = (struct http_field){ "client_assertion_type",
						 "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", false };
		fields[2] = (struct http_field){ "client_assertion", assertion, true };
		return 3;
	case OAUTH_IN_JSON:
		fields[0] = (struct http_field){ grant->member, assertion, true };
		return 1;
	case OAUTH_IN_HEADER:
		return 0;
	case OAUTH_JWT_BEARER:
		break;
	}
	fields[0] = (struct http_field){ "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", false };
	fields[1] = (struct http_field){ "assertion", assertion, true };
	return 2;
}

/* Room for all fields of the request; NULL if memory is exhausted. */
static struct http_field *room_for(const struct oauth_grant *grant)
{
	return calloc(OWN_MAX + grant->field_count, sizeof(struct http_field));
}

static struct http_request prepare(const struct http_url *url, const struct oauth_grant *grant,
				   const struct secret *assertion, struct http_field *fields)
{
	bool json = grant->kind == OAUTH_IN_HEADER || grant->kind == OAUTH_IN_JSON;
	size_t count = own_fields(grant, secret_data(assertion), fields);

	if (grant->field_count > 0)
		memcpy(fields + count, grant->fields, grant->field_count * sizeof(*fields));
	count += grant->field_count;
	return (struct http_request){
		.method = "POST", .url = url, .header = grant->header,
		.bearer = grant->kind == OAUTH_IN_HEADER ? assertion : NULL,
		.fields = count > 0 ? fields : NULL, .field_count = count,
		.fields_as_json = json && count > 0,
	};
}

int oauth_exchange(struct http *http, const struct http_url *url, const struct oauth_grant *grant,
		   const struct secret *assertion, struct oauth_answer *answer, struct error *error)
{
	struct http_field *fields = room_for(grant);
	struct http_request request;
	int result;

	if (fields == NULL)
		return error_memory(error);
	request = prepare(url, grant, assertion, fields);
	result = oauth_call(http, &request, OAUTH_BEARER, &grant->shape, answer, error);
	free(fields);
	return result;
}

int oauth_exchange_start(struct http_pool *pool, const struct http_url *url, const struct oauth_grant *grant,
			 const struct secret *assertion, bool fresh, void *tag, struct error *error)
{
	struct http_field *fields = room_for(grant);
	struct http_request request;
	int result;

	if (fields == NULL)
		return error_memory(error);
	request = prepare(url, grant, assertion, fields);
	request.fresh = fresh;
	result = http_pool_start(pool, &request, tag, error);
	free(fields);
	return result;
}

bool oauth_exchange_take(struct http_pool *pool, const struct oauth_shape *shape, struct oauth_answer *answer,
			 void **tag, int *result, struct error *error)
{
	const struct http_response *response = http_pool_take(pool, tag, result, error);

	if (response == NULL)
		return false;
	*result = judge_response(response, OAUTH_BEARER, shape, *result, answer, error);
	return true;
}
