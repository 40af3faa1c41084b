/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the code that reads a server's answers. The first byte picks the HTTP status, the rest is the body. Linked
 * with --wrap, so that this file is the network. */
#include "fuzz.h"

#include "base/json.h"
#include "oauth/agent.h"
#include "oauth/call.h"
#include "oauth/exchange.h"
#include "salesforce/deployment.h"
#include "server/server.h"

#include <cjson/cJSON.h>
#include <math.h>

static const long statuses[] = { 200, 201, 204, 302, 400, 401, 404, 429, 500, 503 };
static const uint8_t *input;
static size_t input_size;

int __wrap_http_open(struct http **http, const struct http_options *options, struct error *error);
void __wrap_http_close(struct http **http);
void __wrap_http_end_at(struct http *http, double when);
int __wrap_http_send(struct http *http, const struct http_request *request, struct http_response *response,
		     struct error *error);

int __wrap_http_open(struct http **http, const struct http_options *options, struct error *error)
{
	(void)options;
	(void)error;
	*http = NULL;
	return 0;
}

void __wrap_http_close(struct http **http)
{
	(void)http;
}

void __wrap_http_end_at(struct http *http, double when)
{
	(void)http;
	(void)when;
}

int __wrap_http_send(struct http *http, const struct http_request *request, struct http_response *response,
		     struct error *error)
{
	(void)http;
	(void)error;
	*response = (struct http_response){ .url = "https://example.com/", .retry_after = -1, .sent = true };
	response->status = input_size > 0 ? statuses[input[0] % (sizeof(statuses) / sizeof(statuses[0]))] : 200;
	response->body = secret_new(64);
	response->redactor = redactor_new();
	if (request->bearer != NULL)
		redactor_add(response->redactor, secret_data(request->bearer));
	if (input_size > 1)
		secret_append(response->body, input + 1, input_size - 1);
	return 0;
}

static void expect_line(const char *text)
{
	for (; *text != '\0'; text++)
		expect(!iscntrl((unsigned char)*text), "what is shown is one line");
}

/* Every parser must read what is written to stdout alike. Only masked names may be repeated. */
static void expect_json(const struct secret *json)
{
	cJSON *parsed = cJSON_Parse(secret_data(json));
	bool masked = strstr(secret_data(json), "***\":") != NULL;
	struct error why;

	expect(parsed != NULL && (masked || json_strict(secret_data(json), parsed, ERROR_ANSWER, "", &why) == 0),
	       "what is handed on is JSON");
	cJSON_Delete(parsed);
}

/* Checks the parsed strings, because the end of an escape such as \u100D in the text may look like the secret's
 * start. */
static void expect_hidden(const cJSON *item)
{
	for (; item != NULL; item = item->next) {
		expect(item->string == NULL || strstr(item->string, "00Dsecret") == NULL, "no name holds the bearer");
		expect(item->valuestring == NULL || strstr(item->valuestring, "00Dsecret") == NULL, "no value does");
		expect_hidden(item->child);
	}
}

/* One of each family: where the token and its lifetime are, and how errors are worded. */
static const char *const names[] = { "salesforce", "entra", "github-app", "vault" };
static const struct oauth_grant grants[] = {
	{ .kind = OAUTH_JWT_BEARER, .shape = { "the org", NULL, NULL, { "errorCode", "message" } } },
	{ .kind = OAUTH_CLIENT_CREDENTIALS, .shape = { "Entra ID", NULL, NULL, { NULL, NULL } } },
	{ .kind = OAUTH_IN_HEADER, .shape = { "GitHub", "token", "expires_at", { NULL, "message" } } },
	{ .kind = OAUTH_IN_JSON, .member = "jwt",
	  .shape = { "Vault", "auth.client_token", "auth.lease_duration", { NULL, NULL } } },
};

static void expect_bearer(const struct oauth_answer *answer)
{
	cJSON *parsed = cJSON_Parse(secret_data(answer->json));
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(parsed, "access_token"));

	expect(token != NULL && strcmp(token, secret_data(answer->access_token)) == 0, "there is an access_token");
	cJSON_Delete(parsed);
}

