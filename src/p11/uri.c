/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7512 URIs, which p11-kit parses and matches. */
#include "p11/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int uri_parse(struct uri *uri, const char *text, struct error *error)
{
	const CK_ATTRIBUTE *class;
	const char *pin_source;
	int code;

	memset(uri, 0, sizeof(*uri));
	if (text == NULL)
		text = "pkcs11:";
	if (uri_check_form(uri, text, error) < 0 || uri_take_pin(uri, text, error) < 0)
		return error_result(error);
	uri->parsed = p11_kit_uri_new();
	if (uri->parsed == NULL)
		return error_memory(error);
	code = p11_kit_uri_parse(uri->text, P11_KIT_URI_FOR_ANY, uri->parsed);
	if (code != P11_KIT_URI_OK)
		return error_set(error, ERROR_CONFIG, "the URI cannot be parsed: %s", p11_kit_uri_message(code));
	if ((uri->has_object && p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL) == NULL) ||
	    (uri->has_id && p11_kit_uri_get_attribute(uri->parsed, CKA_ID) == NULL))
		return error_memory(error); /* p11-kit says nothing of it */
	class = p11_kit_uri_get_attribute(uri->parsed, CKA_CLASS);
	if (class != NULL && *(const CK_OBJECT_CLASS *)class->pValue != CKO_PRIVATE_KEY)
		return error_set(error, ERROR_CONFIG, "the URI's type is not \"private\"");
	pin_source = p11_kit_uri_get_pin_source(uri->parsed);
	if (pin_source != NULL && pin_source_path(pin_source) == NULL)
		return error_set(error, ERROR_CONFIG, "the URI's pin-source is not file: with an absolute path");
	if (p11_kit_uri_any_unrecognized(uri->parsed))
		return error_set(error, ERROR_CONFIG, "the URI has an attribute that is not known or not valid");
	return 0;
}

void uri_free(struct uri *uri)
{
	p11_kit_uri_free(uri->parsed);
	free(uri->text);
	secret_free(&uri->pin);
	uri->parsed = NULL;
	uri->text = NULL;
}

const char *uri_shown(const struct uri *uri)
{
	return uri->text;
}

void uri_hint_id(const struct uri *uri, struct error *error)
{
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri->parsed, CKA_ID);
	const char *text;
	char meant[128] = "";
	size_t used = 0;

	if (!uri->hex_like_id || id == NULL || id->ulValueLen > 32)
		return;
	text = id->pValue;
	for (size_t i = id->ulValueLen % 2; i <= id->ulValueLen; i += 2) {
		if (i == 1)
			used += (size_t)sprintf(meant, "%%0%c", text[0]);
		else if (i >= 2)
			used += (size_t)sprintf(meant + used, "%%%c%c", text[i - 2], text[i - 1]);
	}
	error_hint(error, "id=%.*s is the %s 0x%02x%s; did you mean id=%s?", (int)id->ulValueLen, text,
		   id->ulValueLen == 1 ? "byte" : "bytes", (unsigned char)text[0], id->ulValueLen == 1 ? "" : " …", meant);
}

static char *format(const CK_TOKEN_INFO *info, P11KitUriType type, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE class_attribute = { CKA_CLASS, &class, sizeof(class) };
	P11KitUri *uri = p11_kit_uri_new();
	char *text = NULL;

	if (uri == NULL)
		return NULL;
	*p11_kit_uri_get_token_info(uri) = *info;
	if (type == P11_KIT_URI_FOR_OBJECT_ON_TOKEN) {
		p11_kit_uri_set_attribute(uri, &class_attribute);
		if (label != NULL && label->ulValueLen > 0)
			p11_kit_uri_set_attribute(uri, label);
		/* An id that is there and empty tells the key from one with the same label and an id. */
		if (id != NULL && id->pValue != NULL)
			p11_kit_uri_set_attribute(uri, id);
	}
	if (p11_kit_uri_format(uri, type, &text) != P11_KIT_URI_OK)
		text = NULL;
	p11_kit_uri_free(uri);
	return text;
}

char *uri_format_token(const CK_TOKEN_INFO *info)
{
	return format(info, P11_KIT_URI_FOR_TOKEN, NULL, NULL);
}

char *uri_format_key(const CK_TOKEN_INFO *info, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id)
{
	return format(info, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, label, id);
}

int p11_uri_check(const char *text, struct error *error)
{
	struct uri uri;
	int result = uri_parse(&uri, text, error);

	uri_free(&uri);
	return result;
}
