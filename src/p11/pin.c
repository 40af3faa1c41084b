/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the PIN from its source into a struct secret, and nowhere else. */
#include "p11/session.h"

#include "base/message.h"
#include "process/prompt.h"

#include <stdio.h>
#include <string.h>

enum { PIN_MAX = 1024 }; /* bytes; the longest formats seen (user:password) stay far below */

static int read_source(const struct source *source, const struct token *token, const struct source_kind *kind,
		       struct secret *pin, struct error *error)
{
	char subject[64];
	const struct prompt prompt = { subject, "a PIN", "--pin-from" };

	snprintf(subject, sizeof(subject), "token \"%s\"", token_label(token));
	return prompt_read(source, kind, &prompt, pin, error);
}

int pin_get(struct secret **pin, const struct p11_request *request, const struct token *token, struct error *error)
{
	const struct uri *uri = request->uri;
	const struct source_kind kind = { "PIN", ERROR_PIN, PIN_MAX, request->timeout };
	const struct secret *value = uri->pin;
	const struct source *source = &uri->pin_source;
	bool pad = (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	int result;

	*pin = NULL;
	if (pad && request->pin_from.type == SOURCE_NONE && value == NULL && source->type == SOURCE_NONE)
		return 0;
	*pin = secret_new(64);
	if (*pin == NULL)
		return error_memory(error);
	if (request->pin_from.type != SOURCE_NONE) {
		result = read_source(&request->pin_from, token, &kind, *pin, error);
	} else if (value != NULL) {
		if (strstr(uri_shown(uri), "pin-value=") != NULL) /* not that of p11_key_again */
			message_warn("others can see a PIN in the URI (pin-value); use --pin-from");
		result = secret_append(*pin, secret_data(value), secret_length(value)) < 0 ? error_memory(error) : 0;
		if (result == 0)
			result = source_clean("the URI's pin-value", &kind, *pin, error);
	} else {
		result = read_source(source, token, &kind, *pin, error);
	}
	if (result < 0)
		secret_free(pin);
	return result;
}
