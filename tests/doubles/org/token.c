/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint: form -> assertion -> verdict -> bearer, and its faults. */
#include "org.h"

#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "faults.h"
#include "form.h"

static const char jwt_bearer[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/* Reads the form. Returns its fault, or a verdict without a refusal. */
static struct verdict judge_form(const struct request *request, struct form *form)
{
	const struct refusal *grant_type = refusal_get(REFUSAL_GRANT_TYPE);
	const struct refusal *invalid = refusal_get(REFUSAL_INVALID_ASSERTION);
	const char *grant;

	if (!form_is_urlencoded(request->content_type))
		return (struct verdict){ grant_type, "the content type is not application/x-www-form-urlencoded" };
	if (form_parse(request->body, request->length, form) != 0)
		return (struct verdict){ grant_type, "the body is not url-encoded" };
	if (form->repeated)
		return (struct verdict){ invalid, "a form field came twice" };
	grant = form_get(form, "grant_type");
	if (grant == NULL || strcmp(grant, jwt_bearer) != 0)
		return (struct verdict){ grant_type, "the grant type is not the JWT bearer's" };
	if (form_get(form, "assertion") == NULL)
		return (struct verdict){ invalid, "no assertion in the form" };
	return (struct verdict){ 0 };
}

/* The node that judges the request, from 0: the requests alternate, or the connections do. */
static size_t choose_node(const struct org *org, const struct request *request)
{
	const struct options *options = org->options;

	return ((options->node_per_connection ? request->connection : org->token_requests) - 1) % options->nodes.count;
}

/* The certificate that the node has, or NULL. */
static X509 *find_certificate(struct org *org, size_t node)
{
	const struct change *change = changes_applied(&org->changes, org->options->nodes.delays[node]);

	return change != NULL ? change->certificate : signature_certificate(&org->certificate, org->options->certificate);
}

/* Judges the request and logs its content. With `use_up`, a valid assertion cannot be used again. */
static struct verdict judge_request(struct org *org, const struct request *request, bool use_up, cJSON *line)
{
	const size_t node = choose_node(org, request);
	const struct judge judge = { org->options, find_certificate(org, node), org->url, org_now(org), org->jtis };
	struct form form = { 0 };
	struct assertion assertion = { 0 };
	struct verdict verdict = judge_form(request, &form);
	char digest[SHA256_HEX_SIZE];
	const char *text;

	cJSON_AddNumberToObject(line, "node", (double)node + 1);
	if (verdict.refusal == NULL) {
		text = form_get(&form, "assertion");
		if (org->log >= 0) {
			sha256_hex(text, digest);
			cJSON_AddStringToObject(line, "assertion_sha256", digest);
		}
		verdict.reason = assertion_parse(text, &assertion);
		if (verdict.reason != NULL)
			verdict.refusal = refusal_get(REFUSAL_INVALID_ASSERTION);
		else
			verdict = assertion_judge(&assertion, &judge);
		if (verdict.refusal == NULL && use_up)
			assertion_use_up(&assertion, &org->jtis);
		cJSON_AddItemToObject(line, "header", assertion.header);
		cJSON_AddItemToObject(line, "claims", assertion.claims);
		assertion.header = assertion.claims = NULL; /* the line owns them now */
	}
	cJSON_AddStringToObject(line, "verdict", verdict.reason);
	assertion_clear(&assertion);
	form_clear(&form);
	return verdict;
}

static void answer_bearer(struct org *org, struct answer *answer, const cJSON *claims)
{
	const char *sub = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(claims, "sub"));
	const struct bearer *bearer = bearers_issue(&org->bearers, sub != NULL ? sub : "", org_now(org));
	cJSON *json = cJSON_CreateObject();
	char id[128];

	snprintf(id, sizeof(id), "%s/id/00D000000000001EAA/005000000000001AAA", org->url);
	if (bearer != NULL)
		cJSON_AddStringToObject(json, "access_token", bearer->text);
	cJSON_AddStringToObject(json, "scope", org->options->scope);
	cJSON_AddStringToObject(json, "instance_url", org->url);
	cJSON_AddStringToObject(json, "id", id);
	cJSON_AddStringToObject(json, "token_type", "Bearer");
	answer_extra(json, org->options->extra);
	answer_json(answer, 200, json);
}

/* Logs the refusal that was sent, which a fault or --refuse may have substituted for the verdict. */
static void log_refusal(const struct refusal *refusal, cJSON *line)
{
	cJSON_AddStringToObject(line, "error", refusal->form == IN_OWN ? refusal->slug : refusal->error);
	if (refusal->form != IN_OWN && refusal->description != NULL)
		cJSON_AddStringToObject(line, "error_description", refusal->description);
}

/* The refusal of a user who has logged in too often, or NULL. */
static const struct refusal *limit_logins(struct org *org, const cJSON *line, struct answer *answer)
{
	const char *sub = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItem(line, "claims"), "sub"));
	long seconds = 0;
	char text[32];

	if (sub == NULL || !logins_refuse(&org->logins, sub, &seconds))
		return NULL;
	if (seconds > 0) {
		snprintf(text, sizeof(text), "%ld", seconds);
		answer->header_name = "Retry-After";
		answer->header_value = strdup(text);
	}
	return refusal_get(REFUSAL_LOGIN_RATE);
}

void token_handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	struct fault_plan plan = { 0 };
	struct verdict verdict;
	const struct refusal *refusal;
	bool use_up;

	org->token_requests++;
	faults_plan(&org->options->faults, org->token_requests, &org->token_draws, &plan);
	use_up = org->options->refuse == NULL && (plan.answer == NULL || plan.answer->used_up);
	cJSON_AddNumberToObject(line, "token_n", (double)org->token_requests);
	if (plan.names[0] != '\0')
		cJSON_AddStringToObject(line, "fault", plan.names);
	verdict = org->options->vendor != NULL ? vendor_judge(org, request, use_up, line) :
		judge_request(org, request, use_up, line);
	refusal = org->options->refuse != NULL ? org->options->refuse : verdict.refusal;
	if (plan.answer != NULL && plan.answer->kind == FAULT_REFUSE)
		refusal = plan.answer->refusal;
	if (refusal == NULL)
		refusal = limit_logins(org, line, answer);
	if (refusal != NULL) {
		log_refusal(refusal, line);
		answer_refusal(answer, refusal);
	} else if (org->options->vendor != NULL) {
		vendor_answer(org, request, answer, line);
	} else {
		answer_bearer(org, answer, cJSON_GetObjectItemCaseSensitive(line, "claims"));
	}
	answer->delay = plan.delay;
	answer->date_shift = plan.date_shift;
	if (plan.headers[0] != NULL)
		memcpy(answer->headers, plan.headers, sizeof(plan.headers));
	if (plan.answer != NULL)
		answer_spoil(answer, plan.answer, org_now(org) + (time_t)plan.date_shift);
}
