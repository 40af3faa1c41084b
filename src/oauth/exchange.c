/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

#include "oauth/call.h"
#include "oauth/judge.h"

enum { FIELDS = 2 };

/* `fields` has room for FIELDS. */
static struct http_request form(const struct http_url *url, const struct secret *assertion, struct http_field *fields)
{
	fields[0] = (struct http_field){ "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", false };
	fields[1] = (struct http_field){ "assertion", secret_data(assertion), true };
	return (struct http_request){ .method = "POST", .url = url, .fields = fields, .field_count = FIELDS };
}

int oauth_exchange(struct http *http, const struct http_url *url, const struct oauth_grant *grant,
		   const struct secret *assertion, struct oauth_answer *answer, struct error *error)
{
	struct http_field fields[FIELDS];
	const struct http_request request = form(url, assertion, fields);

	return oauth_call(http, &request, OAUTH_BEARER, &grant->shape, answer, error);
}

int oauth_exchange_start(struct http_pool *pool, const struct http_url *url, const struct oauth_grant *grant,
			 const struct secret *assertion, bool fresh, void *tag, struct error *error)
{
	struct http_field fields[FIELDS];
	struct http_request request = form(url, assertion, fields);

	(void)grant;
	request.fresh = fresh;
	return http_pool_start(pool, &request, tag, error);
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