static void exchange(const char *name, const struct oauth_grant *grant, const struct secret *assertion)
{
	struct oauth_answer answer = { .json = NULL };
	struct error error = { .class = ERROR_NONE };

	if (oauth_exchange(NULL, NULL, grant, assertion, &answer, &error) == 0) {
		expect_json(answer.json);
		expect_bearer(&answer);
		for (const char *c = secret_data(answer.access_token); *c != '\0'; c++)
			expect(*c > ' ' && *c <= '~', "a token has visible characters only");
	} else {
		expect(error.class == ERROR_ORG || error.class == ERROR_ANSWER, "a failure has its class");
		expect_line(answer.code);
		expect_line(answer.description);
		expect_line(error.text);
		(void)server_advice(server_find(name), answer.code, answer.description);
	}
	oauth_answer_clear(&answer);
}

static void expect_shown(const char *text)
{
	expect_line(text);
	expect(strstr(text, "00Dsecret") == NULL, "the bearer is not in what is shown");
}

static void read_deployment(const char *json, const char *id)
{
	struct deployment deployment;
	struct error error = { .class = ERROR_NONE };

	if (deployment_read(&deployment, json, id, &error) == 0) {
		expect(strspn(deployment.id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
			       strlen(deployment.id), "an id can stand in a path");
		expect(!deployment.success || deployment.done, "a success has an end");
		expect_shown(deployment.status);
		expect_shown(deployment.detail);
		for (size_t i = 0; i < deployment.count; i++) {
			expect_shown(deployment.problems[i].component);
			expect_shown(deployment.problems[i].file);
			expect_shown(deployment.problems[i].text);
		}
	} else {
		expect(error.class == ERROR_ANSWER, "a deployment that is none has its class");
	}
	deployment_clear(&deployment);
}

static void call(const struct secret *bearer)
{
	const struct http_request request = { .method = "GET", .bearer = bearer };
	struct oauth_answer answer = { .json = NULL };
	struct error error = { .class = ERROR_NONE };
	cJSON *parsed;

	if (oauth_call(NULL, &request, OAUTH_JSON, &grants[0].shape, &answer, &error) == 0) {
		expect_json(answer.json);
		parsed = cJSON_Parse(secret_data(answer.json));
		expect_hidden(parsed);
		cJSON_Delete(parsed);
		read_deployment(secret_data(answer.json), NULL);
		read_deployment(secret_data(answer.json), "0Af000000000001AAA");
	} else {
		expect(strstr(error.text, secret_data(bearer)) == NULL, "nor is it in a message");
		expect_line(answer.code);
		expect_line(answer.description);
	}
	oauth_answer_clear(&answer);
}

static void ask_agent(void)
{
	const struct oauth_agent agent = { .socket = "/none" };
	char generation[OAUTH_GENERATION_SIZE] = "";
	struct oauth_answer answer = { .json = NULL };
	struct error error = { .class = ERROR_NONE };
	cJSON *parsed;

	if (oauth_agent_bearer(&agent, HUGE_VAL, generation, &answer, &error) == 0) {
		expect_json(answer.json);
		parsed = cJSON_Parse(secret_data(answer.json));
		expect(cJSON_GetObjectItemCaseSensitive(parsed, "p11bearer") == NULL, "the agent's member is dropped");
		expect(strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(parsed, "access_token")),
			      secret_data(answer.access_token)) == 0, "the access token stays");
		expect(generation[0] != '\0', "the bearer has a generation");
		cJSON_Delete(parsed);
	} else {
		expect(error.class >= ERROR_UNEXPECTED && error.class <= ERROR_ANSWER, "a failure has its class");
	}
	oauth_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret *secret = secret_new(64);

	input = data;
	input_size = size;
	secret_append(secret, "00Dsecret", 9);
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
		exchange(names[i], &grants[i], secret);
	call(secret);
	ask_agent();
	secret_free(&secret);
	return 0;
}
