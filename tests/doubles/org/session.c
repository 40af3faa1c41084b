/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints that a bearer is used at: userinfo and revocation; and the faults that were asked for there. */
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec.h"
#include "faults.h"

/* How it stands with a bearer; what the log tells. */
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

/* The bearer with this text (NULL is allowed), NULL when it is of no use (any more). */
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

/* The faults for the n-th request that uses a bearer, once its answer is made. */
static void spoil(struct org *org, struct answer *answer, cJSON *line)
{
	struct fault_plan plan;

	faults_plan(&org->options->use_faults, ++org->use_requests, &plan);
	if (plan.names[0] != '\0')
		cJSON_AddStringToObject(line, "fault", plan.names);
	answer->delay = plan.delay;
	answer->date_shift = plan.date_shift;
	if (plan.answer != NULL)
		answer_spoil(answer, plan.answer, org_now(org) + (time_t)plan.date_shift);
}

void userinfo_handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct bearer *bearer = session_find(org, request, answer, line);
	cJSON *json;
	char sub[128];

	if (bearer != NULL) {
		json = cJSON_CreateObject();
		snprintf(sub, sizeof(sub), "%s/id/00D000000000001EAA/005000000000001AAA", org->url);
		cJSON_AddStringToObject(json, "sub", sub);
		cJSON_AddStringToObject(json, "user_id", "005000000000001AAA");
		cJSON_AddStringToObject(json, "organization_id", "00D000000000001EAA");
		cJSON_AddStringToObject(json, "preferred_username", bearer->username);
		answer_json(answer, 200, json);
	}
	spoil(org, answer, line);
}
