/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a section [server NAME] that are single values. */
#include "server/define.h"

#include "base/distance.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const server_grant_names[] = { "jwt-bearer", "client-credentials", "bearer", "json", "none" };
enum { GRANTS = sizeof(server_grant_names) / sizeof(server_grant_names[0]), LIFETIME_MAX = 86400 };

static int read_text(const struct definition *definition, void *member)
{
	*(const char **)member = definition_is_none(definition) ? NULL : definition->entry->value;
	return 0;
}

static int read_template(const struct definition *definition, void *member)
{
	read_text(definition, member);
	return definition_check(definition);
}

/* A template that is filled in when there is a bearer, and the key is no longer in use. */
static int read_late_template(const struct definition *definition, void *member)
{
	read_text(definition, member);
	return definition_check_late(definition);
}

/* The claim is left out if the value is "none". */
static int read_claim(const struct definition *definition, void *member)
{
	*(const char **)member = definition->entry->value;
	return definition_check(definition);
}

static int read_number(const struct definition *definition, void *member)
{
	char *end;
	long number = strtol(definition->entry->value, &end, 10);

	if (*end != '\0' || number < 1 || number > LIFETIME_MAX)
		return definition_refuse(definition, "this is not a number from 1 to %d", LIFETIME_MAX);
	*(long *)member = number;
	return 0;
}

static int read_size(const struct definition *definition, void *member)
{
	long number = 0;
	int result = read_number(definition, &number);

	if (result == 0)
		*(size_t *)member = (size_t)number;
	return result;
}

static int read_offset(const struct definition *definition, void *member)
{
	const char *value = definition->entry->value;
	char *end;
	long number = strtol(value, &end, 10);

	if (strcmp(value, "no") != 0 && (*end != '\0' || number < -LIFETIME_MAX || number > LIFETIME_MAX))
		return definition_refuse(definition, "this is neither a number of seconds nor \"no\"");
	*(const char **)member = value;
	return 0;
}

static int read_flag(const struct definition *definition, void *member)
{
	bool yes = strcmp(definition->entry->value, "yes") == 0;

	if (!yes && strcmp(definition->entry->value, "no") != 0)
		return definition_refuse(definition, "this is neither yes nor no");
	*(bool *)member = yes;
	return 0;
}

static int read_not_flag(const struct definition *definition, void *member)
{
	int result = read_flag(definition, member);

	*(bool *)member = !*(bool *)member;
	return result;
}

static int read_grant(const struct definition *definition, void *member)
{
	for (size_t i = 0; i < GRANTS; i++) {
		if (strcmp(definition->entry->value, server_grant_names[i]) == 0) {
			*(enum server_grant *)member = (enum server_grant)i;
			return 0;
		}
	}
	return definition_refuse(definition, "this is not one of jwt-bearer, client-credentials, bearer, json, none");
}

static enum alg find_alg(const char *name, size_t length)
{
	for (int alg = ALG_AUTO + 1; alg < ALG_COUNT; alg++) {
		if (strlen(alg_info((enum alg)alg)->name) == length &&
		    strncmp(alg_info((enum alg)alg)->name, name, length) == 0)
			return (enum alg)alg;
	}
	return ALG_AUTO;
}

static int read_alg(const struct definition *definition, void *member)
{
	const char *value = definition->entry->value;

	*(enum alg *)member = find_alg(value, strlen(value));
	if (*(enum alg *)member == ALG_AUTO && strcmp(value, "auto") != 0)
		return definition_refuse(definition, "this is neither an algorithm, such as RS256, nor auto");
	return 0;
}

static int read_algs(const struct definition *definition, void *member)
{
	const char *word = definition->entry->value;
	unsigned algs = 0;
	size_t length;

	for (; *word != '\0'; word += length + strspn(word + length, " ")) {
		enum alg alg;

		length = strcspn(word, " ");
		alg = find_alg(word, length);
		if (alg == ALG_AUTO)
			return definition_refuse(definition, "\"%.*s\" is not an algorithm, such as RS256",
						 (int)length, word);
		algs |= 1U << (unsigned)alg;
	}
	*(unsigned *)member = algs;
	return 0;
}

