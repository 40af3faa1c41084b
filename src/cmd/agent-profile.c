/* SPDX-License-Identifier: Apache-2.0 */
/* One profile for the agent. */
#include "cmd/cmd-agent.h"

#include "base/message.h"
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	MODULE_WAIT = 30,  /* seconds; default of batches, as in batch.c */
	PATTERN_MAX = 255, /* bytes */
	NAME_SIZE = 128,   /* bytes of a name in a row's list of required settings */
};

static int copy(char **to, const char *text, struct error *error)
{
	*to = text != NULL ? strdup(text) : NULL;
	return text == NULL || *to != NULL ? 0 : error_memory(error);
}

/* Whether the files set what a server's row requires: a setting, or "SETTING.PAIR". */
static bool is_set(const struct settings *settings, const char *name)
{
	char setting[NAME_SIZE];
	size_t length = strcspn(name, ".");
	enum setting_id id;

	snprintf(setting, sizeof(setting), "%.*s", (int)length, name);
	id = settings_find(setting);
	for (size_t i = 0; i < settings_pairs(settings, id) && name[length] == '.'; i++) {
		if (strcmp(settings_pair(settings, id, i).name, name + length + 1) == 0)
			return true;
	}
	return name[length] == '\0' && settings_text(settings, id) != NULL;
}

/* What the profile lacks to serve anybody, or "". */
static void find_missing(const struct settings *settings, const struct server *row, char lacks[NAME_SIZE])
{
	const char *names = row->required != NULL ? row->required : "";
	bool user = settings_text(settings, SETTING_ALLOW_USERNAME) != NULL;
	bool url = settings_text(settings, SETTING_TOKEN_URL) != NULL;

	snprintf(lacks, NAME_SIZE, "%s", settings_text(settings, SETTING_KEY) == NULL ? "key" : "");
	while (*names != '\0' && lacks[0] == '\0') {
		size_t length = strcspn(names, " ");

		snprintf(lacks, NAME_SIZE, "%.*s", (int)length, names);
		if (is_set(settings, lacks) || (user && strcmp(lacks, "username") == 0) ||
		    (url && strcmp(lacks, "instance-url") == 0))
			lacks[0] = '\0';
		names += length + (names[length] == ' ');
	}
}

/* The same for an org. */
static const char *missing_for_org(const struct settings *settings)
{
	bool audience = settings_text(settings, SETTING_AUDIENCE) != NULL;

	if (settings_text(settings, SETTING_KEY) == NULL)
		return "key";
	if (settings_text(settings, SETTING_CLIENT_ID) == NULL)
		return "client-id";
	if (settings_text(settings, SETTING_INSTANCE_URL) == NULL &&
	    !(audience && (settings_text(settings, SETTING_TOKEN_URL) != NULL ||
			   settings_text(settings, SETTING_ALLOW_ASSERTION) != NULL)))
		return "instance-url";
	if (settings_text(settings, SETTING_USERNAME) == NULL &&
	    settings_text(settings, SETTING_ALLOW_USERNAME) == NULL)
		return "username";
	return NULL;
}

/* Whether the profile has all it needs. Fails if not, although its own section has keys of the agent: then it is meant
 * to be served. */
static int check_complete(const struct settings *settings, const struct server *row, const char *name, bool *served,
			  struct error *error)
{
	char other[NAME_SIZE] = "";
	const char *lacks;

	if (!row->is_org)
		find_missing(settings, row, other);
	lacks = row->is_org ? missing_for_org(settings) : other[0] != '\0' ? other : NULL;
	*served = lacks == NULL;
	for (int id = SETTING_ALLOW; id <= SETTING_SINK_OWNER && lacks != NULL; id++) {
		if (!settings_is_of_profile(settings, (enum setting_id)id))
			continue;
		error_set(error, ERROR_CONFIG, "%s, but the profile has no %s",
			  settings_origin(settings, (enum setting_id)id), lacks);
		error_hint(error, "set %s in section [%s] or in [default]", lacks, name);
		return -ERROR_CONFIG;
	}
	if (lacks != NULL)
		message_step("profile %s is not served: it has no %s", name, lacks);
	return 0;
}

