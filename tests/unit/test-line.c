/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a batch for servers of several kinds. */
#include "unit.h"

#include "batch/internal.h"

static const struct server text_row = {
	.name = "text", .title = "The Row", .party = "the row", .token_url = "https://server.example/token",
	.required = "client-id claim.scope header.kid audience",
};
static const struct server url_row = {
	.name = "url", .title = "The Row", .party = "the row", .token_url = "{instance-url}/token", .audience = "{@token-url}",
	.required = "client-id instance-url",
};

static int parse(const char *name, const char *text, long *number, struct url *url, struct error *error)
{
	(void)number;
	if (url != NULL && url_parse(url, text) != NULL)
		return error_set(error, ERROR_CONFIG, "%s is not a URL", name);
	return 0;
}

/* Reads a line for a bearer or, without `bearers`, an assertion. */
static int read_line(struct line *line, const char *text, const struct bearer_request *run, bool bearers,
		     struct error *error)
{
	const struct batch_options options = { .bearers = bearers, .parse = parse };

	return line_read(line, text, strlen(text), run, &options, error);
}

/* Expects that the line lacks this, in the words of the message. */
static void expect_missing(const char *text, const struct bearer_request *run, bool bearers, const char *wanted, int at)
{
	struct error error = { 0 };
	struct line line;

	unit_fails(read_line(&line, text, run, bearers, &error), ERROR_CONFIG, &error, __FILE__, at);
	_assert_string_equal(error.text, wanted, __FILE__, at);
	line_clear(&line);
}
#define assert_missing(text, run, bearers, wanted) expect_missing((text), (run), (bearers), (wanted), __LINE__)

static void expect_taken(const char *text, const struct bearer_request *run, bool bearers, int at)
{
	struct error error = { 0 };
	struct line line;

	unit_works(read_line(&line, text, run, bearers, &error), &error, __FILE__, at);
	line_clear(&line);
}
#define assert_taken(text, run, bearers) expect_taken((text), (run), (bearers), __LINE__)

/* --- what is missing --------------------------------------------------------------------------------------------- */

static void salesforce_lines_lack_what_they_always_did(void **state)
{
	struct bearer_request run = { .server = &server_salesforce };

	(void)state;
	assert_missing("{}", &run, true, "the line has no username, no client-id, no instance-url");
	assert_missing("{\"username\":\"none\",\"client-id\":\"c\"}", &run, false, "the line has no instance-url");
	assert_taken("{\"username\":\"u\",\"client-id\":\"c\",\"audience\":\"https://a.example\"}", &run, false);
	assert_missing("{\"username\":\"u\",\"client-id\":\"c\",\"audience\":\"https://a.example\"}", &run, true,
		       "the line has no instance-url");
	assert_null(url_parse(&run.token_url, "https://t.example"));
	assert_taken("{\"username\":\"u\",\"client-id\":\"c\",\"audience\":\"https://a.example\"}", &run, true);
}

static void lines_need_what_the_row_requires(void **state)
{
	struct jwt_extra scope = { .name = "scope", .json = "\"s\"" };
	struct bearer_request run = { .server = &text_row };

	(void)state;
	assert_missing("{}", &run, true, "the line has no client-id, no claim scope, no header field kid, no audience");
	assert_missing("{\"client-id\":\"c\",\"claims\":{\"scope\":\"s\"}}", &run, true,
		       "the line has no header field kid, no audience");
	run.claims = &scope;
	run.claim_count = 1;
	assert_taken("{\"client-id\":\"c\",\"header\":{\"kid\":\"k\"},\"audience\":\"none\"}", &run, true);
}

static void url_is_needed_if_something_is_below_it(void **state)
{
	struct bearer_request run = { .server = &url_row, .client_id = "c", .audience_text = "{@token-url}",
				      .computed = BEARER_AUD };

	(void)state;
	assert_missing("{}", &run, true, "the line has no instance-url");
	assert_missing("{}", &run, false, "the line has no instance-url"); /* for aud */
	assert_taken("{\"audience\":\"a\"}", &run, false);
	assert_missing("{\"audience\":\"a\"}", &run, true, "the line has no instance-url");
	assert_taken("{\"instance-url\":\"https://i.example\"}", &run, true);
	run.audience_text = "{instance-url}/";
	assert_missing("{}", &run, false, "the line has no instance-url");
	run.grant = SERVER_NONE;
	assert_taken("{\"audience\":\"a\"}", &run, true);
	run.grant = SERVER_JWT_BEARER;
	assert_null(url_parse(&run.token_url, "https://t.example/"));
	run.audience_text = "{@token-url}";
	assert_taken("{}", &run, true);
}

/* --- what is taken ----------------------------------------------------------------------------------------------- */

static void texts_of_lines_are_not_templates(void **state)
{
	const struct bearer_request run = {
		.server = &url_row, .client_id = "{@kid}", .username = "{@client-id}", .audience_text = "{@token-url}",
		.computed = BEARER_ISS | BEARER_SUB | BEARER_AUD, .instance_url = { .text = NULL },
	};
	struct error error = { 0 };
	struct line line;

	(void)state;
	assert_works(read_line(&line, "{\"instance-url\":\"https://i.example\",\"client-id\":\"{c}\"}", &run, true, &error),
		     &error);
	assert_int_equal(line.request.computed, BEARER_SUB | BEARER_AUD);
	assert_string_equal(line.request.client_id, "{c}");
	line_clear(&line);
	assert_works(read_line(&line, "{\"audience\":\"{a}\",\"username\":\"none\",\"instance-url\":\"https://i.example\"}", &run,
			       true, &error), &error);
	assert_int_equal(line.request.computed, BEARER_ISS);
	assert_string_equal(line.request.audience_text, "{a}");
	assert_null(line.request.username);
	line_clear(&line);
}

static void line_replaces_the_one_that_counts(void **state)
{
	struct jwt_extra headers[] = {
		{ .name = "kid", .json = "{@kid}", .computed = true }, { .name = "kid", .json = "\"user\"" },
	};
	const struct bearer_request run = {
		.server = &url_row, .client_id = "c", .grant = SERVER_NONE, .headers = headers, .header_count = 2,
		.audience_text = "",
	};
	struct error error = { 0 };
	struct line line;

	(void)state;
	assert_works(read_line(&line, "{\"header\":{\"kid\":\"line\"}}", &run, true, &error), &error);
	assert_int_equal(line.request.header_count, 2);
	assert_string_equal(line.request.headers[1].json, "\"line\"");
	assert_false(line.request.headers[1].computed);
	line_clear(&line);
}

static void client_logs_in_without_a_user(void **state)
{
	const struct line user = { .request = { .username = "u", .client_id = "c" } };
	const struct line own = { .request = { .username = "{@client-id}", .client_id = "c", .computed = BEARER_SUB } };
	const struct line client = { .request = { .client_id = "c" } }, nobody = { .ref = NULL };

	(void)state;
	assert_string_equal(line_user(&user), "u");
	assert_string_equal(line_user(&client), "c");
	assert_string_equal(line_user(&own), "c");
	assert_string_equal(line_user(&nobody), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(salesforce_lines_lack_what_they_always_did),
		cmocka_unit_test(lines_need_what_the_row_requires),
		cmocka_unit_test(url_is_needed_if_something_is_below_it),
		cmocka_unit_test(texts_of_lines_are_not_templates),
		cmocka_unit_test(line_replaces_the_one_that_counts),
		cmocka_unit_test(client_logs_in_without_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
