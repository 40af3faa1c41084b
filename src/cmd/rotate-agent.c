/* SPDX-License-Identifier: Apache-2.0 */
/* The agent that serves the profile of a rotation. */
#include "cmd/agent-client.h"
#include "cmd/cmd-rotate.h"

#include "base/message.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The state of the profile, such as "ready": the agent shows those that the caller may use. NULL: it has none of that
 * name. Owned by `json`. */
static const char *state_of(const cJSON *json, const char *name)
{
	const cJSON *profile;

	cJSON_ArrayForEach(profile, cJSON_GetObjectItemCaseSensitive(json, "profiles")) {
		const char *other = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(profile, "name"));

		if (other != NULL && strcmp(other, name) == 0)
			return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(profile, "state"));
	}
	return NULL;
}

/* Asks for the state. *serves is false if no agent answers, or it does not serve the profile. */
static int ask(const struct oauth_agent *agent, const char *name, bool *serves, bool *locked, struct error *error)
{
	struct secret *answer = NULL;
	cJSON *json = NULL;
	int result = cmd_agent_status(agent, &answer, &json, error);
	const char *state = result == 0 ? state_of(json, name) : NULL;

	*serves = state != NULL;
	*locked = state != NULL && strcmp(state, "locked") == 0;
	cJSON_Delete(json);
	secret_free(&answer);
	return result;
}

/* The workers with the new keys have not got the PIN that a person has typed for the old ones. */
static int unlock(const struct oauth_agent *agent, const char *name, const struct secret *pin, struct error *error)
{
	struct secret *copy = secret_new(secret_length(pin));
	char listener[LISTENER_SIZE];
	int result = 0, fd;

	if (copy == NULL || secret_append(copy, secret_data(pin), secret_length(pin)) < 0)
		result = error_memory(error);
	fd = result == 0 ? agent_pins_connect(agent->socket, listener, error) : -1;
	if (result == 0)
		result = fd >= 0 ? agent_pins_send(fd, name, &copy, error) : fd;
	if (fd >= 0)
		close(fd);
	secret_free(&copy);
	return result;
}

/* Unlocks the profile if only the reload has locked it. */
static void end_lock(const struct oauth_agent *agent, const char *name, const struct secret *pin, bool was_locked)
{
	bool serves, locked;
	struct error why;

	if (ask(agent, name, &serves, &locked, &why) < 0 || !locked)
		return;
	if (was_locked || pin == NULL) {
		message_warn("the agent at %s has locked profile \"%s\": p11bearer agent unlock %s", agent->socket,
			     name, name);
		return;
	}
	if (unlock(agent, name, pin, &why) == 0)
		message_note("the agent has got the PIN again");
	else
		message_warn("the agent needs the PIN again, and did not get it: %s; type it with: p11bearer agent "
			     "unlock %s", why.text, name);
}

/* Its answer to a reload comes once it has the new configuration. */
static int reload(const struct oauth_agent *agent, const char *name, const struct secret *pin, bool was_locked,
		  struct error *error)
{
	struct secret *answer = NULL;
	int result = oauth_agent_ask(agent, "POST", "/v1/reload", &answer, error);

	secret_free(&answer);
	if (result < 0) {
		error_append(error, "; the agent at %s serves profile \"%s\", and must read what changes in it",
			     agent->socket, name);
		if (error->class == ERROR_CONFIG || error->hint[0] == '\0')
			error_hint(error, "rotate the key as root or as the agent's user; if the configuration has an "
				   "error, \"p11bearer agent reload\" shows it");
		return result;
	}
	message_note("the agent at %s has read its configuration", agent->socket);
	end_lock(agent, name, pin, was_locked);
	return 0;
}

/* One that does not answer may serve the profile. One that this user may not ask is not his. */
static bool is_absent(const struct error *error)
{
	switch (error->code) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
	case EACCES:
	case EPERM:
		return true;
	default:
		return false;
	}
}

static int reload_at(const char *socket, const char *name, const struct secret *pin, struct error *error)
{
	struct oauth_agent agent = { .profile = NULL };
	bool serves, locked;
	int result;

	if ((size_t)snprintf(agent.socket, sizeof(agent.socket), "%s", socket) >= sizeof(agent.socket))
		return 0; /* no agent can have it */
	result = ask(&agent, name, &serves, &locked, error);
	if (result == -ERROR_NETWORK && is_absent(error)) {
		message_step("no agent: %s", error->text);
		return 0;
	}
	if (result < 0) {
		error_append(error, "; if it serves profile \"%s\", it must read what changes in it", name);
		error_hint(error, "start this agent again, or end it, if it is broken");
		return result;
	}
	if (serves)
		return reload(&agent, name, pin, locked, error);
	if (geteuid() != 0)
		message_note("the agent at %s does not let this user see profile \"%s\"; if it serves it, rotate the "
			     "key as root or as the agent's user", socket, name);
	return 0;
}

int cmd_rotate_reload(const struct settings *settings, const struct secret *pin, struct error *error)
{
	const char *name = settings_text(settings, SETTING_PROFILE);
	const char *own = settings_text(settings, SETTING_SOCKET);
	const char *named = settings_text(settings, SETTING_AGENT);
	struct oauth_agent agent = { .profile = NULL };
	int result = 0;

	/* The agent that reads this configuration, and the one that clients with this profile ask. */
	if (own != NULL)
		result = reload_at(own, name, pin, error);
	if (result < 0)
		return result;
	if (named == NULL || named[0] != '/') {
		if (cmd_agent(settings, &agent, error) < 0)
			return error->class == ERROR_NETWORK ? 0 : error_result(error);
		named = agent.socket;
	}
	return own == NULL || strcmp(own, named) != 0 ? reload_at(named, name, pin, error) : 0;
}
