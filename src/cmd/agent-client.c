/* SPDX-License-Identifier: Apache-2.0 */
/* The setting "agent", for the commands that take a bearer from the agent, and for those about it. */
#include "cmd/cmd.h"

#include "process/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_SOCKET "/run/p11bearer/agent.sock"

/* Whether somebody may listen there; if a folder cannot be searched, connect(2) says so. */
static bool may_exist(const char *path)
{
	return access(path, F_OK) == 0 || errno == EACCES;
}

/* The usual places: the user's agent, then the system's. */
static int find_socket(char *path, size_t size, struct error *error)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	*path = '\0';
	if (folder != NULL && folder[0] == '/') /* the XDG specification says to ignore a relative path */
		snprintf(path, size, "%s/p11bearer/agent.sock", folder);
	if (*path != '\0' && may_exist(path))
		return 0;
	if (may_exist(SYSTEM_SOCKET)) {
		snprintf(path, size, "%s", SYSTEM_SOCKET);
		return 0;
	}
	error_set(error, ERROR_NETWORK, "there is no agent: %s%s%s", *path != '\0' ? "neither " : "", path,
		  *path != '\0' ? " nor " SYSTEM_SOCKET " exists" : SYSTEM_SOCKET " does not exist");
	error_hint(error, "start the agent (see p11bearer-agent(8)), or name its socket with --agent");
	return -ERROR_NETWORK;
}

int cmd_agent(const struct settings *settings, struct oauth_agent *agent, struct error *error)
{
	const char *path = settings_text(settings, SETTING_AGENT);

	*agent = (struct oauth_agent){
		.profile = settings_text(settings, SETTING_PROFILE),
		.username = settings_text(settings, SETTING_USERNAME),
	};
	if (strcmp(path, "no") == 0 && settings_is_option(settings, SETTING_AGENT))
		return error_set(error, ERROR_USAGE, "option --agent: \"%s\" needs an agent",
				 settings_command(settings));
	if (path[0] != '/')
		return find_socket(agent->socket, sizeof(agent->socket), error);
	if ((size_t)snprintf(agent->socket, sizeof(agent->socket), "%s", path) < sizeof(agent->socket))
		return 0;
	error_set(error, ERROR_CONFIG, "the path of a socket has at most %zu bytes", sizeof(agent->socket) - 1);
	settings_blame(settings, SETTING_AGENT, error);
	return error_result(error);
}

/* The agent has made the bearer with its own settings, so these would have no effect. */
static int refuse_others(const struct settings *settings, struct error *error)
{
	static const enum setting_id others[] = {
		SETTING_KEY, SETTING_ALG, SETTING_MODULE, SETTING_PIN_FROM, SETTING_ALLOW_FINAL_TRY,
		SETTING_MODULE_TIMEOUT, SETTING_MODULE_WAIT, SETTING_REQUIRE_HARDWARE, SETTING_REQUIRE_NONEXTRACTABLE,
		SETTING_REQUIRE_ATTESTED, SETTING_ATTESTATION_ROOTS,
		SETTING_CLIENT_ID, SETTING_INSTANCE_URL, SETTING_AUDIENCE, SETTING_LIFETIME, SETTING_JTI, SETTING_IAT,
		SETTING_NBF, SETTING_CLAIM, SETTING_HEADER, SETTING_GRANT, SETTING_FORM, SETTING_CERTIFICATE,
		SETTING_NEXT_KEY, SETTING_NEXT_CERTIFICATE, SETTING_TOKEN_URL,
		SETTING_TLS_CERTIFICATE, SETTING_TLS_KEY,
		SETTING_RATE_WAIT, SETTING_AUDIT, SETTING_AUDIT_REQUIRED, SETTING_BATCH, SETTING_REVOKE,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		enum setting_id id = others[i];

		if (!settings_is_option(settings, id))
			continue;
		error_set(error, ERROR_USAGE, "--%s cannot be combined with --agent%s", settings_name(id),
			  id == SETTING_REVOKE ? ": other programs use the agent's bearers too" :
			  id == SETTING_TLS_CERTIFICATE ? ": its key is on the token, which only the agent uses" : "");
		if (settings_is_option(settings, SETTING_AGENT))
			error_hint(error, "omit --agent to use the key");
		else
			error_hint(error, "to use the key, give --agent no; the agent comes from: %s",
				   settings_origin(settings, SETTING_AGENT));
		return -ERROR_USAGE;
	}
	return 0;
}

int cmd_agent_request(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	const char *pin_from = settings_text(settings, SETTING_PIN_FROM);
	struct error ignored;

	if (refuse_others(settings, error) < 0 || cmd_agent(settings, &request->agent, error) < 0)
		return error_result(error);
	request->retries = settings_number(settings, SETTING_RETRIES);
	/* It is not read, but "exec" hides it from the command. */
	if (pin_from != NULL)
		(void)prompt_parse(&request->key.pin_from, "PIN", pin_from, &ignored);
	/* Whether the org is reached by a proxy is not known yet. */
	return cmd_http_options(settings, request->server, "http://localhost", &request->http, error);
}
