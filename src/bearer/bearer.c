/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/bearer.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/advice.h"
#include "bearer/client.h"
#include "bearer/grant.h"
#include "bearer/identity.h"
#include "bearer/retry.h"
#include "bearer/turn.h"
#include "process/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bearer {
	struct oauth_answer answer;
	char generation[OAUTH_GENERATION_SIZE]; /* an agent's name of it */
	char *site_text; /* derived from the answer's instance_url; NULL: not yet */
	struct url site;
};

static void advise_on_certificate(struct signer *signer, size_t which, const struct oauth_answer *answer,
				  struct error *error)
{
	X509 *certificate = signer_certificate(signer, which, error);

	if (certificate != NULL)
		advice_certificate(certificate, signer->keys[which].path, &answer->clock, error);
	X509_free(certificate);
}

/* Whether the server has refused the key, and the other one is to sign. Reports it, and waits if necessary. */
static bool take_turn(struct client *client, struct turn *turn, const struct assertion *assertion,
		      const struct oauth_answer *answer, struct error *error)
{
	double wait;

	if (error->class != ERROR_ORG || !turn_is_refusal(client->request->server, answer))
		return false;
	wait = turn_next(turn, assertion->key, client->signer.count, assertion->slow);
	if (wait < 0)
		return false;
	message_step("%s: the %skey was refused; signing with the %skey", error->text,
		     assertion->key == 1 ? "next " : "", turn->key == 1 ? "next " : "");
	if (clock_ms() + wait < http_end(client->http) && interrupt_wait((unsigned long)wait) == 0)
		return true;
	error->signal = interrupt_signal();
	return false;
}

static int get_answer(const struct client *client, const struct assertion *assertion, struct oauth_answer *answer,
		      struct error *error)
{
	const struct bearer_request *request = client->request;
	struct oauth_grant grant;

	if (request->grant == SERVER_NONE)
		return bearer_unexchanged(assertion, answer, error);
	grant = bearer_grant(request, assertion);
	return oauth_exchange(client->http, request->endpoint, &grant, assertion->text, answer, error);
}

/* Makes assertions until one is exchanged. One that may have reached the server is never sent twice: its jti is spent,
 * and a replay would look like an attack. */
static int exchange(struct client *client, struct oauth_answer *answer, struct error *error)
{
	const struct bearer_request *request = client->request;
	const struct retry_rules rules = {
		.retries = request->retries, .repeatable = true, .login = request->server,
		.rate_wait = request->rate_wait, .end = http_end(client->http),
	};
	struct turn turn = turn_begin(client->accepted);
	struct assertion assertion = { .text = NULL };
	struct retry retry = { .tries = 0 };
	int result;

	do {
		result = 0;
		if (assertion.text == NULL || assertion.key != turn.key || answer->sent ||
		    time(NULL) + REUSE_MARGIN > assertion.exp)
			result = assertion_make(&client->signer, turn.key, request, &assertion, error);
		if (result < 0)
			break;
		result = get_answer(client, &assertion, answer, error);
		if (result == -ERROR_ORG)
			retry_judge(request->server, answer);
	} while (result < 0 && (take_turn(client, &turn, &assertion, answer, error) ||
				retry_pause(&retry, &rules, answer, error)));
	assertion_clear(&assertion);
	if (result == 0)
		client->accepted = assertion.key;
	if (result == -ERROR_ORG && turn_is_refusal(request->server, answer))
		turn_explain(&turn, error);
	if (result == -ERROR_ORG && advice_refusal(request, assertion.alg, answer, error))
		advise_on_certificate(&client->signer, assertion.key, answer, error);
	return result;
}

static bool uses_agent(const struct bearer_request *request)
{
	return request->agent.socket[0] != '\0';
}

/* What prover_try tells of a failure. */
static void note_failure(struct client *client, int result, const struct oauth_answer *answer)
{
	const struct server *server = client->request->server;
	const struct retry none = { .tries = 0 };

	client->pause = answer->retry_after;
	client->curable = turn_is_refusal(server, answer) || retry_is_limited(server, answer) || answer->transient ||
			  retry_outcome(&none, result, answer) != RETRY_REFUSAL;
}

