/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer destroy: removes a key from its token, with its public key and certificates. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "p11/destroy.h"
#include "x509/x509.h"

#include <stdio.h>

enum { DESCRIPTION_SIZE = 1024 };

static void describe_certificate(X509 *certificate, char *text, size_t size)
{
	char subject[400], expiry[32], fingerprint[X509_FINGERPRINT_SIZE];

	x509_subject(certificate, subject, sizeof(subject));
	x509_expiry(certificate, expiry, sizeof(expiry));
	x509_fingerprint(certificate, fingerprint);
	snprintf(text, size, "the certificate of %s, valid until %s, SHA-256 fingerprint %s", subject, expiry,
		 fingerprint);
}

/* Describes the object in one line. */
static void describe(const struct p11_plan *plan, const struct p11_object *object, char text[DESCRIPTION_SIZE])
{
	const char *type = object->type[0] != '\0' ? object->type : "of unknown type";

	if (object->class == P11_PRIVATE_KEY)
		snprintf(text, DESCRIPTION_SIZE, "the private key (%s), %s", type, plan->uri);
	else if (object->class == P11_PUBLIC_KEY)
		snprintf(text, DESCRIPTION_SIZE, "the public key (%s), label \"%s\"", type, object->label);
	else if (object->certificate != NULL)
		describe_certificate(object->certificate, text, DESCRIPTION_SIZE);
	else
		snprintf(text, DESCRIPTION_SIZE, "a certificate that cannot be read, label \"%s\"", object->label);
}

static void show(const struct p11_plan *plan, bool destroys)
{
	char text[DESCRIPTION_SIZE];

	if (plan->slot != NULL)
		message_note("a YubiKey cannot delete a private key: a new one, which nobody uses, %s the one in slot "
			     "%s and stays there", destroys ? "overwrites" : "would overwrite", plan->slot);
	for (size_t i = 0; i < plan->count; i++) {
		describe(plan, &plan->objects[i], text);
		if (plan->objects[i].stays)
			message_note("keeping %s: it has the same id, but does not show the same public key", text);
		else
			message_note("%s %s", destroys ? "destroying" : "would destroy", text);
	}
}

/* Adds what could not be destroyed to the error's sentence, one line each. */
static void name_left(const struct p11_plan *plan, struct error *error)
{
	char text[DESCRIPTION_SIZE];

	for (size_t i = 0; i < plan->count; i++) {
		if (!plan->objects[i].left)
			continue;
		describe(plan, &plan->objects[i], text);
		error_append(error, "\n  left: %s", text);
	}
}

static int run(const struct settings *settings, struct error *error)
{
	bool destroys = settings_flag(settings, SETTING_YES);
	struct p11_plan plan = { .key = NULL };
	struct p11_request request;
	int result = cmd_key_request(settings, settings_operand(settings, 0), &request, error);

	if (result == 0)
		result = p11_plan_make(&plan, &request, destroys, error);
	if (result == 0) {
		show(&plan, destroys);
		if (!destroys) {
			result = error_set(error, ERROR_USAGE, "nothing was destroyed, because --yes is not given");
			error_hint(error, "give --yes to destroy this; a destroyed key cannot be restored");
		} else if ((result = p11_plan_carry_out(&plan, error)) < 0) {
			name_left(&plan, error);
		}
	}
	p11_plan_free(&plan);
	p11_uri_free(&request.uri);
	return result;
}

static const struct settings_usage usage = {
	.command = "destroy",
	.operands = "URI",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Destroys a key on a token, with its certificates.",
	.details = "URI names the token's serial number, and the label and id of the key. Without\n"
		   "--yes, only shows what would be destroyed.",
	.example = "p11bearer destroy 'pkcs11:token=prod;serial=1a2b;object=old-key;id=%01' --yes",
	.groups = GROUP_TOKEN,
	.own = { SETTING_YES, SETTING_SO_PIN_FROM },
};
const struct command command_destroy = { &usage, run, NULL };
