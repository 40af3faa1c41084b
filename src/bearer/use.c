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
static bool is_harmless(const struct oauth_answer *answer)
{
	return !answer->sent || answer->status == 429 || answer->status == 503;
}

int use_send(const struct use *use, const char *path, struct http_request *request, struct oauth_answer *answer,
	     bool *again, struct error *error)
{
	char *url = http_url_below(use->site, path);
	int result = url != NULL ? 0 : error_memory(error);
	long try = 0;

	request->url = url;
	for (; result == 0; try++) {
		result = oauth_call(use->http, request, use->wanted, use->server->error_names, answer, error);
		if (result == 0 || !answer->passing || try >= use->retries || answer->retry_after > RETRY_WAIT_MOST ||
		    (!use->repeatable && !is_harmless(answer)) ||
		    !retry_wait(http_left(use->http), answer->retry_after, try, error))
			break;
		result = 0;
	}
	if (again != NULL)
		*again = try > 0;
	if (result == -ERROR_ORG)
		advice_hint(server_advice(use->server, answer->code, answer->description), answer->retry_after, error);
	request->url = NULL;
	free(url);
	return result;
}

static int send_once(const struct bearer_session *session, const char *path, struct http_request *request,
		     bool repeatable, struct oauth_answer *answer, struct error *error)
{
	const struct bearer_request *wanted = session->request;
	struct use use = { wanted->server, session->http, NULL, session->retries, OAUTH_JSON, repeatable };

	if (bearer_site(session->bearer, wanted, &use.site, error) < 0)
		return error_result(error);
	request->bearer = bearer_access_token(session->bearer);
	return use_send(&use, path, request, answer, NULL, error);
}

/* Whether the org refused the bearer as one that has ended, so that a fresh one may do. */
static bool has_ended(const struct server *server, const struct oauth_answer *answer)
{
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);

	return answer->status == HTTP_UNAUTHORIZED && (advice == NULL || advice->cause != SERVER_MUTUAL_TLS);
}

int session_call(struct bearer_session *session, const char *path, struct http_request *request, bool repeatable,
		 struct oauth_answer *answer, struct error *error)
{
	int result = send_once(session, path, request, repeatable, answer, error);

	if (result != -ERROR_ORG || !has_ended(session->request->server, answer) || session->renewed)
		return result;
	session->renewed = true;
	message_note("%s; getting a fresh bearer", error->text);
	oauth_answer_clear(answer);
	if (session_renew_bearer(session, error) < 0)
		return error_result(error);
	return send_once(session, path, request, repeatable, answer, error);
}

/* For those who have a bearer and no session. */
static int call(const struct bearer_use *use, const char *path, struct http_request *request, enum oauth_wanted wanted,
		struct oauth_answer *answer, bool *again, struct error *error)
{
	struct use with = { use->server, NULL, use->instance_url, use->retries, wanted, true };
	int result;

	if (http_open(&with.http, &use->http, error) < 0)
		return error_result(error);
	result = use_send(&with, path, request, answer, again, error);
	http_close(&with.http);
	return result;
}

int bearer_userinfo(const struct bearer_use *use, const struct secret *access_token, struct secret **json,
		    struct error *error)
{
	struct http_request request = { .method = "GET", .bearer = access_token };
	struct oauth_answer answer = { .json = NULL };
	int result = call(use, use->server->userinfo_path, &request, OAUTH_JSON, &answer, NULL, error);

	*json = NULL;
	if (result == 0) {
		*json = answer.json;
		answer.json = NULL;
	}
	oauth_answer_clear(&answer);
	return result;
}

int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error)
{
	const struct http_field field = { "token", secret_data(access_token), true };
	struct http_request request = { .method = "POST", .fields = &field, .field_count = 1 };
	struct oauth_answer answer = { .json = NULL };
	bool again = false;
	int result = call(use, use->server->revoke_path, &request, OAUTH_ANY, &answer, &again, error);

	/* The try whose answer was lost may have been the one that did it. */
	if (result == -ERROR_ORG && again && strcmp(answer.code, "invalid_token") == 0)
		result = 0;
	oauth_answer_clear(&answer);
	return result;
}
