/* SPDX-License-Identifier: Apache-2.0 */
/* Bearers and assertions. */
#include "agent/http-internal.h"

#include "agent/http-assertion.h"
#include "agent/line.h"

#include <string.h>

/* A reload may have replaced the profile while the request waited. NULL: it is gone. */
static const struct agent_profile *current_profile(const struct client *client)
{
	const char *name = client->request.query.profile;

	return agent_profile(client->http->agent, name != NULL ? name : "default");
}

/* Counts and records what the client does not get, and says why. */
static void refuse(struct client *client, const struct agent_profile *profile, enum worker_kind kind,
		   const struct failure *reason)
{
	struct agent *agent = client->http->agent;
	struct failure ignored;

	if (reason->kind == FAILURE_DENIED)
		agent->refused++;
	else
		agent->failed++;
	/* Nothing is handed out, so a record that cannot be written changes nothing. */
	(void)agent_record(agent, profile, kind, client->request.query.username, &client->peer, NULL, reason, &ignored);
	http_answer_failure(client, reason);
}

/* --- bearers ----------------------------------------------------------------------------------------------------- */

static void hand_out(struct client *client, struct agent_bearer *bearer)
{
	struct agent *agent = client->http->agent;
	const struct agent_profile *profile = current_profile(client);
	struct failure failure;

	if (agent_record(agent, profile, WORKER_BEARERS, client->request.query.username, &client->peer, bearer->jti,
			 NULL, &failure) < 0) {
		agent->failed++;
		http_answer_failure(client, &failure);
		return;
	}
	agent->handed++;
	http_answer_bearer(client, bearer);
}

static void bearer_done(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure)
{
	struct client *client = ask->context;

	client->request.state = REQUEST_DONE;
	if (bearer != NULL)
		hand_out(client, bearer);
	else
		refuse(client, current_profile(client), WORKER_BEARERS, failure);
}

void http_token(struct client *client)
{
	struct agent *agent = client->http->agent;
	struct request *request = &client->request;
	const struct agent_profile *profile = current_profile(client);
	struct failure failure;

	if (!agent_allows(agent, profile, WORKER_BEARERS, request->query.username, &client->peer, &failure)) {
		refuse(client, profile, WORKER_BEARERS, &failure);
		return;
	}
	request->ask = (struct ask){
		.profile = profile,
		.username = request->query.username,
		.min_life = request->query.min_life,
		.fresh = request->query.fresh,
		.done = bearer_done,
		.context = client,
	};
	agent_requester(&client->peer, request->ask.requester);
	request->state = REQUEST_BEARER;
	cache_ask(agent->cache, &request->ask);
}

/* --- assertions -------------------------------------------------------------------------------------------------- */

static void assertion_done(struct job *job, const char *answer, size_t length, const struct failure *failure)
{
	struct client *client = job->context;
	struct agent *agent = client->http->agent;
	const struct agent_profile *profile = current_profile(client);
	struct secret *body = NULL;
	struct failure mine;
	char jti[JTI_SIZE];

	if (failure != NULL && failure->kind == FAILURE_REPLACED) {
		http_assertion(client); /* from the new worker, by the new rules */
		return;
	}
	client->request.state = REQUEST_DONE;
	if (failure == NULL &&
	    http_assertion_json(&body, answer, length, client->request.query.profile, jti, &mine) < 0)
		failure = &mine;
	if (failure != NULL) {
		refuse(client, profile, WORKER_ASSERTIONS, failure);
	} else if (agent_record(agent, profile, WORKER_ASSERTIONS, client->request.query.username, &client->peer, jti,
				NULL, &mine) < 0) {
		agent->failed++;
		http_answer_failure(client, &mine);
	} else {
		agent->assertions++;
		http_answer_json(client, MHD_HTTP_OK, &body);
	}
	secret_free(&body);
}

/* The time for a login and a signature, and for a process to start. */
static double patience(const struct agent_profile *profile)
{
	enum { START_SECONDS = 10 };

	return 1000.0 * (double)(2 * profile->module_timeout + profile->module_wait + START_SECONDS);
}

void http_assertion(struct client *client)
{
	struct agent *agent = client->http->agent;
	struct request *request = &client->request;
	const struct agent_profile *profile = current_profile(client);
	const char *username = request->query.username;
	struct secret *line;
	struct failure failure;

	if (!agent_allows(agent, profile, WORKER_ASSERTIONS, username, &client->peer, &failure)) {
		refuse(client, profile, WORKER_ASSERTIONS, &failure);
		return;
	}
	line = secret_new(0);
	if (line == NULL || agent_line(line, profile, username != NULL ? username : profile->username) < 0) {
		secret_free(&line);
		http_answer(client, 0, NULL);
		return;
	}
	request->job = (struct job){ .done = assertion_done, .context = client };
	request->state = REQUEST_ASSERTION;
	agent_workers_send(agent->workers, profile, WORKER_ASSERTIONS, secret_data(line), patience(profile),
			   &request->job);
	secret_free(&line);
}

void http_cancel(struct client *client)
{
	struct agent *agent = client->http->agent;
	struct request *request = &client->request;

	if (request->state == REQUEST_BEARER)
		cache_cancel(agent->cache, &request->ask);
	else if (request->state == REQUEST_ASSERTION)
		agent_workers_cancel(agent->workers, &request->job);
}
