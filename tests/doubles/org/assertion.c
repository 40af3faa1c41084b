/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and judges assertions. Shares no code with the product, so that its verdict is independent. */
#include "assertion.h"

#include <fnmatch.h>
#include <openssl/x509.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "signature.h"

enum { EXP_AHEAD_MAX = 300 };

/* Beyond 2^53 a double does not hold every integer. */
static const double exact_max = 9007199254740992.0;

static struct verdict refuse(enum refusal_id id, const char *reason)
{
	return (struct verdict){ .refusal = refusal_get(id), .reason = reason };
}

/* Reads one part of the JWS as a JSON object, or returns NULL. The caller frees it with cJSON_Delete. */
static cJSON *parse_part(const char *part, size_t length)
{
	size_t decoded_length = 0;
	char *decoded = (char *)base64url_decode(part, length, &decoded_length);
	cJSON *json = NULL;

	if (decoded != NULL && strlen(decoded) == decoded_length)
		json = cJSON_ParseWithOpts(decoded, NULL, 1);
	free(decoded);
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		return NULL;
	}
	return json;
}

/* Parsers disagree on which of two equal names counts, so repeated names are refused. */
static bool has_repeated_name(const cJSON *object)
{
	for (const cJSON *a = object->child; a != NULL; a = a->next) {
		for (const cJSON *b = a->next; b != NULL; b = b->next) {
			if (strcmp(a->string, b->string) == 0)
				return true;
		}
	}
	return false;
}

static const char *claim_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

const char *assertion_parse(const char *text, struct assertion *assertion)
{
	const char *first_dot = strchr(text, '.');
	const char *second_dot = first_dot != NULL ? strchr(first_dot + 1, '.') : NULL;

	*assertion = (struct assertion){ .text = text };
	if (second_dot == NULL || strchr(second_dot + 1, '.') != NULL)
		return "not three parts separated by dots";
	assertion->signed_length = (size_t)(second_dot - text);
	assertion->header = parse_part(text, (size_t)(first_dot - text));
	assertion->claims = parse_part(first_dot + 1, (size_t)(second_dot - first_dot - 1));
	assertion->signature =
		base64url_decode(second_dot + 1, strlen(second_dot + 1), &assertion->signature_length);
	if (assertion->header == NULL)
		return "the header is not a base64url JSON object";
	if (assertion->claims == NULL)
		return "the claims are not a base64url JSON object";
	if (assertion->signature == NULL || assertion->signature_length == 0)
		return "the signature is not base64url";
	if (has_repeated_name(assertion->header) || has_repeated_name(assertion->claims))
		return "a name is repeated in the header or the claims";
	return NULL;
}

static bool is_known(const char *text, const struct names *names)
{
	for (size_t i = 0; text != NULL && i < names->count; i++) {
		if (strcmp(text, names->list[i]) == 0)
			return true;
	}
	return false;
}

static struct verdict judge_signature(const struct assertion *assertion, const struct judge *judge, const char *algorithm)
{
	switch (signature_check(judge->certificate, assertion, algorithm, judge->now)) {
	case SIGNATURE_GOOD:
		return (struct verdict){ 0 };
	case SIGNATURE_NO_CERTIFICATE:
		return refuse(REFUSAL_INVALID_ASSERTION, "no certificate on the app");
	case SIGNATURE_CERTIFICATE_EXPIRED:
		return refuse(REFUSAL_INVALID_ASSERTION, "the certificate on the app has expired");
	case SIGNATURE_CERTIFICATE_TOO_NEW:
		return refuse(REFUSAL_INVALID_ASSERTION, "the certificate on the app is not valid yet");
	case SIGNATURE_OTHER_KEY:
		return refuse(REFUSAL_INVALID_CLIENT, "the certificate on the app is for another kind of key than alg");
	case SIGNATURE_MISMATCH:
		break;
	}
	return refuse(REFUSAL_INVALID_CLIENT, "the signature does not match the certificate on the app");
}

