/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/status */
#include "agent/http-internal.h"

#include "agent/http-certificate.h"

#include <cjson/cJSON.h>
#include <time.h>

/* Strings of ours and of the configuration, which is UTF-8. NULL or "" becomes null. */
static bool add_text(cJSON *object, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return cJSON_AddNullToObject(object, name) != NULL;
	return cJSON_AddStringToObject(object, name, text) != NULL;
}

/* 0 becomes null. */
static bool add_time(cJSON *object, const char *name, long long seconds)
{
	if (seconds == 0)
		return cJSON_AddNullToObject(object, name) != NULL;
	return cJSON_AddNumberToObject(object, name, (double)seconds) != NULL;
}

/* null if there is no certificate. */
static bool add_days(cJSON *object, const char *name, const char *path)
{
	long long expiry = certificate_expiry(path);

	if (expiry == 0)
		return cJSON_AddNullToObject(object, name) != NULL;
	return cJSON_AddNumberToObject(object, name, (double)certificate_days(expiry, time(NULL))) != NULL;
}

static bool may(struct client *client, const struct agent_profile *profile, enum worker_kind kind)
{
	struct failure failure;

	/* A profile without a username is no less allowed. */
	return agent_allows(client->http->agent, profile, kind, NULL, &client->peer, &failure) ||
	       failure.kind != FAILURE_DENIED;
}

static bool fill_profile(cJSON *object, struct client *client, const struct agent_profile *profile)
{
	const struct agent *agent = client->http->agent;
	struct cache_status status = { 0 };
	const char *reason;

	cache_status(agent->cache, profile, &status);
	reason = status.reason[0] != '\0' ? status.reason : agent_workers_reason(agent->workers, profile);
	return add_text(object, "name", profile->name) && add_text(object, "key", profile->key) &&
	       add_days(object, "certificate_days", profile->certificate) &&
	       add_time(object, "certificate_not_after", certificate_expiry(profile->certificate)) &&
	       add_text(object, "next_key", profile->next_key) &&
	       add_days(object, "next_certificate_days", profile->next_certificate) &&
	       cJSON_AddBoolToObject(object, "prompt", profile->prompt) != NULL &&
	       cJSON_AddBoolToObject(object, "may_have_bearers",
				     may(client, profile, WORKER_BEARERS)) != NULL &&
	       add_text(object, "state", worker_state_name(agent_workers_state(agent->workers, profile))) &&
	       cJSON_AddNumberToObject(object, "bearers", (double)status.bearers) != NULL &&
	       add_time(object, "expires_at", status.expires_at) &&
	       add_time(object, "renewed_at", status.renewed_at) && add_text(object, "requester", status.requester) &&
	       add_text(object, "reason", reason);
}

static bool may_see(struct client *client, const struct agent_profile *profile)
{
	return peer_is_owner(&client->peer) || may(client, profile, WORKER_BEARERS) ||
	       may(client, profile, WORKER_ASSERTIONS);
}

static bool fill(cJSON *object, struct client *client)
{
	const struct agent *agent = client->http->agent;
	cJSON *profiles;

	if (!add_text(object, "version", P11BEARER_VERSION) ||
	    cJSON_AddNumberToObject(object, "uptime", (double)(time(NULL) - agent->started)) == NULL)
		return false;
	profiles = cJSON_AddArrayToObject(object, "profiles");
	for (size_t i = 0; i < agent->config->count && profiles != NULL; i++) {
		const struct agent_profile *profile = &agent->config->profiles[i];
		cJSON *one;

		if (!may_see(client, profile))
			continue;
		one = cJSON_CreateObject();
		if (one == NULL || !cJSON_AddItemToArray(profiles, one) || !fill_profile(one, client, profile))
			return false;
	}
	return profiles != NULL;
}

void http_status(struct client *client)
{
	cJSON *object = cJSON_CreateObject();
	struct secret *body = object != NULL && fill(object, client) ? http_json(object) : NULL;

	cJSON_Delete(object);
	http_answer_json(client, MHD_HTTP_OK, &body);
}
