/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer keygen: makes a key on a token. */
#include "cmd/cmd.h"

#include "base/message.h"

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
	if (result == 0)
		result = output_write(uri, strlen(uri), error);
	if (result == 0)
		result = output_write("\n", 1, error);
	free(uri);
	return result;
}

static const struct settings_usage usage = {
	.command = "keygen",
	.operands = "URI",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Makes an RSA key on the token that the URI names, with the URI's label and id (a random id when\n"
		   "it has none), so that it cannot leave the token. Prints the key's full URI.",
	.groups = GROUP_KEY,
	.own = { SETTING_BITS },
};
const struct command command_keygen = { &usage, run };
