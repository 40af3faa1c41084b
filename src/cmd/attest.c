/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer attest: what a token proves of a key. */
#include "cmd/cmd.h"

static int run(const struct settings *settings, struct error *error)
{
	(void)settings;
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

static const struct settings_usage usage = {
	.command = "attest",
	.operands = "URI",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Shows and verifies a YubiKey's proof that it made a key.",
	.details = "The proof is an attestation: a certificate that a YubiKey makes for a key that it\n"
		   "generated. Without --login, no PIN is used.",
	.example = "p11bearer attest 'pkcs11:token=YubiKey%20PIV%20%2312345678;id=%01' --roots yubico.pem",
	.groups = GROUP_TOKEN,
	.own = { SETTING_ROOTS, SETTING_LOGIN, SETTING_JSON, SETTING_OUT },
};
const struct command command_attest = { &usage, run, NULL };
