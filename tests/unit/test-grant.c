/* SPDX-License-Identifier: Apache-2.0 */
/* Token requests of each kind, and the answers of each family of servers. Linked with --wrap, so that this file is the
 * network. */
#include "unit.h"

#include "oauth/exchange.h"
#include "oauth/judge.h"

#include <cjson/cJSON.h>

#define ASSERTION "eyJh.eyJp.c2ln"

/* What the network gets, and what it answers. */
static char sent[2048];
static const char *body;
static long status;
static struct http_clock server_clock;

int __wrap_http_send(struct http *http, const struct http_request *request, struct http_response *response,
		     struct error *error);

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t used = strlen(sent);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sent + used, sizeof(sent) - used, format, arguments);
	va_end(arguments);
}

static void note_request(const struct http_request *request)
{
	struct error error;
	struct secret *json;

	snprintf(sent, sizeof(sent), "%s", request->method);
	if (request->header != NULL)
		note(" [%s]", request->header);
	if (request->bearer != NULL)
		note(" bearer=%s", secret_data(request->bearer));
	for (size_t i = 0; i < request->field_count && !request->fields_as_json; i++)
		note(" %s=%s%s", request->fields[i].name, request->fields[i].value,
		     request->fields[i].secret ? "(secret)" : "");
	if (request->fields_as_json) {
		assert_works(http_json_fields(request->fields, request->field_count, &json, &error), &error);
		note(" %s", secret_data(json));
		secret_free(&json);
	}
}

int __wrap_http_send(struct http *http, const struct http_request *request, struct http_response *response,
		     struct error *error)
{
	(void)http;
	(void)error;
	note_request(request);
	*response = (struct http_response){
		.url = "https://example.com/token", .status = status, .retry_after = -1, .sent = true,
		.clock = server_clock, .body = secret_new(64), .redactor = redactor_new(),
	};
	if (request->bearer != NULL)
		redactor_add(response->redactor, secret_data(request->bearer));
	for (size_t i = 0; i < request->field_count; i++) {
		if (request->fields[i].secret)
			redactor_add(response->redactor, request->fields[i].value);
	}
	secret_append(response->body, body, strlen(body));
	return 0;
}

static int exchange(const struct oauth_grant *grant, struct oauth_answer *answer, struct error *error)
{
	struct secret *assertion = secret_new(64);
	int result;

	*answer = (struct oauth_answer){ .json = NULL };
	*error = (struct error){ .class = ERROR_NONE };
	secret_append(assertion, ASSERTION, strlen(ASSERTION));
	result = oauth_exchange(NULL, NULL, grant, assertion, answer, error);
	secret_free(&assertion);
	return result;
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

static const struct http_field scope[] = { { "scope", "a b", false }, { "client_secret", "12345678", true } };
static const struct http_field members[] = {
	{ "repositories", "[\"one\", 2]", false }, { "role", "dev \"x\"", false }, { "count", "3", false },
	{ "password", "[1]", true },
};

static const struct request_row {
	struct oauth_grant grant;
	const char *wanted;
} requests[] = {
	{ { .kind = OAUTH_JWT_BEARER },
	  "POST grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer assertion=" ASSERTION "(secret)" },
	{ { .kind = OAUTH_JWT_BEARER, .fields = scope, .field_count = 2 },
	  "POST grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer assertion=" ASSERTION "(secret) scope=a b "
	  "client_secret=12345678(secret)" },
	{ { .kind = OAUTH_CLIENT_CREDENTIALS, .fields = scope, .field_count = 1, .header = "X-A: b" },
	  "POST [X-A: b] grant_type=client_credentials "
	  "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer "
	  "client_assertion=" ASSERTION "(secret) scope=a b" },
	{ { .kind = OAUTH_IN_HEADER, .header = "Accept: application/vnd.github+json" },
	  "POST [Accept: application/vnd.github+json] bearer=" ASSERTION },
	{ { .kind = OAUTH_IN_HEADER, .fields = members, .field_count = 1 },
	  "POST bearer=" ASSERTION " {\"repositories\":[\"one\", 2]}" },
	{ { .kind = OAUTH_IN_JSON, .member = "jwt", .fields = members, .field_count = 4 },
	  "POST {\"jwt\":\"" ASSERTION "\",\"repositories\":[\"one\", 2],\"role\":\"dev \\\"x\\\"\",\"count\":3,"
	  "\"password\":\"[1]\"}" },
};

static void each_kind_is_sent(void **state)
{
	(void)state;
	status = 200;
	body = "{\"access_token\":\"T\"}";
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct oauth_grant grant = requests[i].grant;
		struct oauth_answer answer;
		struct error error;

		grant.shape.party = "the server";
		assert_works(exchange(&grant, &answer, &error), &error);
		assert_string_equal(sent, requests[i].wanted);
		oauth_answer_clear(&answer);
	}
}

