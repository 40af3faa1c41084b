/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a request by a vendor's rules, and answers it. */
#include "org.h"

#include <openssl/evp.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "codec.h"
#include "filling.h"
#include "form.h"
#include "keys.h"

static const char scheme[] = "Bearer ";
static const char secret_fields[][20] = { "assertion", "client_assertion", "jwt", "client_secret" };

enum { CLOCK_SLACK = 10 };

static struct verdict refuse(const struct vendor *vendor, const char *slug, const char *reason)
{
	return (struct verdict){ slug != NULL ? vendor_refusal(slug) : &vendor->refusals[0], reason };
}

/* Adds a field of a form. One that comes again makes an array, which no rule for a text takes. */
static void add_field(cJSON *fields, const struct form_field *field)
{
	const cJSON *earlier = cJSON_GetObjectItemCaseSensitive(fields, field->name);
	cJSON *list;

	if (earlier == NULL) {
		cJSON_AddStringToObject(fields, field->name, field->value);
		return;
	}
	list = cJSON_IsArray(earlier) ? cJSON_Duplicate(earlier, true) : cJSON_CreateArray();
	if (!cJSON_IsArray(earlier))
		cJSON_AddItemToArray(list, cJSON_Duplicate(earlier, true));
	cJSON_AddItemToArray(list, cJSON_CreateString(field->value));
	cJSON_ReplaceItemInObjectCaseSensitive(fields, field->name, list);
}

