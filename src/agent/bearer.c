/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/bearer.h"

#include "agent/claims.h"
#include "agent/members.h"
#include "base/json.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LIFE_MAX = 10.0 * 366 * 86400; /* seconds: a server that states more means "for ever" */

static int fail(struct error *error, const char *why)
{
	return error_set(error, ERROR_ANSWER, "cannot use the worker's answer: %s", why);
}

/* --- lifetime ---------------------------------------------------------------------------------------------------- */

/* The value of a number, or of a string that some servers send for one; 0 if it is neither, or not positive. */
static double positive(const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	double number = cJSON_IsNumber(value) ? value->valuedouble : 0;

	if (text != NULL && *text != '\0' && strspn(text, "0123456789") == strlen(text))
		number = strtod(text, NULL);
	return number > 0 ? number : 0;
}

/* The time at which an access token in JWT form expires (RFC 9068), in seconds since 1970; 0 if it has another form. */
static double jwt_expiry(const char *token)
{
	cJSON *claims = claims_read(token);
	double expiry = positive(cJSON_GetObjectItemCaseSensitive(claims, "exp"));

	cJSON_Delete(claims);
	return expiry;
}

/* Sets both expiries. The earlier of what the answer and the access token state counts, but not a time that has passed:
 * a new bearer lives, so our clock is wrong. */
static void set_expiry(struct agent_bearer *bearer, const cJSON *answer, long seconds, double now, long long clock)
{
	double life = positive(cJSON_GetObjectItemCaseSensitive(answer, "expires_in"));
	double rest = jwt_expiry(secret_data(bearer->token)) - (double)clock;

	if (rest > 0 && (life == 0 || rest < life))
		life = rest;
	if (life == 0)
		life = (double)seconds;
	if (life > LIFE_MAX)
		life = LIFE_MAX;
	bearer->began = now;
	if (life <= 0)
		return;
	bearer->expires = now + life * 1e3;
	bearer->expires_at = clock + (long long)life;
}

/* --- content ----------------------------------------------------------------------------------------------------- */

/* RFC 6749 appendix A.12; a blank, too, would break the header that the client writes. */
static int take_token(struct agent_bearer *bearer, const cJSON *answer, struct error *error)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "access_token"));

	if (token == NULL || *token == '\0')
		return fail(error, "it has no access_token");
	for (const char *next = token; *next != '\0'; next++) {
		if (*next <= ' ' || *next >= 0x7f)
			return fail(error, "its access_token has a character that no header can hold");
	}
	bearer->token = secret_new(strlen(token));
	if (bearer->token == NULL || secret_append(bearer->token, token, strlen(token)) < 0)
		return error_memory(error);
	return 0;
}

static int set_generation(struct agent_bearer *bearer, struct error *error)
{
	unsigned char bytes[(GENERATION_SIZE - 1) / 2];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot get random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(bearer->generation + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Appends the members except ours. `text` is the answer as written, in which numbers keep every digit; it is changed.
 */
static int copy_members(struct secret *json, char *text, const cJSON *answer)
{
	char *rest = text + json_blanks(text) + 1, *value;

	for (const cJSON *child = answer->child; child != NULL; child = child->next) {
		const char *member = rest + json_blanks(rest);

		if (!json_member(&rest, &value))
			return -1;
		if (strcmp(child->string, "jti") == 0 || strcmp(child->string, "p11bearer") == 0)
			continue;
		if (secret_append(json, member, (size_t)(value + strlen(value) - member)) < 0 ||
		    secret_append(json, ",", 1) < 0)
			return -1;
	}
	return 0;
}

/* Our member, without its own closing brace. */
static char *own_member(const struct agent_bearer *bearer, const char *profile)
{
	cJSON *name = cJSON_CreateString(profile);
	char *quoted = cJSON_PrintUnformatted(name), *text = NULL;

	cJSON_Delete(name);
	if (quoted != NULL && asprintf(&text, "\"p11bearer\":{\"profile\":%s,\"generation\":\"%s\"", quoted,
				       bearer->generation) < 0)
		text = NULL;
	cJSON_free(quoted);
	return text;
}

static int make_json(struct agent_bearer *bearer, char *text, const cJSON *answer, const char *profile,
		     struct error *error)
{
	char *own = own_member(bearer, profile);
	struct secret *json = secret_new(strlen(text));
	int result = -1;

	if (own != NULL && json != NULL && secret_append(json, "{", 1) == 0 && copy_members(json, text, answer) == 0 &&
	    json_escape(json, own) == 0)
		result = bearer->expires_at != 0 ? secret_printf(json, ",\"expires_at\":%lld}}", bearer->expires_at) :
						   secret_append(json, "}}", 2);
	/* Copied, so that it takes no more memory than it has to. */
	bearer->json = secret_new(result == 0 ? secret_length(json) : 0);
	if (result < 0 || bearer->json == NULL ||
	    secret_append(bearer->json, secret_data(json), secret_length(json)) < 0)
		result = error_memory(error);
	secret_free(&json);
	free(own);
	return result;
}

int agent_bearer_new(struct agent_bearer **bearer, const char *answer, size_t length, const char *profile, long seconds,
		     double now, long long clock, struct error *error)
{
	struct agent_bearer *fresh = calloc(1, sizeof(*fresh));
	struct secret *text = secret_new(length + 1);
	cJSON *json = NULL;
	const char *jti;
	int result;

	*bearer = NULL;
	if (fresh == NULL || text == NULL) {
		result = error_memory(error);
		goto out;
	}
	fresh->uses = 1;
	json = members_parse(text, answer, length, error);
	result = json != NULL ? take_token(fresh, json, error) : error_result(error);
	if (result < 0)
		goto out;
	jti = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "jti"));
	snprintf(fresh->jti, sizeof(fresh->jti), "%s", jti != NULL ? jti : "");
	text_clean(fresh->jti, "");
	set_expiry(fresh, json, seconds, now, clock);
	/* A sink would need the next one at once. */
	if (fresh->expires > 0 && fresh->expires_at == clock) {
		result = fail(error, "the bearer lives for less than a second");
		goto out;
	}
	result = set_generation(fresh, error);
	if (result == 0) /* a secret can be changed in place where it can be extended */
		result = make_json(fresh, secret_extend(text, 0) - secret_length(text), json, profile, error);
out:
	if (result == 0)
		*bearer = fresh;
	else
		agent_bearer_leave(&fresh);
	cJSON_Delete(json);
	secret_free(&text);
	return result;
}

struct agent_bearer *agent_bearer_use(struct agent_bearer *bearer)
{
	bearer->uses++;
	return bearer;
}

void agent_bearer_leave(struct agent_bearer **bearer)
{
	struct agent_bearer *old = *bearer;

	*bearer = NULL;
	if (old == NULL || (old->uses > 0 && --old->uses > 0))
		return;
	if (old->response_free != NULL)
		old->response_free(old->response);
	secret_free(&old->json);
	secret_free(&old->token);
	free(old);
}

bool agent_bearer_is_dead(const struct agent_bearer *bearer, double now, long long clock)
{
	return bearer->expires > 0 && (now >= bearer->expires || clock >= bearer->expires_at);
}
