/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of keys that are yet to be made beside another one. */
#include "p11/new-key.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

int p11_uri_label(const char *text, char **label, struct error *error)
{
	const CK_ATTRIBUTE *attribute;
	struct uri *uri;

	*label = NULL;
	if (p11_uri_parse(&uri, text, error) < 0)
		return error_result(error);
	attribute = p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL);
	*label = attribute != NULL ? strndup(attribute->pValue, attribute->ulValueLen) : strdup("");
	p11_uri_free(&uri);
	return *label != NULL ? 0 : error_memory(error);
}

/* Formats what p11-kit has parsed, with other names. */
static int format(P11KitUri *parsed, const char *label, char **uri, struct error *error)
{
	unsigned char bytes[NEW_ID_LENGTH];
	CK_ATTRIBUTE names[] = { { CKA_LABEL, (void *)label, strlen(label) }, { CKA_ID, bytes, sizeof(bytes) } };

	if (RAND_bytes(bytes, sizeof(bytes)) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make a random id");
	p11_kit_uri_set_pin_value(parsed, NULL);
	p11_kit_uri_set_pin_source(parsed, NULL);
	for (size_t i = 0; i < 2; i++) {
		if (p11_kit_uri_set_attribute(parsed, &names[i]) != P11_KIT_URI_OK)
			return error_memory(error);
	}
	return p11_kit_uri_format(parsed, P11_KIT_URI_FOR_ANY, uri) == P11_KIT_URI_OK ? 0 : error_memory(error);
}

int p11_uri_rename(const char *text, const char *label, char **uri, struct error *error)
{
	struct uri *parsed;
	int result = p11_uri_parse(&parsed, text, error);

	*uri = NULL;
	if (result == 0)
		result = format(parsed->parsed, label, uri, error);
	p11_uri_free(&parsed);
	return result;
}
