/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration: all profiles in the files. */
#include "cmd/cmd-agent.h"

#include "agent/ids.h"
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Profiles with the same settings share an audit. */
struct opened {
	struct audit *audit;
	char *target;
	bool required;
};

/* What cmd_agent_load makes: the configuration comes first. */
struct loaded {
	struct agent_config config;
	struct opened *audits; /* room for one per profile */
	size_t audit_count;
};

/* The sections of the files, as the agent's options cannot choose them. */
static const struct settings_usage usage = {
	.command = "agent",
	.operands = "",
	.summary = "",
	.example = "",
	.own = { SETTING_NONE },
};

/* Reads the files for a profile, or, without a name (NULL), for none. */
static int load(struct settings **settings, const char *file, const char *name, struct error *error)
{
	char *argv[6] = { (char *)"agent" };
	int argc = 1;

	if (file != NULL) {
		argv[argc++] = (char *)"--config";
		argv[argc++] = (char *)file;
	}
	if (name != NULL) {
		argv[argc++] = (char *)"--profile";
		argv[argc++] = (char *)name;
	}
	return settings_load(settings, &usage, argc, argv, error);
}

/* The usual place of the socket; NULL if memory is out. */
static char *default_socket(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	bool personal = geteuid() != 0 && folder != NULL && folder[0] == '/';
	char *path;

	return asprintf(&path, "%s/p11bearer/agent.sock", personal ? folder : "/run") >= 0 ? path : NULL;
}

static int take_common(const struct settings *settings, struct agent_config *config, struct error *error)
{
	const char *path = settings_text(settings, SETTING_SOCKET);
	const char *group = settings_text(settings, SETTING_SOCKET_GROUP);
	const char *metrics = settings_text(settings, SETTING_ALLOW_METRICS);
	gid_t gid = (gid_t)-1;

	config->socket = path != NULL ? strdup(path) : default_socket();
	config->allow_metrics = metrics != NULL ? strdup(metrics) : NULL;
	if (config->socket == NULL || (metrics != NULL && config->allow_metrics == NULL))
		return error_memory(error);
	config->socket_mode = (mode_t)settings_number(settings, SETTING_SOCKET_MODE);
	config->connections = settings_number(settings, SETTING_CONNECTIONS);
	if (group != NULL && ids_group(group, &gid, error) < 0) {
		settings_blame(settings, SETTING_SOCKET_GROUP, error);
		return error_result(error);
	}
	config->socket_group = gid;
	return 0;
}

/* Opens the profile's audit, or shares one. */
static int take_audit(const struct settings *settings, struct loaded *loaded, struct agent_profile *profile,
		      struct error *error)
{
	const char *target = settings_text(settings, SETTING_AUDIT);
	struct opened *next = &loaded->audits[loaded->audit_count];

	if (profile->audit_required && strcmp(target, "off") == 0) {
		error_set(error, ERROR_CONFIG, "an audit is required, but it is off");
		error_hint(error, "choose a target with audit");
		settings_blame(settings, SETTING_AUDIT_REQUIRED, error);
		return error_result(error);
	}
	for (size_t i = 0; i < loaded->audit_count; i++) {
		const struct opened *opened = &loaded->audits[i];

		if (strcmp(opened->target, target) == 0 && opened->required == profile->audit_required) {
			profile->audit = opened->audit;
			return 0;
		}
	}
	*next = (struct opened){ .target = strdup(target), .required = profile->audit_required };
	if (next->target == NULL)
		return error_memory(error);
	loaded->audit_count++;
	if (audit_open(&next->audit, &(struct audit_options){ next->target, next->required }, error) < 0) {
		settings_blame(settings, SETTING_AUDIT, error);
		return error_result(error);
	}
	profile->audit = next->audit;
	return 0;
}

static int check_sinks(const struct agent_config *config, const struct agent_profile *profile, struct error *error)
{
	for (size_t i = 0; i < config->count && profile->sink != NULL; i++) {
		const struct agent_profile *other = &config->profiles[i];

		if (other->sink != NULL && strcmp(other->sink, profile->sink) == 0)
			return error_set(error, ERROR_CONFIG, "the profiles %s and %s have the same sink, %s",
					 other->name, profile->name, profile->sink);
	}
	return 0;
}

/* Adds the profile to the configuration, if it is one to serve. `name` NULL: "default". */
static int take_profile(struct loaded *loaded, const char *file, const char *name, struct error *error)
{
	struct agent_config *config = &loaded->config;
	struct agent_profile profile = { .settings = -1 };
	struct settings *settings;
	bool served = false;
	int result = load(&settings, file, name, error);

	if (result == 0)
		result = cmd_agent_profile(settings, name != NULL ? name : "default", &profile, &served, error);
	if (result == 0 && served)
		result = take_audit(settings, loaded, &profile, error);
	if (result == 0 && served)
		result = check_sinks(config, &profile, error);
	if (result == 0 && served)
		config->profiles[config->count++] = profile;
	else
		cmd_agent_profile_clear(&profile);
	settings_free(&settings);
	return result;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Takes "default", and the profiles in alphabetical order. `common` has the names. */
static int take_profiles(struct loaded *loaded, const char *file, const struct settings *common, struct error *error)
{
	size_t count = 0;
	const char **names;
	int result;

	while (settings_profile(common, count) != NULL)
		count++;
	names = calloc(count + 1, sizeof(*names));
	loaded->config.profiles = calloc(count + 1, sizeof(*loaded->config.profiles));
	loaded->audits = calloc(count + 1, sizeof(*loaded->audits));
	if (names == NULL || loaded->config.profiles == NULL || loaded->audits == NULL) {
		free(names);
		return error_memory(error);
	}
	for (size_t i = 0; i < count; i++)
		names[i] = settings_profile(common, i);
	qsort(names, count, sizeof(*names), compare);
	result = take_profile(loaded, file, NULL, error);
	for (size_t i = 0; i < count && result == 0; i++)
		result = take_profile(loaded, file, names[i], error);
	free(names);
	return result;
}

int cmd_agent_load(void *context, struct agent_config **config, struct error *error)
{
	const char *file = context;
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	struct settings *common = NULL;
	int result;

	*config = (struct agent_config *)loaded;
	if (loaded == NULL)
		return error_memory(error);
	result = load(&common, file, NULL, error);
	if (result == 0)
		result = take_common(common, &loaded->config, error);
	if (result == 0)
		result = take_profiles(loaded, file, common, error);
	settings_free(&common);
	if (result == 0 && loaded->config.count == 0) {
		result = error_set(error, ERROR_CONFIG, "the configuration files have no profile that can be served");
		error_hint(error, "set key, client-id, instance-url and username, in a profile or in [default]; "
				  "--verbose tells what a profile lacks");
	}
	if (result < 0)
		cmd_agent_free(config);
	return result;
}

void cmd_agent_free(struct agent_config **config)
{
	struct loaded *loaded = (struct loaded *)*config;

	*config = NULL;
	if (loaded == NULL)
		return;
	for (size_t i = 0; i < loaded->config.count; i++)
		cmd_agent_profile_clear(&loaded->config.profiles[i]);
	for (size_t i = 0; i < loaded->audit_count; i++) {
		audit_close(&loaded->audits[i].audit);
		free(loaded->audits[i].target);
	}
	free(loaded->config.profiles);
	free(loaded->config.socket);
	free(loaded->config.allow_metrics);
	free(loaded->audits);
	free(loaded);
}
