/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN of a TLS key that needs a login for each signature. */
#include "p11/tls-internal.h"

#include "process/hold.h"

#include <openssl/ui.h>
#include <string.h>

/* Gives libp11 the PIN, once for each signature. */
static int read_pin(UI *ui, UI_STRING *string)
{
	struct p11_tls *tls = UI_get0_user_data(ui);
	const struct secret *pin = tls->ring->session.pin;
	bool again = tls->gave_pin;

	tls->gave_pin = true;
	if (again || pin == NULL)
		return 0;
	/* libp11 takes the PIN as a string with a limited length. */
	if (memchr(secret_data(pin), '\0', secret_length(pin)) == NULL &&
	    UI_set_result_ex(ui, string, secret_data(pin), (int)secret_length(pin)) == 0) {
		hold_enter(); /* as for every C_Login, which follows; tls-sign.c ends it */
		tls->holds = true;
		return 1;
	}
	error_set(&tls->failure, ERROR_PIN, "libp11 does not take the PIN of token \"%s\" for the login that each "
		  "signature with the TLS key needs", token_label(tls->ring->session.token));
	error_hint(&tls->failure, "set a PIN of 4 to 32 bytes, or use a key without CKA_ALWAYS_AUTHENTICATE");
	return 0;
}

UI_METHOD *tls_pin_method(void)
{
	static UI_METHOD *method;

	if (method == NULL)
		method = UI_create_method("p11bearer");
	if (method != NULL)
		UI_method_set_reader(method, read_pin);
	return method;
}
