/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the agent that the settings name, or that is at the usual place. */
#include "doctor/internal.h"

#include "base/secret.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400 }; /* seconds */

#define NUMBER_MAX 1e15 /* more than any number that an agent has to tell, and exact in a double and a long */

static const char *profile_name(const struct doctor *doctor)
{
	const char *profile = doctor->given->agent.agent.profile;

	return profile != NULL ? profile : "default";
}

/* What an agent cannot do matters only to those who use it. */
static void fail(const struct doctor *doctor, struct doctor_finding *finding, const struct error *error)
{
	if (doctor->given->agent.configured)
		doctor_fail(finding, error);
	else
		doctor_warn(finding, error->hint, "%s", error->text);
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text != NULL ? text : "";
}

/* 0 if it is not a number, or out of range. */
static double number_of(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(number) && fabs(number->valuedouble) <= NUMBER_MAX ? number->valuedouble : 0;
}

/* --- the socket -------------------------------------------------------------------------------------------------- */

static int ask(struct doctor *doctor, struct error *error)
{
	struct oauth_agent agent = doctor->given->agent.agent;
	struct secret *answer = NULL;
	int result;

	agent.profile = agent.username = NULL; /* the status of all that this user may see */
	result = oauth_agent_ask(&agent, "GET", "/v1/status", &answer, error);
	if (result == 0) {
		doctor->agent = cJSON_Parse(secret_data(answer));
		if (doctor->agent == NULL)
			result = error_memory(error);
	}
	secret_free(&answer);
	return result;
}

void doctor_agent_socket(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_agent *given = &doctor->given->agent;
	struct error error = given->error;
	const char *version;

	if (!given->configured && given->agent.socket[0] == '\0') {
		doctor_skip(finding, "needs --agent");
		return;
	}
	if (error.class == ERROR_NONE && ask(doctor, &error) < 0 && !given->configured) {
		doctor_skip(finding, "needs --agent");
		return;
	}
	if (error.class != ERROR_NONE) {
		doctor_fail(finding, &error);
		return;
	}
	version = text_of(doctor->agent, "version");
	doctor_fact_text(finding, "socket", given->agent.socket);
	doctor_fact_text(finding, "version", version);
	doctor_fact_number(finding, "uptime", number_of(doctor->agent, "uptime"));
	if (strcmp(version, P11BEARER_VERSION) != 0)
		doctor_warn(finding, "restart the agent, so that it runs this version too",
			    "%s answers with version %.40s, not %s", given->agent.socket, version, P11BEARER_VERSION);
	else
		doctor_ok(finding, "%s answers%s", given->agent.socket,
			  given->configured ? "" : ", but no setting names it");
}

/* --- the profile ------------------------------------------------------------------------------------------------- */

static const cJSON *find_profile(const struct doctor *doctor)
{
	const cJSON *profiles = cJSON_GetObjectItemCaseSensitive(doctor->agent, "profiles"), *profile;

	cJSON_ArrayForEach(profile, profiles) {
		if (strcmp(text_of(profile, "name"), profile_name(doctor)) == 0)
			return profile;
	}
	return NULL;
}

void doctor_agent_profile(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *name = profile_name(doctor);
	const cJSON *profile = find_profile(doctor);
	struct error error;

	doctor_fact_text(finding, "profile", name);
	if (profile == NULL && !doctor->given->agent.configured) {
		doctor_skip(finding, "it does not serve \"%s\" to this user", name);
	} else if (profile == NULL) {
		error_set(&error, ERROR_CONFIG, "the agent has no profile \"%s\", or uid %lu may not have its bearers",
			  name, (unsigned long)geteuid());
		error_hint(&error, "choose one of the agent's profiles with --profile, or list this user in its "
				   "\"allow\" and run \"p11bearer agent reload\"");
		doctor_fail(finding, &error);
	} else if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(profile, "may_have_bearers"))) {
		error_set(&error, ERROR_CONFIG, "the agent serves \"%s\", but uid %lu may not have its bearers", name,
			  (unsigned long)geteuid());
		error_hint(&error, "list this user in the profile's \"allow\", and run \"p11bearer agent reload\"");
		fail(doctor, finding, &error);
	} else {
		doctor_ok(finding, "the agent serves \"%s\" to this user", name);
	}
}

void doctor_agent_worker(struct doctor *doctor, struct doctor_finding *finding)
{
	const cJSON *profile = find_profile(doctor);
	const char *state = text_of(profile, "state"), *reason = text_of(profile, "reason");
	const char *colon = reason[0] != '\0' ? ": " : "";
	struct error error;

	doctor_fact_text(finding, "state", state);
	doctor_fact_number(finding, "bearers", number_of(profile, "bearers"));
	if (reason[0] != '\0')
		doctor_fact_text(finding, "reason", reason);
	if (strcmp(state, "ready") == 0 || strcmp(state, "starting") == 0) {
		if (reason[0] != '\0')
			doctor_warn(finding, "", "it is %s, but: %s", state, reason);
		else
			doctor_ok(finding, "it is %s", state);
		return;
	}
	if (strcmp(state, "locked") == 0 || strcmp(state, "PIN refused") == 0) {
		error_set(&error, ERROR_PIN, "%s%s%s", strcmp(state, "locked") == 0 ? "it is locked" : state, colon,
			  reason);
		error_hint(&error, "run: p11bearer agent unlock %s", profile_name(doctor));
	} else {
		error_set(&error, ERROR_TOKEN, "it is %s%s%s", state, colon, reason);
		error_hint(&error, "see the agent's log, and run \"p11bearer doctor\" as the agent's user");
	}
	fail(doctor, finding, &error);
}

/* --- the certificates that the agent knows ----------------------------------------------------------------------- */

void doctor_agent_certificate(struct doctor *doctor, struct doctor_finding *finding)
{
	const cJSON *profile = find_profile(doctor);
	double expiry = number_of(profile, "certificate_not_after");
	double left = expiry - (double)time(NULL), days = (double)(long)(left / (double)DAY);
	const char *s = days == 1 ? "" : "s";
	struct error error;

	if (expiry == 0) {
		doctor_skip(finding, "the profile has none");
		return;
	}
	doctor_fact_number(finding, "not_after", expiry);
	doctor_fact_number(finding, "days_left", days);
	if (left < 0) {
		error_set(&error, ERROR_CONFIG, "the certificate that the agent has for the profile has expired");
		error_hint(&error, "replace the key with \"p11bearer rotate\"");
		fail(doctor, finding, &error);
	} else if (days < (double)doctor->given->request->warn_days) {
		doctor_warn(finding, "replace the key with \"p11bearer rotate\"", "expires in %.0f day%s", days, s);
	} else {
		doctor_ok(finding, "expires in %.0f day%s", days, s);
	}
}

void doctor_agent_close(struct doctor *doctor)
{
	cJSON_Delete(doctor->agent);
}