int client_renew(struct client *client, struct error *error)
{
	struct bearer *fresh = calloc(1, sizeof(*fresh));
	int result;

	if (fresh == NULL)
		return error_memory(error);
	if (client->bearer != NULL)
		memcpy(fresh->generation, client->bearer->generation, sizeof(fresh->generation));
	if (uses_agent(client->request))
		result = oauth_agent_bearer(&client->request->agent, http_end(client->http), fresh->generation,
					    &fresh->answer, error);
	else
		result = exchange(client, &fresh->answer, error);
	if (result < 0) {
		note_failure(client, result, &fresh->answer);
		bearer_free(&fresh);
		return result;
	}
	bearer_free(&client->bearer);
	client->bearer = fresh;
	return 0;
}

int client_renew_with(struct client *client, size_t which, struct error *error)
{
	size_t count = client->signer.count, accepted = client->accepted;
	int result;

	client->signer.count = 1; /* so there is no turn */
	client->accepted = which;
	result = client_renew(client, error);
	client->signer.count = count;
	if (result < 0)
		client->accepted = accepted;
	return result;
}

int client_open_with(struct client *client, const struct bearer_request *request, struct p11_key *key,
		     struct error *error)
{
	int result;

	*client = (struct client){ .request = request, .retries = request->retries };
	result = signer_open_with(&client->signer, request, key, error);
	if (result == 0)
		result = http_open(&client->http, &request->http, error);
	return result == 0 ? identity_bind(request->identity, key, error) : result;
}

int client_begin(struct client *client, const struct bearer_request *request, struct error *error)
{
	int result;

	*client = (struct client){ .request = request, .retries = request->retries };
	/* Report mistakes in the connection's options before touching the token. */
	result = http_open(&client->http, &request->http, error);
	if (result == 0 && !uses_agent(request))
		result = signer_open(&client->signer, request, error);
	if (result == 0 && !uses_agent(request))
		result = identity_bind(request->identity, client->signer.keys[0].key, error);
	return result;
}

int client_open(struct client *client, const struct bearer_request *request, struct error *error)
{
	int result = client_begin(client, request, error);

	return result == 0 ? client_renew(client, error) : result;
}

void client_close(struct client *client)
{
	bearer_free(&client->bearer);
	http_close(&client->http);
	identity_release(client->request->identity);
	signer_close(&client->signer);
}

int bearer_get(const struct bearer_request *request, struct bearer **bearer, struct error *error)
{
	struct client client;
	int result = client_open(&client, request, error);

	*bearer = NULL;
	if (result == 0) {
		*bearer = client.bearer;
		client.bearer = NULL;
	}
	client_close(&client);
	return result;
}

const struct secret *bearer_json(const struct bearer *bearer)
{
	return bearer->answer.json;
}

const struct secret *bearer_access_token(const struct bearer *bearer)
{
	return bearer->answer.access_token;
}

const char *bearer_instance_url(const struct bearer *bearer)
{
	return bearer->answer.instance_url;
}

const char *bearer_id(const struct bearer *bearer)
{
	return bearer->answer.id;
}

/* The instance_url may contain the bearer, and messages quote it. */
static int find_site(struct bearer *bearer, const struct bearer_request *request, const char *text, struct error *error)
{
	struct redactor *redactor = redactor_new();
	int result = http_site(text, request->endpoint, &request->instance_url, request->server->party,
			       &bearer->site_text, error);

	(void)redactor_add(redactor, secret_data(bearer->answer.access_token));
	if (result < 0)
		redact_error(redactor, error);
	else
		(void)url_parse(&bearer->site, bearer->site_text);
	redactor_free(&redactor);
	return result;
}

int bearer_site(struct bearer *bearer, const struct bearer_request *request, struct url *site, struct error *error)
{
	const char *text = bearer->answer.instance_url;

	if (text == NULL && request->instance_url.text == NULL) {
		error_set(error, ERROR_ANSWER, "%s's answer does not say where to send the bearer (instance_url)",
			  request->server->party);
		if (uses_agent(request))
			error_hint(error, "use the key, with --agent no and --instance-url");
		else
			error_hint(error, "give %s with --instance-url", request->server->party);
		return -ERROR_ANSWER;
	}
	if (text != NULL && bearer->site_text == NULL && find_site(bearer, request, text, error) < 0)
		return error_result(error);
	*site = text != NULL ? bearer->site : request->instance_url;
	return 0;
}

void bearer_free(struct bearer **bearer)
{
	if (*bearer == NULL)
		return;
	oauth_answer_clear(&(*bearer)->answer);
	free((*bearer)->site_text);
	free(*bearer);
	*bearer = NULL;
}
