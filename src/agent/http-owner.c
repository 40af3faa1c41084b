/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/reload, /v1/lock and /v1/forget, for the agent's user and root. */
#include "agent/http-internal.h"

static bool is_owner(struct client *client)
{
	struct failure failure;

	if (peer_is_owner(&client->peer))
		return true;
	failure_set(&failure, FAILURE_DENIED, ERROR_CONFIG, 0, "uid %lu is neither root nor the agent's user",
		    (unsigned long)client->peer.uid);
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
	struct failure failure;

	if (!is_owner(client))
		return;
	failure_set(&failure, FAILURE_WORKER, ERROR_NONE, 0, "%s", "");
	if (agent_reload(agent, &failure.error) == 0)
		answer_count(client, "profiles", agent->config->count);
	else
		http_answer_failure(client, &failure);
}

void http_lock(struct client *client)
{
	struct agent *agent = client->http->agent;
	const struct agent_profile *profile;

	if (!is_owner(client) || !named_profile(client, &profile))
		return;
	agent_lock(agent, profile);
	answer_count(client, "locked", profile != NULL ? 1 : agent->config->count);
}

void http_forget(struct client *client)
{
	const struct agent_profile *profile;

	/* Requests that wait for a bearer get another one: without a failure, the cache exchanges again. */
	if (is_owner(client) && named_profile(client, &profile))
		answer_count(client, "wiped",
			     cache_forget(client->http->agent->cache, profile, client->request.query.username, NULL));
}
