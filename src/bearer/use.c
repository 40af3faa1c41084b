/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with a bearer. */
#include "bearer/advice.h"
#include "bearer/client.h"
#include "bearer/identity.h"
#include "bearer/retry.h"

#include "base/message.h"

#include <string.h>

enum { HTTP_UNAUTHORIZED = 401 };

int target_send(const struct target *target, const struct http_request *request, struct oauth_answer *answer,
		bool *retried, struct error *error)
{
	const struct retry_rules rules = {
		.retries = target->retries, .repeatable = target->repeatable, .end = http_end(target->http),
	};
	const struct oauth_shape shape = bearer_shape(target->server);
	struct retry retry = { .tries = 0 };
	int result;

	do {
		result = oauth_call(target->http, request, target->wanted, &shape, answer, error);
		if (result == -ERROR_ORG)
			retry_judge(target->server, answer);
	} while (result < 0 && retry_pause(&retry, &rules, answer, error));
	if (retried != NULL)
		*retried = retry.tries > 0;
	if (result == -ERROR_ORG)
		advice_hint(target->server, server_advice(target->server, answer->code, answer->description),
			    answer->retry_after, error);
	return result;
}

static int send_once(const struct client *client, const char *path, struct http_request *request, bool repeatable,
		     struct oauth_answer *answer, struct error *error)
{
	const struct bearer_request *from = client->request;
	const struct target target = { from->server, client->http, client->retries, OAUTH_JSON, repeatable };
	struct http_url *url;
	struct url site = { .text = NULL };
	int result;

	if ((bearer_needs_site(path) && bearer_site(client->bearer, from, &site, error) < 0) ||
	    bearer_url(&url, path, "site", &site, error) < 0)
		return error_result(error);
	request->bearer = bearer_access_token(client->bearer);
	request->url = url;
	result = target_send(&target, request, answer, NULL, error);
	request->url = NULL;
	http_url_free(&url);
	return result;
}

/* Whether the bearer was refused because it has expired, so that a new one may succeed. */
static bool has_expired(const struct server *server, const struct oauth_answer *answer)
{
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);

	return answer->status == HTTP_UNAUTHORIZED && (advice == NULL || advice->cause != SERVER_MUTUAL_TLS);
}

int client_call(struct client *client, const char *path, struct http_request *request, bool repeatable,
		struct oauth_answer *answer, struct error *error)
{
	int result = send_once(client, path, request, repeatable, answer, error);

	if (result != -ERROR_ORG || !has_expired(client->request->server, answer) || client->renewed)
		return result;
	client->renewed = true;
	message_note("%s; getting a fresh bearer", error->text);
	oauth_answer_clear(answer);
	if (client_renew(client, error) < 0)
		return error_result(error);
	return send_once(client, path, request, repeatable, answer, error);
}

int bearer_userinfo(const struct bearer_request *request, struct secret **json, struct error *error)
{
	struct http_request get = { .method = "GET" };
	struct oauth_answer answer = { .json = NULL };
	struct client client;
	int result = client_open(&client, request, error);

	*json = NULL;
	if (request->identity == NULL)
		signer_close(&client.signer); /* and forget the PIN */
	/* The server has just issued the bearer, unless an agent had it. */
	if (request->agent.socket[0] == '\0')
		client.renewed = true;
	if (result == 0)
		result = client_call(&client, request->server->userinfo_url, &get, true, &answer, error);
	if (result == 0) {
		*json = answer.json;
		answer.json = NULL;
	}
	oauth_answer_clear(&answer);
	client_close(&client);
	return result;
}

int bearer_replace(const struct bearer_request *request, const struct secret *access_token, struct error *error)
{
	struct client client;
	int result = client_open(&client, request, error);

	if (result == 0 && strcmp(secret_data(bearer_access_token(client.bearer)), secret_data(access_token)) == 0)
		result = client_renew(&client, error);
	client_close(&client);
	return result;
}

/* Whether the bearer is revoked: an earlier try whose answer was lost may have succeeded. */
static int judge_revocation(int result, bool retried, const struct oauth_answer *answer)
{
	return result == -ERROR_ORG && retried && strcmp(answer->code, "invalid_token") == 0 ? 0 : result;
}

int client_revoke(struct client *client, struct error *error)
{
	const struct bearer_request *from = client->request;
	const struct target target = { from->server, client->http, client->retries, OAUTH_ANY, true };
	const struct http_field field = { "token", secret_data(bearer_access_token(client->bearer)), true };
	struct http_request request = { .method = "POST", .fields = &field, .field_count = 1 };
	struct oauth_answer answer = { .json = NULL };
	struct http_url *url;
	struct url site = { .text = NULL };
	bool retried = false;
	int result;

	if ((bearer_needs_site(from->server->revoke_url) && bearer_site(client->bearer, from, &site, error) < 0) ||
	    bearer_url(&url, from->server->revoke_url, "site", &site, error) < 0)
		return error_result(error);
	request.url = url;
	result = judge_revocation(target_send(&target, &request, &answer, &retried, error), retried, &answer);
	oauth_answer_clear(&answer);
	http_url_free(&url);
	return result;
}

/* For a caller that has a bearer but no open key. If the server requests the identity, opens its key and starts
 * again. */
static int call(const struct bearer_use *use, const struct http_request *request, enum oauth_wanted wanted,
		struct oauth_answer *answer, bool *retried, struct error *error)
{
	struct target target = { use->server, NULL, use->retries, wanted, true };
	int result;

	if (http_open(&target.http, &use->http, error) < 0)
		return error_result(error);
	result = target_send(&target, request, answer, retried, error);
	if (result < 0 && identity_is_wanted(use->identity)) {
		result = identity_fetch(use->identity, error);
		if (result == 0)
			result = target_send(&target, request, answer, retried, error);
	}
	http_close(&target.http);
	identity_release(use->identity);
	return result;
}

int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error)
{
	const struct http_field field = { "token", secret_data(access_token), true };
	const struct http_request request = {
		.method = "POST", .url = use->url, .fields = &field, .field_count = 1,
	};
	struct oauth_answer answer = { .json = NULL };
	bool retried = false;
	int result = call(use, &request, OAUTH_ANY, &answer, &retried, error);

	result = judge_revocation(result, retried, &answer);
	oauth_answer_clear(&answer);
	return result;
}
