/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/core.h"

#include "base/message.h"

/* Whether an earlier profile has the same audit: profiles share them. */
static bool is_repeated(const struct agent_config *config, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (config->profiles[i].audit == config->profiles[index].audit)
			return true;
	}
	return false;
}

/* Writes to the profile's audit, or to each one of the configuration if the record concerns no single profile. Fails
 * with ERROR_UNEXPECTED: neither the request is to blame, nor its profile. */
static int write_record(const struct agent *agent, const struct agent_profile *profile,
			const struct audit_record *record, struct error *error)
{
	const struct agent_config *config = agent->config;
	int result = 0;

	if (profile != NULL)
		result = audit_write(profile->audit, record, error);
	for (size_t i = 0; i < config->count && profile == NULL; i++) {
		if (!is_repeated(config, i) && audit_write(config->profiles[i].audit, record, error) < 0)
			result = -1;
	}
	if (result == 0)
		return 0;
	error->class = ERROR_UNEXPECTED;
	return error_result(error);
}

int agent_record(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
		 const char *username, struct peer *peer, const char *jti, const struct failure *refusal,
		 struct failure *failure)
{
	const bool is_bearer = kind == WORKER_BEARERS;
	const bool is_off = profile != NULL && profile->audit == NULL;
	const struct audit_peer audit_peer = { peer->uid, peer->pid, is_off ? "" : peer_unit(peer) };
	const struct audit_record record = {
		.event = refusal != NULL ? AUDIT_REFUSAL : is_bearer ? AUDIT_BEARER : AUDIT_ASSERTION,
		.command = "agent",
		.profile = profile != NULL ? profile->name : NULL,
		.request = refusal == NULL ? NULL : is_bearer ? "bearer" : "assertion",
		.peer = &audit_peer,
		.sub = username != NULL ? username : profile != NULL ? profile->username : NULL,
		.jti = jti != NULL && jti[0] != '\0' ? jti : NULL,
		.failure = refusal != NULL ? &refusal->error : NULL,
		.milliseconds = -1,
	};
	static bool told; /* the operator, until it works again */
	struct error error;

	if (is_off)
		return 0;
	if (write_record(agent, profile, &record, &error) == 0) {
		told = false;
		return 0;
	}
	if (!told)
		message_error(&error);
	told = true;
	*failure = (struct failure){ .error = error, .kind = FAILURE_WORKER };
	return -1;
}

int agent_record_action(const struct agent *agent, enum audit_event event, const struct agent_profile *profile,
			const char *username, struct peer *peer, const struct error *problem, struct error *error)
{
	const struct audit_peer audit_peer = {
		peer != NULL ? peer->uid : 0, peer != NULL ? peer->pid : 0, peer != NULL ? peer_unit(peer) : "",
	};
	const struct audit_record record = {
		.event = event,
		.command = "agent",
		.profile = profile != NULL ? profile->name : NULL,
		.peer = peer != NULL ? &audit_peer : NULL,
		.sub = username,
		.failure = problem,
		.milliseconds = -1,
	};

	return write_record(agent, profile, &record, error);
}
