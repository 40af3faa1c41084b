/* SPDX-License-Identifier: Apache-2.0 */
/* Names a key in full, and opens it once more after it was closed, on the same token and without asking for the PIN. */
#include "p11/key.h"
#include "p11/object.h"
#include "p11/token.h"

#include <stdlib.h>

/* The URI with all that the token says of itself, and without a PIN source. NULL if memory is exhausted. */
static char *full_text(const struct uri *uri, const CK_TOKEN_INFO *info)
{
	P11KitUri *full = p11_kit_uri_new();
	char *text = NULL;

	if (full != NULL && p11_kit_uri_parse(uri_shown(uri), P11_KIT_URI_FOR_ANY, full) == P11_KIT_URI_OK) {
		*p11_kit_uri_get_token_info(full) = *info;
		p11_kit_uri_set_pin_value(full, NULL);
		p11_kit_uri_set_pin_source(full, NULL);
		if (p11_kit_uri_format(full, P11_KIT_URI_FOR_ANY, &text) != P11_KIT_URI_OK)
			text = NULL;
	}
	p11_kit_uri_free(full);
	return text;
}

int p11_key_again(const struct p11_key *key, struct p11_request *again, struct error *error)
{
	const struct secret *pin = key->session.pin;
	char *text = full_text(key->uri, &key->session.token->info);
	int result = text != NULL ? p11_uri_parse(&again->uri, text, error) : error_memory(error);
	struct uri *uri = again->uri;

	free(text);
	if (result < 0)
		return result;
	*again = key->request;
	again->uri = uri;
	again->pin_from = (struct source){ .type = SOURCE_NONE };
	if (pin == NULL)
		return 0;
	uri->pin = secret_new(secret_length(pin));
	if (uri->pin != NULL && secret_append(uri->pin, secret_data(pin), secret_length(pin)) == 0)
		return 0;
	p11_uri_free(&again->uri);
	return error_memory(error);
}

int p11_key_uri(struct p11_key *key, char **uri, struct error *error)
{
	*uri = object_uri(&key->session, key->handle);
	if (*uri != NULL)
		return 0;
	return error_set(error, ERROR_TOKEN, "cannot read label and id of the key on token \"%s\"",
			 token_label(key->session.token));
}
