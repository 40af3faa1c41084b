/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/reload, /v1/lock and /v1/forget, for the agent's user and root. */
#include "agent/http-internal.h"

/* Records what the client wanted, and that it failed or was refused (`problem`; NULL: neither). If recording is
 * required and fails, answers so and returns false. */
static bool record(struct client *client, enum audit_event event, const struct agent_profile *profile,
		   const struct error *problem)
{
	struct failure failure = { .kind = FAILURE_WORKER };

	if (agent_record_action(client->http->agent, event, profile, client->request.query.username, &client->peer,
				problem, &failure.error) == 0)
		return true;
	http_answer_failure(client, &failure);
	return false;
}

static bool is_owner(struct client *client, enum audit_event event)
{
	struct failure failure;

	if (peer_is_owner(&client->peer))
		return true;
	failure_set(&failure, FAILURE_DENIED, ERROR_CONFIG, 0, "uid %lu is neither root nor the agent's user",
		    (unsigned long)client->peer.uid);
	error_hint(&failure.error, "do it as root or as the agent's user");
	if (record(client, event, NULL, &failure.error))
		http_answer_failure(client, &failure);
	return false;
}

/* The profile that the query names; NULL: it names none. If there is no such profile, answers so and returns false. */
static bool named_profile(struct client *client, const struct agent_profile **profile)
{
	const char *name = client->request.query.profile;
	struct failure failure;

	*profile = name != NULL ? agent_profile(client->http->agent, name) : NULL;
	if (name == NULL || *profile != NULL)
		return true;
	failure_set(&failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the agent has no profile \"%s\"", name);
	error_hint(&failure.error, "list the profiles: p11bearer agent status");
	http_answer_failure(client, &failure);
	return false;
}

static void answer_count(struct client *client, const char *name, size_t count)
{
	struct secret *body = secret_new(0);

	if (body != NULL && secret_printf(body, "{\"%s\":%zu}", name, count) < 0)
		secret_free(&body);
	http_answer_json(client, MHD_HTTP_OK, &body);
}

void http_reload(struct client *client)
{
	struct agent *agent = client->http->agent;
	struct failure failure = { .kind = FAILURE_WORKER };
	bool works;

	if (!is_owner(client, AUDIT_RELOAD))
		return;
	works = agent_reload(agent, &failure.error) == 0;
	if (!record(client, AUDIT_RELOAD, NULL, works ? NULL : &failure.error))
		return;
	if (works)
		answer_count(client, "profiles", agent->config->count);
	else
		http_answer_failure(client, &failure);
}

/* Locking and forgetting are done even if they cannot be recorded: they only take away. */
void http_lock(struct client *client)
{
	struct agent *agent = client->http->agent;
	const struct agent_profile *profile;

	if (!is_owner(client, AUDIT_LOCK) || !named_profile(client, &profile))
		return;
	agent_lock(agent, profile);
	if (record(client, AUDIT_LOCK, profile, NULL))
		answer_count(client, "locked", profile != NULL ? 1 : agent->config->count);
}

/* Requests that wait for a bearer get another one: without a failure, the cache exchanges again. */
void http_forget(struct client *client)
{
	const struct agent_profile *profile;
	size_t wiped;

	if (!is_owner(client, AUDIT_FORGET) || !named_profile(client, &profile))
		return;
	wiped = cache_forget(client->http->agent->cache, profile, client->request.query.username, NULL);
	if (record(client, AUDIT_FORGET, profile, NULL))
		answer_count(client, "wiped", wiped);
}
