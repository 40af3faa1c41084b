/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the token endpoint answers like one. A login page, a captive portal or a proxy may answer instead. */
#include "doctor/internal.h"

#include "bearer/advice.h"
#include "oauth/judge.h"
#include "oauth/refusal.h"

#include <string.h>

enum { TITLE_SIZE = 120, HTTP_NOT_FOUND = 404 };

#define ELSEWHERE "check --instance-url and --token-url; a login page, a captive portal or a proxy may answer in " \
	"place of the server"

static bool is_page(const struct http_response *response)
{
	const char *text = secret_data(response->body);
	bool redirect = response->status >= 300 && response->status < 400;

	return !redirect && text[strspn(text, " \t\r\n\xef\xbb\xbf")] == '<';
}

/* The answer is no refusal in JSON. */
static void refuse(const struct http_response *response, bool transient, struct error *error,
		   struct doctor_finding *finding)
{
	char title[TITLE_SIZE];

	if (is_page(response)) {
		refusal_title(response, title, sizeof(title));
		error_set(error, error->class, "%s answers with a page%s%s%s instead of JSON (HTTP status %ld)",
			  response->url, title[0] != '\0' ? ", \"" : "", title, title[0] != '\0' ? "\"," : "",
			  response->status);
	}
	if (transient)
		error_hint(error, "wait and try again: the server, or a proxy before it, is not available");
	else if (error->hint[0] == '\0' || is_page(response))
		error_hint(error, ELSEWHERE);
	doctor_fail(finding, error);
}

/* RFC 6749 section 5.2: a request that lacks a parameter is refused with an error code, and status 400 or similar. */
static void judge(const struct doctor *doctor, const struct oauth_answer *answer, int result, struct error *error,
		  struct doctor_finding *finding)
{
	const struct http_response *response = &doctor->network.response;
	const struct server *server = doctor->given->request->server;
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);
	const enum server_grant grant = doctor->given->request->grant;
	/* Others than those of RFC 6749 may send no code. */
	bool has_code = grant == SERVER_JWT_BEARER || grant == SERVER_CLIENT_CREDENTIALS || answer->code[0] != '\0';
	const char *words = has_code ? answer->code : answer->description;

	if (result == 0) {
		error_set(error, ERROR_ANSWER, "%s gives a bearer to whoever asks", response->url);
		error_hint(error, ELSEWHERE);
		doctor_fail(finding, error);
	} else if (result != -ERROR_ORG || words[0] == '\0' || answer->plain || answer->refused ||
		   answer->status == HTTP_NOT_FOUND) {
		refuse(response, answer->transient, error, finding);
	} else if (answer->transient) {
		advice_hint(server, advice, answer->retry_after, error);
		doctor_fail(finding, error);
	} else if (strcmp(answer->code, "unsupported_grant_type") == 0) {
		advice_hint(server, advice, answer->retry_after, error);
		doctor_warn(finding, error->hint, "%s", error->text);
	} else {
		doctor_ok(finding, "refuses a request without an assertion, as it must: %s (HTTP status %ld)",
			  words, answer->status);
	}
}

void doctor_network_endpoint(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct oauth_shape shape = bearer_shape(doctor->given->request->server);
	const struct doctor_network *network = &doctor->network;
	struct oauth_answer answer = { .json = NULL };
	struct error error = network->error;
	int result;

	if (network->probe.stage != HTTP_STAGE_DONE) {
		if (network->response.refused && doctor->given->tls_certificate != NULL)
			doctor_ok(finding, "the server requires a TLS client certificate; --exchange shows whether it "
				  "accepts yours");
		else
			doctor_fail(finding, &error);
		return;
	}
	result = judge_response(&network->response, OAUTH_BEARER, &shape, 0, &answer, &error);
	judge(doctor, &answer, result, &error, finding);
	oauth_answer_clear(&answer);
}
