/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7512 URIs, which p11-kit parses and matches. */
#include "p11/p11.h"
#include "p11/uri.h"

#include <stdlib.h>
#include <string.h>

int uri_parse(struct uri *uri, const char *text, struct error *error)
{
	const CK_ATTRIBUTE *class;
	int code;

	memset(uri, 0, sizeof(*uri));
	if (uri_check_form(uri, text, error) < 0 || uri_take_pin(uri, text, error) < 0)
		return error_result(error);
	uri_tidy(uri->text);
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
	/* The form is checked, so p11-kit can only fail to recognize the type. */
	if (p11_kit_uri_any_unrecognized(uri->parsed) ||
	    (class != NULL && *(const CK_OBJECT_CLASS *)class->pValue != CKO_PRIVATE_KEY)) {
		error_set(error, ERROR_CONFIG, "the URI's type is not \"private\"");
		error_hint(error, "write type=private, or leave it out");
		return -ERROR_CONFIG;
	}
	return uri_take_pin_source(uri, error);
}

void uri_free(struct uri *uri)
{
	p11_kit_uri_free(uri->parsed);
	free(uri->text);
	wipe_free(uri->pin_source_text);
	secret_free(&uri->pin);
	memset(uri, 0, sizeof(*uri));
}

const char *uri_shown(const struct uri *uri)
{
	return uri->text;
}

static char *format(const CK_TOKEN_INFO *info, const struct uri_place *place, P11KitUriType type, CK_ATTRIBUTE *label,
		    CK_ATTRIBUTE *id)
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
		/* An empty id distinguishes the key from one with the same label and an id. */
		if (id != NULL && id->pValue != NULL)
			p11_kit_uri_set_attribute(uri, id);
	}
	if (place != NULL) {
		type |= P11_KIT_URI_FOR_SLOT;
		p11_kit_uri_set_slot_id(uri, place->slot);
		p11_kit_uri_set_module_name(uri, place->module);
	}
	if (p11_kit_uri_format(uri, type, &text) != P11_KIT_URI_OK)
		text = NULL;
	p11_kit_uri_free(uri);
	return text;
}

char *uri_format_token(const CK_TOKEN_INFO *info, const struct uri_place *place)
{
	return format(info, place, P11_KIT_URI_FOR_TOKEN, NULL, NULL);
}

char *uri_format_key(const CK_TOKEN_INFO *info, const struct uri_place *place, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id)
{
	return format(info, place, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, label, id);
}

int p11_uri_parse(struct uri **uri, const char *text, struct error *error)
{
	int result;

	*uri = malloc(sizeof(**uri));
	result = *uri != NULL ? uri_parse(*uri, text, error) : error_memory(error);
	if (result < 0)
		p11_uri_free(uri);
	return result;
}

void p11_uri_free(struct uri **uri)
{
	if (*uri != NULL)
		uri_free(*uri);
	free(*uri);
	*uri = NULL;
}
