/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration: read, and replaced while the agent runs. */
#include "agent/reload.h"

#include "agent/systemd.h"
#include "base/clock.h"
#include "base/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What agent_load makes. */
struct parsed {
	struct agent_config *config;
	struct access *access;
	struct rules *metrics;
};

static void parsed_free(struct parsed *parsed)
{
	size_t count = parsed->config != NULL ? parsed->config->count : 0;

	for (size_t i = 0; i < count && parsed->access != NULL; i++) {
		rules_free(&parsed->access[i].bearer);
		rules_free(&parsed->access[i].assertion);
	}
	free(parsed->access);
	rules_free(&parsed->metrics);
	*parsed = (struct parsed){ .config = parsed->config };
}

/* Puts the rules' place in front of what is wrong with them. */
static int parse_rules(struct rules **rules, const char *profile, const char *key, const char *text,
		       struct error *error)
{
	struct error fault = { .class = ERROR_NONE };

	if (rules_parse(rules, text, &fault) == 0)
		return 0;
	error_set(error, fault.class, "profile %s, key %s: %s", profile, key, fault.text);
	if (fault.hint[0] != '\0')
		error_hint(error, "%s", fault.hint);
	return error_result(error);
}

static int parse(struct parsed *parsed, struct error *error)
{
	const struct agent_config *config = parsed->config;

	parsed->access = calloc(config->count + 1, sizeof(*parsed->access));
	if (parsed->access == NULL)
		return error_memory(error);
	for (size_t i = 0; i < config->count; i++) {
		const struct agent_profile *profile = &config->profiles[i];
		struct access *access = &parsed->access[i];

		if (parse_rules(&access->bearer, profile->name, "allow", profile->allow, error) < 0 ||
		    parse_rules(&access->assertion, profile->name, "allow-assertion", profile->allow_assertion,
				error) < 0)
			return error_result(error);
	}
	return parse_rules(&parsed->metrics, "default", "allow-metrics", config->allow_metrics, error);
}

static void put(struct agent *agent, const struct parsed *parsed)
{
	agent->config = parsed->config;
	agent->access = parsed->access;
	agent->metrics = parsed->metrics;
}

int agent_load(struct agent *agent, struct error *error)
{
	const struct agent_setup *setup = agent->setup;
	struct parsed parsed = { .config = NULL };
	int result = setup->load(setup->context, &parsed.config, error);

	if (result == 0)
		result = parse(&parsed, error);
	if (result == 0) {
		put(agent, &parsed);
		return 0;
	}
	parsed_free(&parsed);
	setup->free_config(&parsed.config);
	return result;
}

int agent_apply(struct agent *agent, struct error *error)
{
	int result = agent_workers_configure(agent->workers, agent->config, error);

	if (result < 0)
		return result;
	sink_configure(agent);
	result = cache_configure(agent->cache, agent->config, error);
	if (result < 0)
		return result;
	/* What waited for the old workers waits for the new ones now. */
	agent_workers_retire(agent->workers);
	return 0;
}

void agent_unload(struct agent *agent)
{
	struct parsed parsed = { agent->config, agent->access, agent->metrics };

	parsed_free(&parsed);
	agent->setup->free_config(&parsed.config);
	put(agent, &(struct parsed){ .config = NULL });
}

static void warn_of_socket(const struct agent_config *old, const struct agent_config *new)
{
	if (strcmp(old->socket, new->socket) != 0 || old->socket_mode != new->socket_mode ||
	    old->socket_group != new->socket_group)
		message_warn("the socket's path, mode or group has changed, which takes effect when the agent starts "
			     "again");
}

/* Loads the new configuration, and takes it; or else keeps the old one. */
static int replace(struct agent *agent, struct error *error)
{
	const struct parsed old = { agent->config, agent->access, agent->metrics };
	struct error ignored;
	struct parsed unused;
	int result = agent_load(agent, error);

	if (result < 0)
		return result;
	unused = old;
	result = agent_apply(agent, error);
	if (result < 0) {
		unused = (struct parsed){ agent->config, agent->access, agent->metrics };
		put(agent, &old);
		/* The cache still has this configuration, and its workers have not been retired. */
		(void)agent_workers_configure(agent->workers, agent->config, &ignored);
		sink_configure(agent);
		agent_workers_retire(agent->workers);
	} else {
		listener_limit(agent->listener, agent->config->connections);
		warn_of_socket(old.config, agent->config);
	}
	parsed_free(&unused);
	agent->setup->free_config(&unused.config);
	return result;
}

int agent_reload(struct agent *agent, struct error *error)
{
	int result;

	systemd_notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_ms() * 1000));
	result = replace(agent, error);
	snprintf(agent->reload_problem, sizeof(agent->reload_problem), "%.500s", result < 0 ? error->text : "");
	systemd_notify("READY=1");
	return result;
}

void agent_lock(struct agent *agent, const struct agent_profile *profile)
{
	struct failure failure;

	failure_set(&failure, FAILURE_LOCKED, ERROR_PIN, 0, "the profile was locked");
	error_hint(&failure.error, "unlock it with \"p11bearer agent unlock\"");
	(void)cache_forget(agent->cache, profile, NULL, &failure);
	agent_workers_lock(agent->workers, profile);
}