/* The attributes of a URI's path that tell users which key it is; no others, because a PIN may be in the wrong
 * place. */
static char *shown_key(const char *uri)
{
	static const char *const names[] = {
		"token=", "manufacturer=", "model=", "serial=", "object=", "id=", "type=",
	};
	char *shown = malloc(strlen(uri) + 1), *to = shown;

	if (shown == NULL)
		return NULL;
	to = stpcpy(to, "pkcs11:");
	uri += strcspn(uri, ":");
	while (*uri == ':' || *uri == ';') {
		size_t length = strcspn(++uri, ";?"), i = 0;

		while (i < sizeof(names) / sizeof(names[0]) && strncmp(uri, names[i], strlen(names[i])) != 0)
			i++;
		if (i < sizeof(names) / sizeof(names[0])) {
			to += to[-1] != ':' ? (*to = ';', 1) : 0;
			to = mempcpy(to, uri, length);
		}
		uri += length;
	}
	*to = '\0';
	return shown;
}

/* The agent's patterns are short: see agent/access.c. */
static int check_patterns(const struct settings *settings, struct error *error)
{
	const char *text = settings_text(settings, SETTING_ALLOW_USERNAME);

	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, " \t");

		if (length > PATTERN_MAX) {
			error_set(error, ERROR_CONFIG, "a pattern has more than %d bytes", PATTERN_MAX);
			settings_blame(settings, SETTING_ALLOW_USERNAME, error);
			return error_result(error);
		}
		text += length + strspn(text + length, " \t");
	}
	return 0;
}

/* What a worker would refuse only when it starts, so that the old one would already be gone. */
static int check_keys(const struct settings *settings, struct error *error)
{
	static const enum setting_id keys[] = { SETTING_KEY, SETTING_NEXT_KEY };
	static const char scheme[] = "pkcs11:";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *uri = settings_text(settings, keys[i]);

		if (uri == NULL || strncasecmp(uri, scheme, strlen(scheme)) == 0)
			continue;
		error_set(error, ERROR_CONFIG, "not a PKCS#11 URI: it does not begin with \"%s\"", scheme);
		error_hint(error, "\"p11bearer keys\" prints the URIs of all keys");
		settings_blame(settings, keys[i], error);
		return error_result(error);
	}
	if (settings_text(settings, SETTING_NEXT_CERTIFICATE) == NULL ||
	    settings_text(settings, SETTING_NEXT_KEY) != NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "a next certificate requires its key");
	error_hint(error, "set next-key, or remove next-certificate");
	settings_blame(settings, SETTING_NEXT_CERTIFICATE, error);
	return error_result(error);
}

/* Likewise. The file itself is read by the worker. */
static int check_roots(const struct settings *settings, struct error *error)
{
	if (!settings_flag(settings, SETTING_REQUIRE_ATTESTED) ||
	    settings_text(settings, SETTING_ATTESTATION_ROOTS) != NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "attested keys are required, but no certificates are set that prove it");
	error_hint(error, "name the file with the vendor's certificates as attestation-roots");
	settings_blame(settings, SETTING_REQUIRE_ATTESTED, error);
	return error_result(error);
}

/* The URL that logins go to. */
static const char *server_url(const struct settings *settings, const struct server *server)
{
	static const enum setting_id urls[] = { SETTING_TOKEN_URL, SETTING_INSTANCE_URL };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		if (settings_text(settings, urls[i]) != NULL)
			return settings_text(settings, urls[i]);
	}
	if (server->is_org)
		return settings_text(settings, SETTING_AUDIENCE); /* for assertions only */
	return server->token_url != NULL ? server->token_url : server->name;
}

/* The user's name. A server that knows no users needs none, but bearers need a name. */
static const char *user_name(const struct settings *settings, const struct agent_profile *profile,
			     const struct server *server)
{
	const char *name = settings_text(settings, SETTING_USERNAME), *id = settings_text(settings, SETTING_CLIENT_ID);

	if (!profile->fixed || (name != NULL && name[0] != '@' && strcmp(name, "none") != 0))
		return name;
	if (name == NULL && server_requires(server, "username"))
		return NULL;
	return id != NULL && id[0] != '@' ? id : server->name;
}