static int read_required(const struct definition *definition, void *member)
{
	const char *word = definition->entry->value;
	size_t length, count = 0;

	for (; *word != '\0'; word += length + strspn(word + length, " ")) {
		length = strcspn(word, " ");
		if (++count > SERVER_REQUIRED_MAX || strlen(definition->entry->value) >= SERVER_REQUIRED_SIZE)
			return definition_refuse(definition, "these are too many names");
		if (!definition_is_none(definition) && !server_may_require(word, length))
			return definition_refuse(definition, "\"%.*s\" is not the name of what a server may require",
						 (int)length, word);
	}
	return read_text(definition, member);
}

/* A line of the request's header that does not change what the program sends. */
static int read_line(const struct definition *definition, void *member)
{
	static const char *const own[] = { "authorization", "connection", "content-length", "content-type", "expect",
					   "host", "proxy-authorization", "te", "transfer-encoding" };
	const char *value = definition->entry->value;
	size_t length = strcspn(value, ":");

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strlen(own[i]) == length && strncasecmp(own[i], value, length) == 0)
			return definition_refuse(definition, "the program sets this line itself");
	}
	for (size_t i = 0; i < length && !definition_is_none(definition); i++) {
		if (!isalnum((unsigned char)value[i]) && value[i] != '-')
			length = 0;
	}
	if (!definition_is_none(definition) &&
	    (length == 0 || strncmp(value + length, ": ", 2) != 0 || value[length + 2] == '\0'))
		return definition_refuse(definition, "this is not a line of a header, NAME: VALUE");
	return read_text(definition, member);
}

static const struct {
	const char *name;
	int (*read)(const struct definition *definition, void *member);
	size_t offset;
} keys[] = {
	{ "title", read_text, offsetof(struct server, title) },
	{ "party", read_text, offsetof(struct server, party) },
	{ "grant", read_grant, offsetof(struct server, grant) },
	{ "token-url", read_template, offsetof(struct server, token_url) },
	{ "client-id", read_template, offsetof(struct server, client_id) },
	{ "username", read_claim, offsetof(struct server, username) },
	{ "audience", read_claim, offsetof(struct server, audience) },
	{ "iat", read_offset, offsetof(struct server, iat) },
	{ "nbf", read_offset, offsetof(struct server, nbf) },
	{ "jti", read_not_flag, offsetof(struct server, no_jti) },
	{ "lifetime", read_number, offsetof(struct server, lifetime) },
	{ "alg", read_alg, offsetof(struct server, alg) },
	{ "required", read_required, offsetof(struct server, required) },
	{ "audience-is-url", read_flag, offsetof(struct server, audience_is_url) },
	{ "algs", read_algs, offsetof(struct server, algs) },
	{ "lifetime-max", read_number, offsetof(struct server, lifetime_max) },
	{ "exp-max", read_number, offsetof(struct server, exp_max) },
	{ "certificate-max", read_size, offsetof(struct server, certificate_max) },
	{ "request-header", read_line, offsetof(struct server, header) },
	{ "assertion-member", read_text, offsetof(struct server, assertion_member) },
	{ "answer-token", read_text, offsetof(struct server, answer_token) },
	{ "answer-lifetime", read_text, offsetof(struct server, answer_lifetime) },
	{ "error-code", read_text, offsetof(struct server, error_names[0]) },
	{ "error-description", read_text, offsetof(struct server, error_names[1]) },
	{ "userinfo-url", read_late_template, offsetof(struct server, userinfo_url) },
	{ "revoke-url", read_late_template, offsetof(struct server, revoke_url) },
	{ "hosts", read_late_template, offsetof(struct server, hosts) },
	{ "login", read_text, offsetof(struct server, login) },
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static int unknown_key(const struct definition *definition)
{
	const char *key = definition->entry->key;
	unsigned least = UINT_MAX, edits;
	size_t nearest = 0;

	for (size_t i = 0; i < KEYS && strlen(key) <= DISTANCE_MAX; i++) {
		edits = distance(key, keys[i].name);
		nearest = edits < least ? i : nearest;
		least = edits < least ? edits : least;
	}
	definition_refuse(definition, "a server has no such key");
	if (least <= strlen(key) / 3)
		error_hint(definition->error, "did you mean %s?", keys[nearest].name);
	else
		error_hint(definition->error, "see p11bearer-servers(7) for the keys");
	return error_result(definition->error);
}

int definition_take_key(const struct definition *definition)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(definition->entry->key, keys[i].name) == 0)
			return keys[i].read(definition, (char *)definition->server + keys[i].offset);
	}
	return unknown_key(definition);
}
