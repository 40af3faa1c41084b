/* SPDX-License-Identifier: Apache-2.0 */
/* The hint for a URI that matches no key on the token: which objects have its label or id. */
#include "p11/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKED_AT = 8 }; /* objects with one label or id that are read */

/* Writes the id as a URI has it, such as "id=%01". */
static void format_id(CK_ATTRIBUTE *id, char *text, size_t size)
{
	static const CK_TOKEN_INFO none = { .flags = 0 };
	char *uri = uri_format_key(&none, NULL, NULL, id);
	const char *part = uri != NULL ? strstr(uri, "id=") : NULL;

	snprintf(text, size, "%.*s", part != NULL ? (int)strcspn(part, ";") : 0, part != NULL ? part : "");
	free(uri);
}

static size_t search(const struct session *session, CK_OBJECT_CLASS class, CK_ATTRIBUTE attribute,
		     CK_OBJECT_HANDLE found[LOOKED_AT])
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, attribute };
	struct error ignored;
	size_t count;

	return objects_match(session, template, 2, found, LOOKED_AT, &count, &ignored) == 0 ? count : 0;
}

/* Whether the private key's type fits the requested algorithm. */
static bool fits(const struct p11_key *key, CK_OBJECT_HANDLE private)
{
	CK_ATTRIBUTE type;
	CK_KEY_TYPE value = CK_UNAVAILABLE_INFORMATION;
	struct error ignored;

	if (object_read(&key->ring->session, private, CKA_KEY_TYPE, &type, &ignored) == 0 &&
	    type.ulValueLen == sizeof(value))
		memcpy(&value, type.pValue, sizeof(value));
	free(type.pValue);
	return fit_takes(key->ring->request.alg, value);
}

/* Finds a private key that has the object's id and fits the algorithm. Writes the id such as "id=%01", or "" if the
 * object has none. */
static bool key_of(const struct p11_key *key, CK_OBJECT_HANDLE object, CK_OBJECT_HANDLE *private, char *id_text,
		   size_t size)
{
	CK_OBJECT_HANDLE found[LOOKED_AT];
	CK_ATTRIBUTE id = { .pValue = NULL };
	struct error ignored;
	size_t count = 0;

	*id_text = '\0';
	if (object_read(&key->ring->session, object, CKA_ID, &id, &ignored) == 0 && id.ulValueLen > 0) {
		format_id(&id, id_text, size);
		count = search(&key->ring->session, CKO_PRIVATE_KEY, id, found);
	}
	free(id.pValue);
	for (size_t i = 0; i < count; i++) {
		*private = found[i];
		if (fits(key, found[i]))
			return true;
	}
	return false;
}

/* A private key has the label or id: another attribute of the URI does not match, or its type does not fit the
 * algorithm. */
static bool hint_private(const struct p11_key *key, CK_ATTRIBUTE attribute, const char *what, struct error *error)
{
	CK_OBJECT_HANDLE found[LOOKED_AT];
	size_t count = search(&key->ring->session, CKO_PRIVATE_KEY, attribute, found), i = 0;
	const char *name = fit_name(key->ring->request.alg);
	char *uri;

	while (i < count && !fits(key, found[i]))
		i++;
	if (count == 0)
		return false;
	uri = object_uri(&key->ring->session, found[i < count ? i : 0]);
	if (i < count)
		error_hint(error, "the key with this %s is %s", what, uri != NULL ? uri : "another one");
	else
		error_hint(error, "the key with this %s is not an %skey: %s", what, *name != '\0' ? name : "RSA or EC ",
			   uri != NULL ? uri : "?");
	free(uri);
	return true;
}

/* A certificate or public key has the label or id; its id may lead to the key. */
static bool hint_public(const struct p11_key *key, CK_OBJECT_CLASS class, CK_ATTRIBUTE attribute,
			struct error *error)
{
	const char *kind = class == CKO_CERTIFICATE ? "certificate" : "public key";
	CK_OBJECT_HANDLE found[LOOKED_AT], private;
	size_t count = search(&key->ring->session, class, attribute, found);
	char id_text[512], first[512] = "";

	if (count > 0 && attribute.type == CKA_ID) {
		error_hint(error, "only a %s has this id; its private key is not on this token", kind);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		char *uri;

		if (!key_of(key, found[i], &private, id_text, sizeof(id_text))) {
			if (first[0] == '\0')
				snprintf(first, sizeof(first), "%s", id_text);
			continue;
		}
		uri = object_uri(&key->ring->session, private);
		error_hint(error, "only a %s has this label; it has %s, and the key with that id is %s", kind, id_text,
			   uri != NULL ? uri : "?");
		free(uri);
		return true;
	}
	if (count > 0 && first[0] != '\0')
		error_hint(error, "only a %s has this label; it has %s, and no private %skey has that id", kind,
			   first, fit_name(key->ring->request.alg));
	else if (count > 0)
		error_hint(error, "only a %s has this label, and it has no id that would lead to its key", kind);
	return count > 0;
}

/* The URI has the id of a key as its label, or the label as its id. */
static bool hint_swapped(const struct session *session, const CK_ATTRIBUTE *asked, struct error *error)
{
	CK_ATTRIBUTE other = { asked->type == CKA_ID ? CKA_LABEL : CKA_ID, asked->pValue, asked->ulValueLen };
	CK_OBJECT_HANDLE found[LOOKED_AT];
	char *uri;

	if (other.ulValueLen == 0 || search(session, CKO_PRIVATE_KEY, other, found) == 0)
		return false;
	uri = object_uri(session, found[0]);
	error_hint(error, "this is the %s of a key, not its %s: %s", other.type == CKA_LABEL ? "label (object=)" : "id",
		   other.type == CKA_LABEL ? "id" : "label", uri != NULL ? uri : "?");
	free(uri);
	return true;
}

void key_hint(struct p11_key *key, struct error *error)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_CERTIFICATE, CKO_PUBLIC_KEY };
	static const char *const words[] = { "label", "id" };
	const CK_ATTRIBUTE *attributes[] = { p11_kit_uri_get_attribute(key->uri->parsed, CKA_LABEL),
					     p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID) };
	bool hinted = false;

	if (key->ring->modules.failures[0] != '\0')
		modules_hint(&key->ring->modules, error);
	else
		error_hint(error, "\"p11bearer keys --pin-from …\" lists the keys on it");
	tokens_look_beyond(&key->ring->tokens, key->ring->request.uri);
	for (size_t i = 0; i < 2 && !hinted; i++) {
		if (attributes[i] != NULL)
			hinted = hint_private(key, *attributes[i], words[i], error);
	}
	for (size_t i = 0; i < 4 && !hinted; i++) {
		if (attributes[i / 2] != NULL)
			hinted = hint_public(key, classes[i % 2], *attributes[i / 2], error);
	}
	for (size_t i = 0; i < 2 && !hinted; i++) {
		if (attributes[i] != NULL)
			hinted = hint_swapped(&key->ring->session, attributes[i], error);
	}
	if (!hinted && attributes[0] != NULL)
		key_hint_near(&key->ring->session, attributes[0], error);
	p11_uri_hint_id(key->uri->text, error); /* the better hint */
}
