/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a request by a vendor's rules, and answers it. */
#include "org.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "filling.h"
#include "keys.h"
#include "session.h"
#include "vendor-request.h"

static const char secret_fields[][20] = { "assertion", "client_assertion", "jwt", "client_secret" };

enum { CLOCK_SLACK = 10 };

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static struct verdict refuse(const struct vendor *vendor, const char *slug, const char *reason)
{
	return (struct verdict){ slug != NULL ? vendor_refusal(slug) : &vendor->refusals[0], reason };
}

/* Judges by the rules about fields and lines, or about the assertion. */
static struct verdict judge_rules(const struct filling *filling, bool assertion, cJSON *line)
{
	const struct vendor *vendor = filling->org->options->vendor;

	for (const struct rule *rule = vendor->rules; rule < vendor->rules + RULES_MAX && rule->place != PLACE_END; rule++) {
		if ((rule->place == PLACE_HEADER || rule->place == PLACE_CLAIM) != assertion || request_keeps(filling, rule))
			continue;
		cJSON_AddStringToObject(line, "rule", rule->name);
		return refuse(vendor, rule->refusal, "the value that the rule is about is missing or wrong");
	}
	return (struct verdict){ 0 };
}

static bool has_rule(const struct vendor *vendor, const char *claim)
{
	for (size_t i = 0; i < RULES_MAX && vendor->rules[i].place != PLACE_END; i++) {
		const struct rule *rule = &vendor->rules[i];

		if (rule->place == PLACE_CLAIM && strcmp(rule->name + (rule->name[0] == '?'), claim) == 0)
			return true;
	}
	return false;
}

static struct verdict judge_times(const struct vendor *vendor, const cJSON *claims, time_t clock)
{
	const cJSON *exp = cJSON_GetObjectItemCaseSensitive(claims, "exp");
	const cJSON *iat = cJSON_GetObjectItemCaseSensitive(claims, "iat");
	const cJSON *nbf = cJSON_GetObjectItemCaseSensitive(claims, "nbf");
	double now = (double)clock;

	if (!cJSON_IsNumber(exp) || (iat != NULL && !cJSON_IsNumber(iat)) || (nbf != NULL && !cJSON_IsNumber(nbf)))
		return refuse(vendor, vendor->on_expired, "a time is missing or not a number");
	if (exp->valuedouble <= now)
		return refuse(vendor, vendor->on_expired, "exp is in the past");
	if (vendor->ahead_max > 0 && exp->valuedouble > now + (double)vendor->ahead_max)
		return refuse(vendor, vendor->on_ahead, "exp is too far ahead");
	if (vendor->span_max > 0 && (iat == NULL || exp->valuedouble - iat->valuedouble > (double)vendor->span_max))
		return refuse(vendor, vendor->on_ahead, "exp is too long after iat");
	if ((iat != NULL && iat->valuedouble > now + (double)CLOCK_SLACK) ||
	    (nbf != NULL && nbf->valuedouble > now + (double)CLOCK_SLACK))
		return refuse(vendor, vendor->on_issued, "iat or nbf is in the future");
	return (struct verdict){ 0 };
}

static bool signature_is_good(struct org *org, const struct assertion *assertion, const char *algorithm)
{
	EVP_PKEY *key = keys_find(org, text_of(assertion->header, "kid"));
	bool good = key != NULL && signature_verify(key, assertion, algorithm) == SIGNATURE_GOOD;

		EVP_PKEY_free(key);
	return good;
}

static bool accepts(const struct vendor *vendor, const char *algorithm)
{
	size_t length = algorithm != NULL ? strlen(algorithm) : 0;

	for (const char *name = vendor->algorithms; length > 0 && *name != '\0'; name += strspn(name, " ")) {
		if (strcspn(name, " ") == length && strncmp(name, algorithm, length) == 0)
			return true;
		name += strcspn(name, " ");
	}
	return false;
}

