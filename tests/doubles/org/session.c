/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints that take a bearer, userinfo and revocation, and their faults. */
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec.h"
#include "faults.h"
#include "form.h"

/* The state of a bearer, as logged. */
static const char *judge_bearer(const struct org *org, const char *text, const struct bearer *bearer)
{
	if (text == NULL)
		return "missing";
	if (bearer == NULL)
		return "unknown";
	if (bearer->revoked)
		return "revoked";
	return org_now(org) >= bearer->issued_at + org->options->bearer_life ? "expired" : "good";
}

/* The bearer with this text (may be NULL), or NULL if it is not valid or no longer valid. */
static struct bearer *look_up(struct org *org, const char *text, cJSON *line)
{
	struct bearer *bearer = text != NULL ? bearers_find(&org->bearers, text) : NULL;
	const char *standing = judge_bearer(org, text, bearer);
	char digest[SHA256_HEX_SIZE];

	cJSON_AddStringToObject(line, "bearer", standing);
	if (text != NULL) {
		sha256_hex(text, digest);
		cJSON_AddStringToObject(line, "bearer_sha256", digest);
	}
	return strcmp(standing, "good") == 0 ? bearer : NULL;
}

struct bearer *session_find(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	static const char scheme[] = "Bearer ";
	const char *text = request->authorization;
	struct bearer *bearer;

	if (text != NULL)
		text = strncasecmp(text, scheme, strlen(scheme)) == 0 ? text + strlen(scheme) : NULL;
	bearer = look_up(org, text, line);
	if (bearer == NULL)
		answer_session_ended(answer);
	return bearer;
}

void session_plan_faults(struct org *org, struct fault_plan *plan, cJSON *line)
{
	faults_plan(&org->options->use_faults, ++org->use_requests, &org->use_draws, plan);
	if (plan->names[0] != '\0')
		cJSON_AddStringToObject(line, "fault", plan->names);
}

void session_spoil(const struct org *org, const struct fault_plan *plan, struct answer *answer)
{
	answer->delay = plan->delay;
	answer->date_shift = plan->date_shift;
	memcpy(answer->headers, plan->headers, sizeof(plan->headers));
	if (plan->answer != NULL)
		answer_spoil(answer, plan->answer, org_now(org) + (time_t)plan->date_shift);
}

void userinfo_handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct bearer *bearer = session_find(org, request, answer, line);
	struct fault_plan plan = { 0 };
	cJSON *json;
	char sub[128];

	session_plan_faults(org, &plan, line);
	if (bearer != NULL) {
		json = cJSON_CreateObject();
		snprintf(sub, sizeof(sub), "%s/id/00D000000000001EAA/005000000000001AAA", org->url);
		cJSON_AddStringToObject(json, "sub", sub);
		cJSON_AddStringToObject(json, "user_id", "005000000000001AAA");
		cJSON_AddStringToObject(json, "organization_id", "00D000000000001EAA");
		cJSON_AddStringToObject(json, "preferred_username", bearer->username);
		answer_json(answer, 200, json);
	}
	session_spoil(org, &plan, answer);
}

/* The org's messages for a token that it cannot revoke; some repeat the token. */
static void answer_unrevoked(struct answer *answer, const char *text)
{
	cJSON *json = cJSON_CreateObject();
	char description[512];

	if (text != NULL && strncmp(text, "00D", 3) == 0) {
		snprintf(description, sizeof(description), "invalid token: %s", text);
		cJSON_AddStringToObject(json, "error", "invalid_token");
		cJSON_AddStringToObject(json, "error_description", description);
	} else {
		cJSON_AddStringToObject(json, "error", "unsupported_token_type");
		cJSON_AddStringToObject(json, "error_description", "this token type is not supported");
	}
	answer_json(answer, 400, json);
}

void revoke_handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	struct form form = { 0 };
	const char *text = NULL;
	struct fault_plan plan = { 0 };
	struct bearer *bearer;

	session_plan_faults(org, &plan, line);
	if (form_is_urlencoded(request->content_type) && form_parse(request->body, request->length, &form) == 0)
		text = form_get(&form, "token");
	bearer = look_up(org, text, line);
	if (bearer != NULL) {
		bearer->revoked = plan.answer == NULL || plan.answer->used_up;
		answer->status = 200;
		answer->content_type = "text/html;charset=UTF-8";
	} else {
		answer_unrevoked(answer, text);
	}
	form_clear(&form);
	session_spoil(org, &plan, answer);
}
