/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with a bearer once it is there. */
#include "bearer/advice.h"
#include "bearer/retry.h"
#include "bearer/session.h"

#include "base/message.h"

#include <stdlib.h>
#include <string.h>

enum { HTTP_UNAUTHORIZED = 401 };

/* A failure before the request was sent, or a refusal to look at it now, changed nothing at the org. */
static bool is_harmless(const struct oauth_reply *reply)
{
	return !reply->sent || reply->status == 429 || reply->status == 503;
}

int use_send(const struct use *use, const char *path, struct http_request *request, struct oauth_reply *reply,
	     bool *again, struct error *error)
{
	char *url = http_url_below(use->site, path);
	int result = url != NULL ? 0 : error_memory(error);
	long try = 0;

	memset(reply, 0, sizeof(*reply));
	request->url = url;
	for (; result == 0; try++) {
		result = oauth_call(use->http, request, reply, error);
		if (result == 0 || !reply->passing || try >= use->retries || reply->retry_after > RETRY_WAIT_MOST ||
		    (!use->repeatable && !is_harmless(reply)) ||
		    !retry_wait(http_left(use->http), reply->retry_after, try, error))
			break;
		oauth_reply_clear(reply);
		result = 0;
	}
	if (again != NULL)
		*again = try > 0;
	if (result == -ERROR_ORG)
		advice_hint(server_advice(use->server, reply->code, reply->description), reply->retry_after, error);
	request->url = NULL;
	free(url);
	return result;
}

static int send_once(const struct bearer_session *session, const char *path, struct http_request *request,
		     bool repeatable, struct oauth_reply *reply, struct error *error)
{
	const struct bearer_request *wanted = session->request;
	struct use use = { wanted->server, session->http, NULL, session->retries, repeatable };

	memset(reply, 0, sizeof(*reply));
	if (bearer_site(session->bearer, wanted, &use.site, error) < 0)
		return error_result(error);
	request->bearer = bearer_access_token(session->bearer);
	return use_send(&use, path, request, reply, NULL, error);
}

/* Whether the org refused the bearer as one that has ended, so that a fresh one may do. */
static bool has_ended(const struct server *server, const struct oauth_reply *reply)
{
	const struct server_advice *advice = server_advice(server, reply->code, reply->description);

	return reply->status == HTTP_UNAUTHORIZED && (advice == NULL || advice->cause != SERVER_MUTUAL_TLS);
}

int session_call(struct bearer_session *session, const char *path, struct http_request *request, bool repeatable,
		 struct oauth_reply *reply, struct error *error)
{
	int result = send_once(session, path, request, repeatable, reply, error);

	if (result != -ERROR_ORG || !has_ended(session->request->server, reply) || session->renewed)
		return result;
	session->renewed = true;
	message_note("%s; getting a fresh bearer", error->text);
	oauth_reply_clear(reply);
	if (session_renew_bearer(session, error) < 0)
		return error_result(error);
	return send_once(session, path, request, repeatable, reply, error);
}

/* For those who have a bearer and no session. */
static int call(const struct bearer_use *use, const char *path, struct http_request *request,
		struct oauth_reply *reply, bool *again, struct error *error)
{
	struct use with = { use->server, NULL, use->instance_url, use->retries, true };
	int result;

	memset(reply, 0, sizeof(*reply));
	if (http_open(&with.http, &use->http, error) < 0)
		return error_result(error);
	result = use_send(&with, path, request, reply, again, error);
	http_close(&with.http);
	return result;
}

int bearer_userinfo(const struct bearer_use *use, const struct secret *access_token, struct secret **json,
		    struct error *error)
{
	struct http_request request = { .method = "GET", .bearer = access_token };
	struct oauth_reply reply;
	int result = call(use, use->server->userinfo_path, &request, &reply, NULL, error);

	*json = NULL;
	if (result == 0 && reply.json == NULL)
		result = error_set(error, ERROR_ANSWER, "%s (HTTP status %ld)", reply.fault, reply.status);
	if (result == 0) {
		*json = reply.json;
		reply.json = NULL;
	}
	oauth_reply_clear(&reply);
	return result;
}

int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error)
{
	const struct http_field field = { "token", secret_data(access_token), true };
	struct http_request request = { .method = "POST", .fields = &field, .field_count = 1 };
	struct oauth_reply reply;
	bool again = false;
	int result = call(use, use->server->revoke_path, &request, &reply, &again, error);

	/* The try whose answer was lost may have been the one that did it. */
	if (result == -ERROR_ORG && again && strcmp(reply.code, "invalid_token") == 0)
		result = 0;
	oauth_reply_clear(&reply);
	return result;
}
