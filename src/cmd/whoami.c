/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer whoami: gets a bearer and prints its user. */
#include "cmd/cmd.h"

#include "process/output.h"

static int run(const struct settings *settings, struct error *error)
{
	struct bearer_request request;
	struct secret *json = NULL;
	struct server row;
	int result;

	if (cmd_choose(settings, &row, error) < 0 || cmd_needs_endpoint(&row, row.userinfo_url, "whoami", error) < 0)
		return error_result(error);
	result = cmd_bearer_request(settings, CMD_BEARER, &request, error);
	if (result == 0)
		result = bearer_userinfo(&request, &json, error);
	if (result == 0)
		result = output_write(secret_data(json), secret_length(json), error);
	secret_free(&json);
	cmd_bearer_request_clear(&request);
	return result;
}

static const struct settings_usage usage = {
	.command = "whoami",
	.operands = "",
	.summary = "Gets a bearer and prints the user it belongs to.",
	.details = "Prints the answer of the server's userinfo endpoint, which is JSON.\n"
		   "With --agent, nothing is required.",
	.example = "p11bearer whoami --profile production",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
};
const struct command command_whoami = { &usage, run, NULL };
