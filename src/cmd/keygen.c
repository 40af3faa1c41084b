/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer keygen: makes a key on a token. */
#include "cmd/cmd.h"

#include "process/output.h"

#include <stdlib.h>
#include <string.h>

static int run(const struct settings *settings, struct error *error)
{
	unsigned bits = (unsigned)settings_number(settings, SETTING_BITS);
	struct p11_request request;
	char *uri = NULL;
	int result = cmd_key_request(settings, settings_operand(settings, 0), &request, error);

	if (result == 0)
		result = p11_key_generate(&request, bits, &uri, error);
	if (result == 0 && (output_write(uri, strlen(uri), error) < 0 || output_write("\n", 1, error) < 0)) {
		error_append(error, "; the key was made: %s", uri);
		result = error_result(error);
	}
	free(uri);
	p11_uri_free(&request.uri);
	return result;
}

static const struct settings_usage usage = {
	.command = "keygen",
	.operands = "URI",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Generates an RSA key on a token and prints its URI.",
	.details = "The key cannot leave its token. URI names the token, and the label and id of the\n"
		   "new key; the default id is random.",
	.example = "p11bearer keygen 'pkcs11:token=prod;object=jwt-key'",
	.groups = GROUP_TOKEN,
	.own = { SETTING_BITS },
};
const struct command command_keygen = { &usage, run, NULL };
