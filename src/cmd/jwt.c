/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer jwt: prints an assertion. */
#include "cmd/cmd.h"

#include "base/json.h"
#include "base/message.h"
#include "process/output.h"

static int explain(const struct assertion *assertion, struct error *error)
{
	struct secret *text = secret_new(4096);
	int result = 0;

	if (text == NULL || secret_printf(text, "{\"header\":") < 0 || json_line(text, assertion->header) < 0 ||
	    secret_printf(text, ",\"claims\":") < 0 || json_line(text, assertion->claims) < 0 ||
	    secret_printf(text, "}\n") < 0)
		result = error_memory(error);
	else
		message_put(secret_data(text));
	secret_free(&text);
	return result;
}

static int print(struct assertion *assertion, bool explained, struct error *error)
{
	if (explained && explain(assertion, error) < 0)
		return error_result(error);
	if (secret_append(assertion->text, "\n", 1) < 0)
		return error_memory(error);
	return output_write(secret_data(assertion->text), secret_length(assertion->text), error);
}

static int make(const struct settings *settings, struct error *error)
{
	struct bearer_request request;
	struct assertion assertion;
	int result = cmd_bearer_request(settings, CMD_ASSERTION, &request, error);

	if (result == 0)
		result = bearer_assertion(&request, &assertion, error);
	if (result == 0) {
		result = print(&assertion, settings_flag(settings, SETTING_EXPLAIN), error);
		assertion_clear(&assertion);
	}
	cmd_bearer_request_clear(&request);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	bool batch;

	if (cmd_is_batch(settings, SETTING_EXPLAIN, &batch, error) < 0)
		return error_result(error);
	return batch ? cmd_batch(settings, CMD_ASSERTION, error) : make(settings, error);
}

static const struct settings_usage usage = {
	.command = "jwt",
	.operands = "",
	.summary = "Prints an assertion: a JWT signed by a key on a token.",
	.details = "The assertion is for RFC 7523. Nothing is sent. With --batch, only the key is\n"
		   "required, and --json prints an object for each assertion.",
	.example = "p11bearer jwt -k 'pkcs11:token=prod;object=jwt-key' -i CONSUMER_KEY \\\n"
		   "    -u user@example.com -r https://example.my.salesforce.com",
	.needed = cmd_needs_assertion,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_AUDIT,
	.own = { SETTING_EXPLAIN, SETTING_TOKEN_URL, SETTING_BATCH, SETTING_JSON, SETTING_SESSIONS, SETTING_FAIL_FAST,
		 SETTING_ANSWERED_OK, SETTING_DONE },
};
const struct command command_jwt = { &usage, run, NULL };
