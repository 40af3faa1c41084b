/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of open keys: in full, to open a key once more, or to open another one, without asking for the PIN. */
#include "p11/key.h"
#include "p11/object.h"
#include "p11/token.h"

#include <stdlib.h>
#include <string.h>

/* The URI as p11-kit has it, with its pin-source; NULL if memory is exhausted. */
static P11KitUri *copy(const struct uri *uri)
{
	P11KitUri *copy = p11_kit_uri_new();

	if (copy != NULL && p11_kit_uri_parse(uri_shown(uri), P11_KIT_URI_FOR_ANY, copy) == P11_KIT_URI_OK)
		return copy;
	p11_kit_uri_free(copy);
	return NULL;
}

/* Parses what p11-kit has, which is freed, and adds a copy of the PIN unless it is NULL. */
static int make(struct uri **uri, P11KitUri *from, const struct secret *pin, struct error *error)
{
	char *text = NULL;
	int result;

	*uri = NULL;
	if (from == NULL || p11_kit_uri_format(from, P11_KIT_URI_FOR_ANY, &text) != P11_KIT_URI_OK)
		result = error_memory(error);
	else
		result = p11_uri_parse(uri, text, error);
	p11_kit_uri_free(from);
	free(text);
	if (result < 0 || pin == NULL)
		return result;
	secret_free(&(*uri)->pin); /* the empty one of a pin-value */
	(*uri)->pin = secret_new(secret_length(pin));
	if ((*uri)->pin != NULL && secret_append((*uri)->pin, secret_data(pin), secret_length(pin)) == 0)
		return 0;
	p11_uri_free(uri);
	return error_memory(error);
}

int p11_key_again(const struct p11_key *key, struct p11_request *again, struct error *error)
{
	P11KitUri *full = copy(key->uri);

	*again = key->ring->request;
	again->pin_from = (struct source){ .type = SOURCE_NONE };
	if (full != NULL) {
		*p11_kit_uri_get_token_info(full) = key->ring->session.token->info;
		p11_kit_uri_set_pin_value(full, NULL);
		p11_kit_uri_set_pin_source(full, NULL);
	}
	return make(&again->uri, full, key->ring->session.pin, error);
}

/* Adds one of the token's names; false if there is another one already. p11-kit pads names with blanks, and an absent
 * one begins with NUL. */
static bool add_name(CK_UTF8CHAR *name, const CK_UTF8CHAR *added, size_t size)
{
	if (*added == '\0')
		return true;
	if (*name != '\0')
		return memcmp(name, added, size) == 0;
	memcpy(name, added, size);
	return true;
}

/* Adds what `added` says of the token. */
static bool add_names(CK_TOKEN_INFO *info, const CK_TOKEN_INFO *added)
{
	return add_name(info->label, added->label, sizeof(info->label)) &&
	       add_name(info->manufacturerID, added->manufacturerID, sizeof(info->manufacturerID)) &&
	       add_name(info->model, added->model, sizeof(info->model)) &&
	       add_name(info->serialNumber, added->serialNumber, sizeof(info->serialNumber));
}

/* Replaces the names of a key. p11-kit copies them. */
static void replace_key(P11KitUri *uri, P11KitUri *key)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_LABEL, CKA_ID };

	for (size_t i = 0; i < 2; i++) {
		CK_ATTRIBUTE *attribute = p11_kit_uri_get_attribute(key, types[i]);

		p11_kit_uri_clear_attribute(uri, types[i]);
		if (attribute != NULL)
			p11_kit_uri_set_attribute(uri, attribute);
	}
}

int p11_uri_parse_beside(struct uri **uri, const char *text, const struct uri *from, struct error *error)
{
	P11KitUri *whole = NULL;
	struct uri *other;
	int result;

	*uri = NULL;
	if (p11_uri_parse(&other, text, error) < 0)
		return error_result(error);
	whole = copy(from);
	if (whole != NULL)
		replace_key(whole, other->parsed);
	if (whole != NULL &&
	    !add_names(p11_kit_uri_get_token_info(whole), p11_kit_uri_get_token_info(other->parsed))) {
		result = error_set(error, ERROR_CONFIG, "%s is not on the token of %s", uri_shown(other),
				   uri_shown(from));
		error_hint(error, "put both keys on one token");
		p11_kit_uri_free(whole);
	} else {
		result = make(uri, whole, from->pin, error);
	}
	p11_uri_free(&other);
	return result;
}

int p11_key_uri(struct p11_key *key, char **uri, struct error *error)
{
	*uri = object_uri(&key->ring->session, key->handle);
	if (*uri != NULL)
		return 0;
	return error_set(error, ERROR_TOKEN, "cannot read label and id of the key on token \"%s\"",
			 token_label(key->ring->session.token));
}
