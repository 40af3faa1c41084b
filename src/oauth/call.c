/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/call.h"

#include "oauth/judge.h"

int oauth_call(struct http *http, const struct http_request *request, enum oauth_wanted wanted,
	       const struct oauth_shape *shape, struct oauth_answer *answer, struct error *error)
{
	struct http_response response;
	int result = http_send(http, request, &response, error);

	result = judge_response(&response, wanted, shape, result, answer, error);
	http_response_clear(&response);
	return result;
}