/* The fields of the form or members of the JSON object, which the caller frees, or NULL if the body is wrong. */
static cJSON *read_fields(const struct vendor *vendor, const struct request *request)
{
	struct form form = { 0 };
	cJSON *fields = cJSON_CreateObject();
	bool good;

	if (vendor->carrier == CARRIER_BEARER || vendor->carrier == CARRIER_JSON) {
		if (request->length == 0 && vendor->carrier == CARRIER_BEARER)
			return fields;
		cJSON_Delete(fields);
		good = request->content_type != NULL && strncmp(request->content_type, "application/json", 16) == 0;
		return good ? cJSON_ParseWithLength(request->body, request->length) : NULL;
	}
	good = form_is_urlencoded(request->content_type) && form_parse(request->body, request->length, &form) == 0;
	for (size_t i = 0; good && i < form.count; i++)
		add_field(fields, &form.fields[i]);
	form_clear(&form);
	if (!good) {
		cJSON_Delete(fields);
		fields = NULL;
	}
	return fields;
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool has(const cJSON *fields, const char *name, const char *wanted)
{
	const char *text = text_of(fields, name);

	return text != NULL && strcmp(text, wanted) == 0;
}

/* The assertion, if the request has the form in which the vendor takes one, or NULL. */
static const char *find_assertion(const struct vendor *vendor, const struct request *request, const cJSON *fields)
{
	const char *text = request->authorization;

	switch (vendor->carrier) {
	case CARRIER_GRANT:
		return has(fields, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer") ?
			text_of(fields, "assertion") : NULL;
	case CARRIER_CLIENT:
		return has(fields, "grant_type", "client_credentials") &&
				has(fields, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") ?
			text_of(fields, "client_assertion") : NULL;
	case CARRIER_JSON:
		return text_of(fields, "jwt");
	case CARRIER_BEARER:
		break;
	}
	return text != NULL && strncasecmp(text, scheme, strlen(scheme)) == 0 ? text + strlen(scheme) : NULL;
}

static const char *find_line(const struct request *request, const char *name)
{
	if (strcmp(name, "Accept") == 0)
		return request->accept;
	if (strcmp(name, "User-Agent") == 0)
		return request->user_agent;
	return strcmp(name, "X-Snowflake-Authorization-Token-Type") == 0 ? request->snowflake : NULL;
}

/* The value that a rule is about, which the caller frees, or NULL. */
static char *find_value(const struct filling *filling, enum place place, const char *name)
{
	const char *objects[] = { [PLACE_HEADER] = "header", [PLACE_CLAIM] = "claims", [PLACE_FIELD] = "fields" };
	const char *line;
	const cJSON *item;

	if (place == PLACE_LINE) {
		line = find_line(filling->request, name);
		return line != NULL ? strdup(line) : NULL;
	}
	item = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(filling->line, objects[place]), name);
	if (item == NULL)
		return NULL;
	return cJSON_IsString(item) ? strdup(item->valuestring) : cJSON_PrintUnformatted(item);
}

static bool matches(const struct filling *filling, const char *template, const char *value)
{
	char *filled = fill(filling, template, true), *whole = NULL;
	regex_t regex;
	bool matched = false;

	if (asprintf(&whole, "^(%s)$", filled) >= 0 && regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) == 0) {
		matched = regexec(&regex, value, 0, NULL, 0) == 0;
		regfree(&regex);
	} else {
		fprintf(stderr, "loopback-org: the pattern %s is invalid.\n", template);
	}
	free(filled);
	free(whole);
	return matched;
}

/* Whether the request keeps the rule. */
static bool keeps(const struct filling *filling, const struct rule *rule)
{
	bool optional = rule->name[0] == '?', kept;
	char *names = strdup(rule->name + optional), *rest = names, *value = NULL;

	for (const char *name; value == NULL && (name = strsep(&rest, "|")) != NULL;)
		value = find_value(filling, rule->place, name);
	free(names);
	if (value == NULL)
		return optional;
	kept = rule->pattern == NULL || matches(filling, rule->pattern, value);
	free(value);
	return kept;
}

/* Judges by the rules about fields and lines, or about the assertion. */
static struct verdict judge_rules(const struct filling *filling, bool assertion, cJSON *line)
{
	const struct vendor *vendor = filling->org->options->vendor;

	for (const struct rule *rule = vendor->rules; rule < vendor->rules + RULES_MAX && rule->place != PLACE_END; rule++) {
		if ((rule->place == PLACE_HEADER || rule->place == PLACE_CLAIM) != assertion || keeps(filling, rule))
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
	if ((iat != NULL && iat->valuedouble > now + CLOCK_SLACK) || (nbf != NULL && nbf->valuedouble > now + CLOCK_SLACK))
		return refuse(vendor, vendor->on_issued, "iat or nbf is in the future");
	return (struct verdict){ 0 };
}

static bool signature_is_good(struct org *org, const struct assertion *assertion, const char *algorithm)
{
	EVP_PKEY *key = keys_find(org, text_of(assertion->header, "kid"));
	bool good = key != NULL && signature_verify(key, assertion, algorithm) == SIGNATURE_GOOD;

	/* Where the certificate is registered, a kid means nothing, or is a name that the vendor gave. */
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
	cJSON *fields = read_fields(vendor, request);
	const char *text = find_assertion(vendor, request, fields);
	struct assertion assertion = { 0 };
	struct verdict verdict = refuse(vendor, NULL, "this request has no assertion in the form in which it is taken");
	char digest[SHA256_HEX_SIZE];

	cJSON_AddStringToObject(line, "host", request->host != NULL ? request->host : "");
	cJSON_AddItemToObject(line, "fields", fields);
	if (text != NULL && (strcmp(request->method, "POST") == 0 || vendor->carrier == CARRIER_BEARER)) {
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
	const struct bearer *bearer = bearers_issue(&org->bearers, "", org_now(org));
	const struct filling filling = { org, request, line, bearer != NULL ? bearer->text : NULL };
	char *text = fill(&filling, vendor->answer, false);
	cJSON *json = cJSON_Parse(text);

	if (json == NULL)
		fprintf(stderr, "loopback-org: the answer of %s is not JSON.\n", vendor->name);
	answer_extra(json, org->options->extra);
	answer_json(answer, vendor->status, json);
	free(text);
}
