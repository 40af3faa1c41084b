/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/peer.h"

#include "agent/ids.h"
#include "agent/unit.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char blanks[] = " \t";

struct rule {
	enum { RULE_UID, RULE_GID, RULE_UNIT } kind;
	unsigned id;        /* RULE_UID, RULE_GID */
	const char *pattern; /* RULE_UNIT; in `text` */
};

struct rules {
	char *text;
	size_t count;
	struct rule rules[];
};

/* --- parsing ----------------------------------------------------------------------------------------------------- */

/* Refuses a pattern that no unit can match. */
static int parse_pattern(const char *pattern, struct error *error)
{
	size_t length = strlen(pattern);

	if (strchr(pattern, '/') != NULL)
		return error_set(error, ERROR_CONFIG, "cannot use \"unit:%s\": names of units have no '/'", pattern);
	if (strchr("*?]", pattern[length - 1]) != NULL || unit_has_processes(pattern, length))
		return 0;
	error_set(error, ERROR_CONFIG, "cannot use \"unit:%s\": no unit with such a name has processes", pattern);
	error_hint(error, "write the whole name, such as unit:%s.service", pattern);
	return error_result(error);
}

static int parse_rule(struct rule *rule, const char *word, struct error *error)
{
	const char *value = strchr(word, ':');
	size_t label = value != NULL ? (size_t)(value - word) : 0;

	if (value != NULL && *++value != '\0') {
		if (label == strlen("uid") && strncmp(word, "uid", label) == 0) {
			rule->kind = RULE_UID;
			return ids_user(value, &rule->id, error);
		}
		if (label == strlen("gid") && strncmp(word, "gid", label) == 0) {
			rule->kind = RULE_GID;
			return ids_group(value, &rule->id, error);
		}
		if (label == strlen("unit") && strncmp(word, "unit", label) == 0) {
			rule->kind = RULE_UNIT;
			rule->pattern = value;
			return parse_pattern(value, error);
		}
	}
	error_set(error, ERROR_CONFIG, "cannot understand the rule \"%s\"", word);
	error_hint(error, "write uid:NAME, gid:NAME or unit:PATTERN, separated by blanks");
	return error_result(error);
}

int rules_parse(struct rules **parsed, const char *text, struct error *error)
{
	size_t most = text != NULL ? strlen(text) / 2 + 1 : 0; /* words */
	struct rules *rules;
	char *rest = NULL;

	*parsed = NULL;
	if (text == NULL)
		return 0;
	rules = *parsed = calloc(1, sizeof(*rules) + most * sizeof(rules->rules[0]));
	if (rules == NULL || (rules->text = strdup(text)) == NULL)
		return error_memory(error);
	for (char *word = strtok_r(rules->text, blanks, &rest); word != NULL; word = strtok_r(NULL, blanks, &rest))
		if (parse_rule(&rules->rules[rules->count++], word, error) != 0)
			return error_result(error);
	if (rules->count == 0)
		return error_set(error, ERROR_CONFIG, "cannot use the rules \"%s\": they are empty", text);
	return 0;
}

void rules_free(struct rules **rules)
{
	if (*rules != NULL)
		free((*rules)->text);
	free(*rules);
	*rules = NULL;
}

/* --- matching ---------------------------------------------------------------------------------------------------- */

static bool is_in_group(const struct peer *peer, gid_t id)
{
	static gid_t groups[NGROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (peer->gid == id)
		return true;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == id)
			return true;
	return false;
}

/* A backslash is a character of units' names. */
static bool matches_unit(const struct rule *rule, const char *unit)
{
	return rule->kind == RULE_UNIT && unit[0] != '\0' && fnmatch(rule->pattern, unit, FNM_NOESCAPE) == 0;
}

static bool matches(const struct rule *rule, struct peer *peer)
{
	switch (rule->kind) {
	case RULE_UID:
		return peer->uid == rule->id;
	case RULE_GID:
		return is_in_group(peer, rule->id);
	case RULE_UNIT:
		return matches_unit(rule, peer_unit(peer));
	}
	return false;
}

bool rules_allow(const struct rules *rules, struct peer *peer)
{
	for (size_t i = 0; rules != NULL && i < rules->count; i++)
		if (matches(&rules->rules[i], peer))
			return true;
	return false;
}

bool rules_allow_unit(const struct rules *rules, const char *unit)
{
	for (size_t i = 0; rules != NULL && i < rules->count; i++)
		if (matches_unit(&rules->rules[i], unit))
			return true;
	return false;
}
