/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer agent unlock: gives the agent's workers the PIN that a person types. */
#include "cmd/agent-client.h"

#include "base/message.h"
#include "process/prompt.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <unistd.h>

enum { PIN_MAX = 1024, PIN_SECONDS = 60 };

/* *needs: whether a person types the profile's PIN. */
static int find_profile(const struct oauth_agent *agent, bool *needs, struct error *error)
{
	struct secret *answer = NULL;
	const cJSON *found = NULL;
	cJSON *json = NULL;
	int result = cmd_agent_status(agent, &answer, &json, error);
	const cJSON *profiles = cJSON_GetObjectItemCaseSensitive(json, "profiles");

	for (const cJSON *profile = profiles != NULL ? profiles->child : NULL; profile != NULL;
	     profile = profile->next) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(profile, "name"));

		if (name != NULL && strcmp(name, agent->profile) == 0)
			found = profile;
	}
	*needs = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(found, "prompt"));
	cJSON_Delete(json);
	secret_free(&answer);
	if (result == 0 && found == NULL) {
		result = error_set(error, ERROR_USAGE, "the agent has no profile \"%s\" that you may use",
				   agent->profile);
		error_hint(error, "list the profiles with \"p11bearer agent status\"");
	}
	return result;
}

/* The PIN that files name is that of a key. */
static int read_pin(const struct settings *settings, const char *profile, const char *listener, struct secret **pin,
		    struct error *error)
{
	const char *from = settings_is_option(settings, SETTING_PIN_FROM) ? settings_text(settings, SETTING_PIN_FROM) :
			   "prompt";
	const struct source_kind kind = { "PIN", ERROR_PIN, PIN_MAX, PIN_SECONDS };
	struct prompt prompt = { NULL, "a PIN", "--pin-from" };
	struct source source;
	char subject[512];

	snprintf(subject, sizeof(subject), "profile \"%.400s\" for the agent of %s", profile, listener);
	prompt.subject = subject;
	if (prompt_parse(&source, "PIN", from, error) < 0) {
		settings_blame(settings, SETTING_PIN_FROM, error);
		return error_result(error);
	}
	*pin = secret_new(64);
	return *pin != NULL ? prompt_read(&source, &kind, &prompt, *pin, error) : error_memory(error);
}

static int send_pin(const struct oauth_agent *agent, const char *expected, struct secret **pin, struct error *error)
{
	char listener[LISTENER_SIZE];
	int fd = agent_pins_connect(agent->socket, listener, error), result;

	if (fd < 0)
		return fd;
	if (strcmp(listener, expected) != 0)
		result = error_set(error, ERROR_CONFIG, "the agent of %s was replaced by one of %s; nothing was sent",
				   expected, listener);
	else
		result = agent_pins_send(fd, agent->profile, pin, error);
	close(fd);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct secret *pin = NULL;
	char listener[LISTENER_SIZE];
	struct oauth_agent agent;
	bool needs = false;
	int result = cmd_agent_named(settings, &agent, error), fd;

	if (agent.profile == NULL)
		agent.profile = "default";
	if (result == 0)
		result = find_profile(&agent, &needs, error);
	if (result == 0) {
		/* Not kept: a person takes longer to type than the agent waits. */
		fd = agent_pins_connect(agent.socket, listener, error);
		result = fd >= 0 ? close(fd) : fd;
	}
	if (result == 0 && needs)
		result = read_pin(settings, agent.profile, listener, &pin, error);
	if (result == 0)
		result = send_pin(&agent, listener, &pin, error);
	if (result == 0)
		message_note("the agent has unlocked profile \"%s\"", agent.profile);
	secret_free(&pin);
	return result;
}

static const struct settings_usage usage = {
	.command = "agent unlock",
	.operands = "[PROFILE]",
	.operands_max = 1,
	.summary = "Gives the agent's workers the PIN of a profile.",
	.details = "The agent passes it on unread. Also ends a lock. For root and the agent's user.\n"
		   "PROFILE is \"default\" if neither it nor --profile is given.",
	.example = "p11bearer agent unlock production",
	.own = { SETTING_AGENT, SETTING_PIN_FROM },
};
const struct command command_agent_unlock = { &usage, run, NULL };
