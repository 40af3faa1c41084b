/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer keygen: makes a key on a token. */
#include "cmd/cmd.h"

#include "process/output.h"

#include <stdlib.h>
#include <string.h>

/* The type of the pair, from --type and the option for its size. */
static int pair_type(const struct settings *settings, struct p11_pair_type *type, struct error *error)
{
	bool ec = strcmp(settings_text(settings, SETTING_TYPE), "ec") == 0;
	enum setting_id other = ec ? SETTING_BITS : SETTING_CURVE;

	*type = (struct p11_pair_type){
		.curve = ec ? settings_text(settings, SETTING_CURVE) : NULL,
		.bits = (unsigned)settings_number(settings, SETTING_BITS),
		.placing = cmd_placing(settings),
	};
	if (!settings_is_option(settings, other))
		return 0;
	error_set(error, ERROR_USAGE, "--%s is not for %s keys", settings_name(other), ec ? "EC" : "RSA");
	error_hint(error, "%s", ec ? "choose a curve with --curve" : "give --type ec, or choose a size with --bits");
	return -ERROR_USAGE;
}

static int run(const struct settings *settings, struct error *error)
{
	struct p11_request request = { .uri = NULL };
	struct p11_pair_type type;
	char *uri = NULL;
	int result = pair_type(settings, &type, error);

	if (result == 0)
		result = cmd_key_request(settings, settings_operand(settings, 0), &request, error);
	if (result == 0)
		result = p11_key_generate(&request, &type, &uri, error);
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
	.summary = "Generates an RSA or EC key on a token and prints its URI.",
	.details = "The key cannot leave its token. URI names the token, and the label and id of the\n"
		   "new key; the default id is random.",
	.example = "p11bearer keygen 'pkcs11:token=prod;object=jwt-key'",
	.groups = GROUP_TOKEN,
	.own = { SETTING_TYPE, SETTING_BITS, SETTING_CURVE, SETTING_TOUCH, SETTING_PIN_POLICY, SETTING_REPLACE,
		 SETTING_SO_PIN_FROM },
};
const struct command command_keygen = { &usage, run, NULL };