static struct verdict judge_assertion(const struct filling *filling, struct assertion *assertion, const char *text,
	cJSON *line)
{
	struct org *org = filling->org;
	const struct vendor *vendor = org->options->vendor;
	const char *wrong = assertion_parse(text, assertion), *jti = text_of(assertion->claims, "jti");
	struct verdict verdict;

	/* The line lends them to the rules. */
	cJSON_AddItemReferenceToObject(line, "header", assertion->header);
	cJSON_AddItemReferenceToObject(line, "claims", assertion->claims);
	if (wrong != NULL)
		return refuse(vendor, NULL, wrong);
	if (!accepts(vendor, text_of(assertion->header, "alg")))
		return refuse(vendor, vendor->on_signature, "alg is not an accepted algorithm");
	if (!signature_is_good(org, assertion, text_of(assertion->header, "alg")))
		return refuse(vendor, vendor->on_signature, "the signature is not by a registered key");
	verdict = judge_rules(filling, true, line);
	if (verdict.refusal == NULL)
		verdict = judge_times(vendor, assertion->claims, org_now(org));
	for (const cJSON *claim = assertion->claims->child; vendor->no_other_claims && claim != NULL; claim = claim->next) {
		if (verdict.refusal == NULL && !has_rule(vendor, claim->string))
			verdict = refuse(vendor, NULL, "a claim is unknown");
	}
	if (verdict.refusal == NULL && vendor->jti_once && jti != NULL && jtis_have(&org->jtis, jti))
		verdict = refuse(vendor, vendor->on_replay, "replayed jti");
	if (verdict.refusal == NULL)
		verdict.reason = "good";
	return verdict;
}

struct verdict vendor_judge(struct org *org, const struct request *request, bool use_up, cJSON *line)
{
	const struct vendor *vendor = org->options->vendor;
	const struct filling filling = { org, request, line, NULL };
	cJSON *fields = request_fields(vendor, request);
	const char *text = request_assertion(vendor, request, fields);
	struct assertion assertion = { 0 };
	struct verdict verdict = refuse(vendor, NULL, "this request has no assertion in the form in which it is taken");
	char digest[SHA256_HEX_SIZE];

	cJSON_AddStringToObject(line, "host", request->host != NULL ? request->host : "");
	cJSON_AddItemToObject(line, "fields", fields);
	if (text != NULL && fields != NULL && (strcmp(request->method, "POST") == 0 || vendor->is_api)) {
		sha256_hex(text, digest);
		cJSON_AddStringToObject(line, "assertion_sha256", digest);
		verdict = judge_rules(&filling, false, line);
		if (verdict.refusal == NULL)
			verdict = judge_assertion(&filling, &assertion, text, line);
		if (verdict.refusal == NULL && use_up)
			assertion_use_up(&assertion, &org->jtis);
	}
	/* From here on the line owns them. */
	cJSON_DeleteItemFromObjectCaseSensitive(line, "header");
	cJSON_DeleteItemFromObjectCaseSensitive(line, "claims");
	cJSON_AddItemToObject(line, "header", assertion.header);
	cJSON_AddItemToObject(line, "claims", assertion.claims);
	assertion.header = assertion.claims = NULL;
	assertion_clear(&assertion);
	for (size_t i = 0; i < sizeof(secret_fields) / sizeof(*secret_fields); i++) {
		if (cJSON_GetObjectItemCaseSensitive(fields, secret_fields[i]) != NULL)
			cJSON_ReplaceItemInObjectCaseSensitive(fields, secret_fields[i], cJSON_CreateString("(secret)"));
	}
	cJSON_AddStringToObject(line, "verdict", verdict.reason);
	return verdict;
}

void vendor_answer(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct vendor *vendor = org->options->vendor;
	const char *sub = text_of(cJSON_GetObjectItemCaseSensitive(line, "claims"), "sub");
	const struct bearer *bearer = bearers_issue(&org->bearers, sub != NULL ? sub : "", org_now(org));
	const struct filling filling = { org, request, line, bearer != NULL ? bearer->text : NULL };
	char *text = fill(&filling, vendor->answer, false);
	cJSON *json = cJSON_Parse(text);

	if (json == NULL)
		fprintf(stderr, "loopback-org: the answer of %s is not JSON.\n", vendor->name);
	answer_extra(json, org->options->extra);
	answer_json(answer, vendor->status, json);
	free(text);
}

void vendor_userinfo(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct bearer *bearer = session_find(org, request, answer, line);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, bearer != NULL ? "sub" : "error", bearer != NULL ? bearer->username : "invalid_token");
	answer_json(answer, bearer != NULL ? 200 : 401, json);
}
