/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with a bearer once it is there. */
#include "bearer/bearer.h"
#include "bearer/retry.h"

#include "oauth/call.h"
#include "salesforce/advice.h"

#include <stdlib.h>
#include <string.h>

static void add_advice(const struct oauth_reply *reply, struct error *error)
{
	const struct salesforce_advice *advice = salesforce_advice(reply->code, reply->description);

	if (reply->retry_after > RETRY_WAIT_MOST)
		error_hint(error, "the org asks to wait %ld s before the next try", reply->retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
}

/* Sends a request that does no harm when it is sent twice, until it is answered; *again tells that it took a further try.
 * `secret` is what the request holds. */
static int call(const struct bearer_use *use, const char *path, struct http_request *request,
		const struct secret *secret, struct oauth_reply *reply, bool *again, struct error *error)
{
	char *url = http_url_below(use->instance_url, path);
	struct http *http = NULL;
	int result = url != NULL ? http_open(&http, &use->http, error) : error_memory(error);

	memset(reply, 0, sizeof(*reply));
	*again = false;
	request->url = url;
	for (long try = 0; result == 0; try++) {
		result = oauth_call(http, request, secret, reply, error);
		if (result == 0 || !reply->passing || try >= use->retries || reply->retry_after > RETRY_WAIT_MOST)
			break;
		retry_wait(reply->retry_after, try, error);
		oauth_reply_clear(reply);
		*again = true;
		result = 0;
	}
	if (result == -ERROR_ORG)
		add_advice(reply, error);
	http_close(&http);
	free(url);
	return result;
}

int bearer_userinfo(const struct bearer_use *use, const struct secret *access_token, struct secret **json,
		    struct error *error)
{
	struct http_request request = { .method = "GET", .bearer = access_token };
	struct oauth_reply reply;
	bool again;
	int result = call(use, SALESFORCE_USERINFO_PATH, &request, access_token, &reply, &again, error);

	*json = NULL;
	if (result == 0 && reply.json == NULL)
		result = error_set(error, ERROR_ANSWER, "the org's answer is not JSON (HTTP status %ld)", reply.status);
	if (result == 0) {
		*json = reply.json;
		reply.json = NULL;
	}
	oauth_reply_clear(&reply);
	return result;
}

int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error)
{
	const struct http_field field = { "token", secret_data(access_token) };
	struct http_request request = { .method = "POST", .fields = &field, .field_count = 1 };
	struct oauth_reply reply;
	bool again;
	int result = call(use, SALESFORCE_REVOKE_PATH, &request, access_token, &reply, &again, error);

	/* The try whose answer was lost may have been the one that did it. */
	if (result == -ERROR_ORG && again && strcmp(reply.code, "invalid_token") == 0)
		result = 0;
	oauth_reply_clear(&reply);
	return result;
}