static void a_json_object_is_one(void **state)
{
	const struct http_field broken = { "repositories", "[\"one\"", false };
	const struct http_field twice[] = { { "role", "a", false }, { "role", "b", false } };
	struct secret *json = NULL;
	struct error error;

	(void)state;
	assert_fails(http_json_fields(&broken, 1, &json, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "repositories");
	assert_null(json);
	assert_fails(http_json_fields(twice, 2, &json, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "role is given twice");
	assert_null(json);
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

enum { SERVER_NOW = 1795723200 }; /* 2026-11-26T20:00:00Z */

static const struct answer_row {
	const char *token, *lifetime; /* of the shape */
	long status;
	const char *body, *json, *bearer;
} answers[] = {
	/* As RFC 6749 has it: as sent. */
	{ NULL, NULL, 200, "{ \"token_type\": \"Bearer\", \"access_token\": \"T\", \"expires_in\": 3.0e3 }",
	  "{\"token_type\":\"Bearer\",\"access_token\":\"T\",\"expires_in\":3.0e3}", "T" },
	{ NULL, NULL, 200, "{\"access_token\":\"T\"}", "{\"access_token\":\"T\"}", "T" },
	{ NULL, NULL, 200, "{\"access_token\":\"T\",\"expires_in\":\"soon\"}",
	  "{\"access_token\":\"T\",\"expires_in\":\"soon\"}", "T" },
	{ NULL, NULL, 200, "{\"a\":{\"access_token\":\"no\"},\"expires_in\":\"3599\",\"access_token\":\"T\"}",
	  "{\"access_token\":\"T\",\"expires_in\":3599,\"a\":{\"access_token\":\"no\"}}", "T" },
	/* GitHub's, Vault's, others'. */
	{ "token", "expires_at", 201, "{\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26T21:00:00Z\",\"n\":1.50}",
	  "{\"access_token\":\"ghs_1\",\"expires_in\":3600,\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26T21:00:00Z\","
	  "\"n\":1.50}", "ghs_1" },
	{ "token", "expires_at", 201, "{\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26T22:00:00.25+01:30\"}",
	  "{\"access_token\":\"ghs_1\",\"expires_in\":1800,\"token\":\"ghs_1\","
	  "\"expires_at\":\"2026-11-26T22:00:00.25+01:30\"}", "ghs_1" },
	{ "token", "expires_at", 201, "{\"token\":\"ghs_1\",\"expires_at\":null}",
	  "{\"access_token\":\"ghs_1\",\"token\":\"ghs_1\",\"expires_at\":null}", "ghs_1" },
	{ "token", "expires_at", 201, "{\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26T19:00:00Z\"}",
	  "{\"access_token\":\"ghs_1\",\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26T19:00:00Z\"}", "ghs_1" },
	{ "token", "expires_at", 201, "{\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26 25:00:00\"}",
	  "{\"access_token\":\"ghs_1\",\"token\":\"ghs_1\",\"expires_at\":\"2026-11-26 25:00:00\"}", "ghs_1" },
	/* A time since 1970, as Entra's expires_on; but not in milliseconds. */
	{ NULL, "expires_on", 200, "{\"access_token\":\"T\",\"expires_on\":\"1795726800\"}",
	  "{\"access_token\":\"T\",\"expires_in\":3600,\"expires_on\":\"1795726800\"}", "T" },
	{ "token", "expires_at", 201, "{\"token\":\"T\",\"expires_at\":1795726800}",
	  "{\"access_token\":\"T\",\"expires_in\":3600,\"token\":\"T\",\"expires_at\":1795726800}", "T" },
	{ "token", "expires_at", 201, "{\"token\":\"T\",\"expires_at\":1795723199}",
	  "{\"access_token\":\"T\",\"token\":\"T\",\"expires_at\":1795723199}", "T" },
	{ "token", "expires_at", 201, "{\"token\":\"T\",\"expires_at\":1795726800000}",
	  "{\"access_token\":\"T\",\"token\":\"T\",\"expires_at\":1795726800000}", "T" },
	{ "auth.client_token", "auth.lease_duration", 200,
	  "{\"lease_duration\":0,\"auth\":{\"client_token\":\"hvs.x\",\"lease_duration\":2764800}}",
	  "{\"access_token\":\"hvs.x\",\"expires_in\":2764800,\"lease_duration\":0,"
	  "\"auth\":{\"client_token\":\"hvs.x\",\"lease_duration\":2764800}}", "hvs.x" },
	{ "auth.client_token", "auth.lease_duration", 200, "{\"auth\":{\"client_token\":\"hvs.x\",\"lease_duration\":0}}",
	  "{\"access_token\":\"hvs.x\",\"auth\":{\"client_token\":\"hvs.x\",\"lease_duration\":0}}", "hvs.x" },
	/* The server's members of these names go: no name comes twice. */
	{ "id_token", "life", 200, "{\"access_token\":\"A\",\"expires_in\":1,\"id_token\":\"I\\\\\\\"\",\"life\":\"60\"}",
	  "{\"access_token\":\"I\\\\\\\"\",\"expires_in\":60,\"id_token\":\"I\\\\\\\"\",\"life\":\"60\"}", "I\\\"" },
	{ "id_token", NULL, 200, "{\"access_token\":\"A\",\"expires_in\":7,\"id_token\":\"I\"}",
	  "{\"access_token\":\"I\",\"expires_in\":7,\"id_token\":\"I\"}", "I" },
};

static void a_bearer_is_found_in_each_shape(void **state)
{
	(void)state;
	server_clock = (struct http_clock){ .known = true, .server = SERVER_NOW };
	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct oauth_grant grant = { .shape = { "the server", answers[i].token, answers[i].lifetime,
							      { NULL, NULL } } };
		struct oauth_answer answer;
		struct error error;

		status = answers[i].status;
		body = answers[i].body;
		assert_works(exchange(&grant, &answer, &error), &error);
		assert_string_equal(secret_data(answer.json), answers[i].json);
		assert_string_equal(secret_data(answer.access_token), answers[i].bearer);
		oauth_answer_clear(&answer);
	}
}

static void without_a_date_the_own_clock_counts(void **state)
{
	const struct http_clock unknown = { .known = false };
	char text[32];
	time_t when = time(NULL) + 600;
	struct tm parts;
	cJSON *item;
	long life;

	(void)state;
	assert_non_null(gmtime_r(&when, &parts));
	strftime(text, sizeof(text), "%Y-%m-%dt%H:%M:%Sz", &parts);
	item = cJSON_CreateString(text);
	life = lifetime_read(item, &unknown);
	cJSON_Delete(item);
	assert_true(life >= 590 && life <= 600);
}

static const struct unusable_row {
	const char *token, *body, *text;
} unusable[] = {
	{ NULL, "{\"token\":\"T\"}", "Vendor's answer has no access_token" },
	{ "auth.client_token", "{\"auth\":{\"client_token\":1}}", "Vendor's answer has no auth.client_token" },
	{ "auth.client_token", "{\"auth\":\"client_token\"}", "Vendor's answer has no auth.client_token" },
	{ "token", "{\"token\":\"a b\"}", "Vendor's token has a character" },
	{ "token", "[]", "Vendor's answer is not a JSON object" },
	{ NULL, "{\"access_token\":\"T\",\"token_type\":\"DPoP\"}", "Vendor's access token is bound to a key" },
	{ NULL, "{\"access_token\":\"T\",\"Access_Token\":\"U\"}", "may be taken for access_token" },
};

static void an_unusable_answer_is_refused(void **state)
{
	(void)state;
	status = 200;
	for (size_t i = 0; i < COUNT(unusable); i++) {
		const struct oauth_grant grant = { .shape = { "Vendor", unusable[i].token, NULL, { NULL, NULL } } };
		struct oauth_answer answer;
		struct error error;

		body = unusable[i].body;
		assert_fails(exchange(&grant, &answer, &error), ERROR_ANSWER, &error);
		assert_contains(error.text, unusable[i].text);
		oauth_answer_clear(&answer);
	}
}

/* --- refusals ---------------------------------------------------------------------------------------------------- */

static const struct refusal_row {
	long status;
	const char *body, *code, *description, *text;
} refusals[] = {
	{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"no_valid_keys\"}", "invalid_grant", "no_valid_keys",
	  "Vendor refused: invalid_grant: no_valid_keys (HTTP status 400)" },
	{ 400, "{\"error\":\"invalid_client\",\"error_description\":null}", "invalid_client", "",
	  "Vendor refused: invalid_client (HTTP status 400)" },
	/* Entra */
	{ 401, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700027: Bad. Trace ID: t-1\","
	       "\"error_codes\":[700027,7],\"trace_id\":\"t-1\",\"correlation_id\":\"c-2\","
	       "\"error_uri\":\"https://login/error?code=700027\"}", "invalid_client", "AADSTS700027: Bad. Trace ID: t-1",
	  "(HTTP status 401; error_codes 700027 7; correlation_id c-2; error_uri https://login/error?code=700027)" },
	/* GitHub */
	{ 401, "{\"message\":\"A JSON web token could not be decoded\",\"documentation_url\":\"https://docs\","
	       "\"status\":\"401\"}", "", "A JSON web token could not be decoded",
	  "Vendor refused: A JSON web token could not be decoded (HTTP status 401; documentation_url https://docs)" },
	{ 422, "{\"message\":\"Invalid\",\"errors\":[{\"code\":\"missing\",\"field\":\"x\"},{\"message\":\"No such\"},\"x\"]}",
	  "", "Invalid; missing; No such; x", "Vendor refused: Invalid; missing; No such; x (HTTP status 422)" },
	/* Vault */
	{ 400, "{\"errors\":[\"error validating token: bad signature\",\"two\"]}", "",
	  "error validating token: bad signature; two",
	  "Vendor refused: error validating token: bad signature; two (HTTP status 400)" },
	{ 403, "{\"errors\":[]}", "", "", "Vendor refused with HTTP status 403 and gave no reason" },
	/* Google's APIs */
	{ 401, "{\"error\":{\"code\":401,\"message\":\"Invalid credentials\",\"status\":\"UNAUTHENTICATED\"}}",
	  "UNAUTHENTICATED", "Invalid credentials",
	  "Vendor refused: UNAUTHENTICATED: Invalid credentials (HTTP status 401)" },
	/* Okta's API */
	{ 401, "{\"errorCode\":\"E0000011\",\"errorSummary\":\"Invalid token\",\"errorId\":\"oae1\","
	       "\"errorCauses\":[{\"errorSummary\":\"kid\"}]}", "E0000011", "Invalid token; kid",
	  "Vendor refused: E0000011: Invalid token; kid (HTTP status 401; errorId oae1)" },
	/* Snowflake, NetSuite, RFC 9457 */
	{ 401, "{\"data\":null,\"code\":390144,\"message\":\"JWT token is invalid.\"}", "390144", "JWT token is invalid.",
	  "Vendor refused: 390144: JWT token is invalid. (HTTP status 401)" },
	{ 401, "{\"title\":\"Unauthorized\",\"status\":401,\"o:errorDetails\":[{\"detail\":\"Invalid login\","
	       "\"o:errorCode\":\"INVALID_LOGIN\"}]}", "", "Unauthorized; Invalid login",
	  "Vendor refused: Unauthorized; Invalid login (HTTP status 401)" },
	{ 400, "[{\"x\":1},{\"error\":\"second\"}]", "second", "", "Vendor refused: second (HTTP status 400)" },
	{ 400, "[[\"deep\"]]", "", "deep", "Vendor refused: deep (HTTP status 400)" },
	{ 400, "{\"error\":{\"message\":\"line\\nend\"}}", "", "line?end", "Vendor refused: line?end (HTTP status 400)" },
	/* An error with a status of success. */
	{ 200, "{\"error\":\"slow\"}", "slow", "", "Vendor refused: slow (HTTP status 200)" },
	{ 200, "{\"access_token\":null,\"errors\":[\"no\"]}", "", "no", "Vendor refused: no (HTTP status 200)" },
	{ 200, "{\"error\":{\"code\":7,\"message\":\"no\"}}", "7", "no", "Vendor refused: 7: no (HTTP status 200)" },
	/* Secrets are masked wherever they are. */
	{ 400, "{\"errors\":[{\"detail\":\"bad jwt " ASSERTION "\"}],\"trace_id\":\"for " ASSERTION "\"}", "", "bad jwt ***",
	  "Vendor refused: bad jwt *** (HTTP status 400; trace_id for ***)" },
};

static void a_refusal_is_quoted_in_each_shape(void **state)
{
	const struct oauth_grant grant = { .shape = { .party = "Vendor" } };

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct oauth_answer answer;
		struct error error;

		status = refusals[i].status;
		body = refusals[i].body;
		assert_fails(exchange(&grant, &answer, &error), ERROR_ORG, &error);
		assert_string_equal(answer.code, refusals[i].code);
		assert_string_equal(answer.description, refusals[i].description);
		assert_contains(error.text, refusals[i].text);
		oauth_answer_clear(&answer);
	}
}

static void the_vendors_names_count_without_a_bearer(void **state)
{
	const struct oauth_grant grant = { .shape = { .party = "Vendor", .names = { "status", "why" } } };
	struct oauth_answer answer;
	struct error error;

	(void)state;
	status = 200;
	body = "{\"status\":\"approved\",\"why\":\"none\",\"access_token\":\"T\"}";
	assert_works(exchange(&grant, &answer, &error), &error);
	oauth_answer_clear(&answer);
	body = "{\"status\":\"denied\",\"why\":\"late\"}";
	assert_fails(exchange(&grant, &answer, &error), ERROR_ORG, &error);
	assert_string_equal(error.text, "Vendor refused: denied: late (HTTP status 200)");
	oauth_answer_clear(&answer);
}

static void dpop_is_not_supported(void **state)
{
	const struct oauth_grant grant = { .shape = { .party = "Okta" } };
	struct oauth_answer answer;
	struct error error;

	(void)state;
	status = 400;
	body = "{\"error\":\"use_dpop_nonce\",\"error_description\":\"Authorization server requires nonce\"}";
	assert_fails(exchange(&grant, &answer, &error), ERROR_ORG, &error);
	assert_contains(error.hint, "does not support DPoP");
	oauth_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_sent),
		cmocka_unit_test(a_json_object_is_one),
		cmocka_unit_test(a_bearer_is_found_in_each_shape),
		cmocka_unit_test(without_a_date_the_own_clock_counts),
		cmocka_unit_test(an_unusable_answer_is_refused),
		cmocka_unit_test(a_refusal_is_quoted_in_each_shape),
		cmocka_unit_test(the_vendors_names_count_without_a_bearer),
		cmocka_unit_test(dpop_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