static bool is_approved(const char *user, const struct names *patterns)
{
	for (size_t i = 0; user != NULL && i < patterns->count; i++) {
		if (fnmatch(patterns->list[i], user, 0) == 0)
			return true;
	}
	return false;
}

static struct verdict judge_exp(const struct assertion *assertion, time_t now)
{
	const cJSON *exp = cJSON_GetObjectItemCaseSensitive(assertion->claims, "exp");
	double seconds = cJSON_GetNumberValue(exp);

	if (!cJSON_IsNumber(exp) || seconds > exact_max || seconds < -exact_max || (double)(long)seconds != seconds)
		return refuse(REFUSAL_INVALID_ASSERTION, "exp is not an integer");
	if (seconds <= (double)now)
		return refuse(REFUSAL_EXPIRED, "exp is in the past");
	if (seconds > (double)(now + EXP_AHEAD_MAX))
		return refuse(REFUSAL_INVALID_ASSERTION, "exp is too far ahead");
	return (struct verdict){ 0 };
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct verdict judge_jti(const struct assertion *assertion, void *const *jtis)
{
	const cJSON *jti = cJSON_GetObjectItemCaseSensitive(assertion->claims, "jti");

	if (jti == NULL)
		return (struct verdict){ 0 };
	if (!cJSON_IsString(jti))
		return refuse(REFUSAL_INVALID_ASSERTION, "jti is not a string");
	if (tfind(jti->valuestring, jtis, compare) != NULL)
		return refuse(REFUSAL_INVALID_ASSERTION, "replayed jti");
	return (struct verdict){ 0 };
}

struct verdict assertion_judge(const struct assertion *assertion, const struct judge *judge)
{
	const struct options *options = judge->options;
	const struct names own_url = { .list = { judge->url }, .count = 1 };
	const struct names usual = { .list = { "RS256" }, .count = 1 };
	const char *algorithm = claim_text(assertion->header, "alg");
	const char *issuer = claim_text(assertion->claims, "iss");
	struct verdict verdict;

	if (!is_known(algorithm, options->algorithms.count > 0 ? &options->algorithms : &usual))
		return refuse(REFUSAL_INVALID_ASSERTION, "alg is not an accepted algorithm");
	if (issuer == NULL || options->client_id == NULL || strcmp(issuer, options->client_id) != 0)
		return refuse(REFUSAL_INVALID_CLIENT_ID, "iss is not the client id of the app");
	verdict = judge_signature(assertion, judge, algorithm);
	if (verdict.refusal != NULL)
		return verdict;
	if (!is_known(claim_text(assertion->claims, "aud"), options->audiences.count > 0 ? &options->audiences : &own_url))
		return refuse(REFUSAL_AUDIENCE, "aud is not an accepted audience");
	verdict = judge_exp(assertion, judge->now);
	if (verdict.refusal != NULL)
		return verdict;
	if (!is_approved(claim_text(assertion->claims, "sub"), &options->usernames))
		return refuse(REFUSAL_NOT_APPROVED, "sub is not an approved user");
	verdict = judge_jti(assertion, &judge->jtis);
	if (verdict.refusal == NULL)
		verdict.reason = "good";
	return verdict;
}

bool jtis_have(void *const *jtis, const char *jti)
{
	return tfind(jti, jtis, compare) != NULL;
}

void assertion_use_up(const struct assertion *assertion, void **jtis)
{
	const char *text = claim_text(assertion->claims, "jti");
	char *jti = text != NULL ? strdup(text) : NULL;

	if (jti != NULL && tsearch(jti, jtis, compare) == NULL)
		free(jti);
}

void assertion_clear(struct assertion *assertion)
{
	cJSON_Delete(assertion->header);
	cJSON_Delete(assertion->claims);
	free(assertion->signature);
	*assertion = (struct assertion){ 0 };
}

void jtis_free(void **jtis)
{
	tdestroy(*jtis, free);
	*jtis = NULL;
}