static int take_texts(const struct settings *settings, const struct server *server, const char *name,
		      struct agent_profile *profile, struct error *error)
{
	const char *next = settings_text(settings, SETTING_NEXT_KEY);

	profile->key = shown_key(settings_text(settings, SETTING_KEY));
	profile->next_key = next != NULL ? shown_key(next) : NULL;
	if (profile->key == NULL || (next != NULL && profile->next_key == NULL))
		return error_memory(error);
	if (copy(&profile->name, name, error) < 0 ||
	    copy(&profile->certificate, settings_text(settings, SETTING_CERTIFICATE), error) < 0 ||
	    copy(&profile->next_certificate, settings_text(settings, SETTING_NEXT_CERTIFICATE), error) < 0 ||
	    copy(&profile->allow, settings_text(settings, SETTING_ALLOW), error) < 0 ||
	    copy(&profile->allow_assertion, settings_text(settings, SETTING_ALLOW_ASSERTION), error) < 0 ||
	    copy(&profile->server, server_url(settings, server), error) < 0 ||
	    copy(&profile->username, user_name(settings, profile, server), error) < 0 ||
	    copy(&profile->usernames, settings_text(settings, SETTING_ALLOW_USERNAME), error) < 0)
		return error_result(error);
	return 0;
}

/* Takes what depends on the server, which is not filled in before all that fills it in is known to be set. */
static int take_server(const struct settings *settings, const char *name, struct agent_profile *profile,
		       struct error *error)
{
	struct server *server;
	int result = cmd_server(settings, &server, error);

	if (result < 0)
		return result;
	profile->fixed = !server->is_org || cmd_agent_computes(settings);
	result = take_texts(settings, server, name, profile, error);
	server_free(&server);
	return result;
}

int cmd_agent_profile(const struct settings *settings, const char *name, struct agent_profile *profile, bool *served,
		      struct error *error)
{
	struct server row;

	*profile = (struct agent_profile){
		.settings = -1,
		.jti = settings_flag(settings, SETTING_JTI),
		.module_timeout = settings_number(settings, SETTING_MODULE_TIMEOUT),
		.module_wait = settings_text(settings, SETTING_MODULE_WAIT) != NULL ?
			       settings_number(settings, SETTING_MODULE_WAIT) : MODULE_WAIT,
		.timeout = settings_number(settings, SETTING_TIMEOUT),
		.retries = settings_number(settings, SETTING_RETRIES),
		.bearer_seconds = 60 * settings_number(settings, SETTING_BEARER_MINUTES),
		.logins_per_hour = settings_number(settings, SETTING_LOGINS_PER_HOUR),
		.audit_required = settings_flag(settings, SETTING_AUDIT_REQUIRED),
	};
	if (cmd_choose(settings, &row, error) < 0 || check_complete(settings, &row, name, served, error) < 0)
		return error_result(error);
	if (!*served)
		return 0;
	if (check_patterns(settings, error) < 0 || check_keys(settings, error) < 0 ||
	    check_roots(settings, error) < 0 ||
	    take_server(settings, name, profile, error) < 0 ||
	    cmd_agent_pin(settings, &profile->prompt, error) < 0 || cmd_agent_shape(settings, profile, error) < 0)
		return error_result(error);
	return cmd_agent_sink(settings, profile, error);
}

void cmd_agent_profile_clear(struct agent_profile *profile)
{
	free(profile->name);
	free(profile->key);
	free(profile->next_key);
	free(profile->certificate);
	free(profile->next_certificate);
	free(profile->allow);
	free(profile->allow_assertion);
	free(profile->username);
	free(profile->usernames);
	free(profile->server);
	free(profile->shape);
	free(profile->claims);
	free(profile->worker);
	free(profile->fingerprint);
	free(profile->sink);
	if (profile->settings >= 0)
		close(profile->settings);
	*profile = (struct agent_profile){ .settings = -1 };
}
