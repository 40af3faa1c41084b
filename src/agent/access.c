/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have what. */
#include "agent/core.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATTERN_SIZE = 256 };

const struct agent_profile *agent_profile(const struct agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->config->count; i++) {
		if (strcmp(agent->config->profiles[i].name, name) == 0)
			return &agent->config->profiles[i];
	}
	return NULL;
}

const struct access *agent_access(const struct agent *agent, const struct agent_profile *profile)
{
	return &agent->access[profile - agent->config->profiles];
}

static bool peer_may(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
		     struct peer *peer)
{
	const struct access *access = agent_access(agent, profile);

	if (kind == WORKER_ASSERTIONS)
		return rules_allow(access->assertion, peer);
	return profile->allow != NULL ? rules_allow(access->bearer, peer) : peer->uid == geteuid();
}

/* Whether one of the patterns, which blanks separate, matches. A pattern that is too long matches nothing. */
static bool matches_one(const char *patterns, const char *username)
{
	static const char blanks[] = " \t\r\n";

	for (const char *next = patterns + strspn(patterns, blanks); *next != '\0'; next += strspn(next, blanks)) {
		size_t length = strcspn(next, blanks);
		char pattern[PATTERN_SIZE];

		if (length < sizeof(pattern)) {
			memcpy(pattern, next, length);
			pattern[length] = '\0';
			if (fnmatch(pattern, username, 0) == 0)
				return true;
		}
		next += length;
	}
	return false;
}

static bool username_is_allowed(const struct agent_profile *profile, const char *username)
{
	if (profile->username != NULL && strcmp(profile->username, username) == 0)
		return true;
	return profile->usernames != NULL && matches_one(profile->usernames, username);
}

bool agent_allows(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
		  const char *username, struct peer *peer, struct failure *failure)
{
	if (profile == NULL || !peer_may(agent, profile, kind, peer)) {
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0,
			    "the agent has no such profile, or uid %lu may not have %s of it", (unsigned long)peer->uid,
			    kind == WORKER_ASSERTIONS ? "assertions" : "bearers");
		error_hint(&failure->error, "name a profile of the agent's configuration files, and list this user or "
					    "unit in its \"%s\"",
			   kind == WORKER_ASSERTIONS ? "allow-assertion" : "allow");
		return false;
	}
	if (username == NULL && profile->username == NULL) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "profile \"%s\" has no username of its own",
			    profile->name);
		error_hint(&failure->error, "name one in the request: username=NAME");
		return false;
	}
	if (username != NULL && !username_is_allowed(profile, username)) {
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "profile \"%s\" does not serve user \"%s\"",
			    profile->name, username);
		error_hint(&failure->error, "add a pattern for the user to the profile's \"allow-username\"");
		return false;
	}
	return true;
}

void agent_requester(struct peer *peer, char text[REQUESTER_SIZE])
{
	/* Reading the unit takes longer than handing out a bearer: it is shown only if a rule or a record needed it. */
	if (peer->unit_known && peer->unit[0] != '\0')
		snprintf(text, REQUESTER_SIZE, "uid %lu (%.100s)", (unsigned long)peer->uid, peer->unit);
	else
		snprintf(text, REQUESTER_SIZE, "uid %lu", (unsigned long)peer->uid);
}
