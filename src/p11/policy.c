/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/policy.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/object.h"
#include "p11/yubikey.h"

#include <unistd.h>

enum { PIN_MATCH_ALWAYS = 5 }; /* of the Bio series: a fingerprint or the PIN */

/* A YubiKey waits 15 s for a touch. It refuses at once to sign for lack of a login. */
static const double MISSED_MS = 5000;

static const char touch_now[] = "touch the YubiKey now";

int policy_read(const struct session *session, CK_OBJECT_HANDLE private, struct policy *policy, struct error *error)
{
	CK_BYTE pin = 0, touch = 0;
	CK_ATTRIBUTE attributes[] = {
		{ CKA_YUBICO_PIN_POLICY, &pin, sizeof(pin) },
		{ CKA_YUBICO_TOUCH_POLICY, &touch, sizeof(touch) },
	};
	CK_RV rv;

	*policy = (struct policy){ .pin_always = false };
	if (!yubikey_is(session->token))
		return 0;
	if (template_get(session, private, attributes, 2, &rv, error) < 0)
		return error_result(error);
	/* For some policies, libykcs11 sets CKA_ALWAYS_AUTHENTICATE by the slot. */
	policy->pin_always = pin == P11_PIN_ALWAYS || pin == PIN_MATCH_ALWAYS;
	policy->touch = touch;
	return 0;
}

void policy_ask(const struct policy *policy)
{
	if (policy->touch == P11_TOUCH_ALWAYS && isatty(STDERR_FILENO) == 1)
		message_note("%s", touch_now);
	if (policy->touch == P11_TOUCH_ALWAYS || policy->touch == P11_TOUCH_NEVER)
		watch_ask("");
	else if (policy->touch == P11_TOUCH_CACHED)
		watch_ask(touch_now);
}

bool policy_missed_touch(const struct policy *policy, const struct token *token, CK_RV rv)
{
	return rv == CKR_USER_NOT_LOGGED_IN && yubikey_is(token) && policy->touch != P11_TOUCH_NEVER &&
	       clock_ms() - watch_since() > MISSED_MS;
}
