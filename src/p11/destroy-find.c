/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the private key that is to be destroyed. */
#include "p11/destroy-internal.h"

#include "p11/officer.h"

enum { NAMED_MAX = 11 }; /* private keys that are looked for; an error lists ten */

int destroy_check_uri(const struct uri *uri, bool with_label, struct error *error)
{
	const struct {
		bool named;
		const char *name;
	} parts[] = {
		{ uri->has_serial, "the token's serial number (serial)" },
		{ uri->has_object, "the key's label (object)" },
		{ uri->has_id, "the key's id (id)" },
	};
	const char *separator = " ";

	error_set(error, ERROR_USAGE, "the URI does not name");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].named)
			continue;
		error_append(error, "%s%s", separator, parts[i].name);
		separator = ", nor ";
	}
	if (uri->has_serial && (uri->has_object || !with_label) && uri->has_id)
		return 0;
	error_hint(error, "give the key's full URI, which \"p11bearer keys --pin-from …\" prints; write object= or id= "
			  "for a key without a label or id");
	return -ERROR_USAGE;
}

CK_ATTRIBUTE *template_fill(struct template *template, const struct uri *uri, CK_OBJECT_CLASS class)
{
	template->class = class;
	template->attributes[0] = (CK_ATTRIBUTE){ CKA_CLASS, &template->class, sizeof(template->class) };
	template->attributes[1] = *p11_kit_uri_get_attribute(uri->parsed, CKA_ID);
	template->attributes[2] = *p11_kit_uri_get_attribute(uri->parsed, uri->has_object ? CKA_LABEL : CKA_ID);
	return template->attributes;
}

int destroy_find_private(struct p11_key *key, size_t *count, struct error *error)
{
	CK_OBJECT_HANDLE found[NAMED_MAX];
	struct template template;

	if (objects_match(&key->ring->session, template_fill(&template, key->uri, CKO_PRIVATE_KEY), 3, found,
			  NAMED_MAX, count, error) < 0)
		return error_result(error);
	if (*count > 1) {
		error_set(error, ERROR_NO_KEY, "more than one private key on token \"%s\" matches %s:",
			  token_label(key->ring->session.token), uri_shown(key->uri));
		object_name_all(&key->ring->session, found, *count, error);
		error_hint(error, "nothing was destroyed; keys with the same label and id cannot be told apart: "
				  "remove one with the token's own tool");
		return -ERROR_NO_KEY;
	}
	if (*count == 1)
		key->handle = found[0];
	return 0;
}

/* The officer of a YubiKey sees its private keys too. */
static int find_as_officer(struct p11_key *key, size_t *count, struct error *error)
{
	if (officer_login(&key->ring->session, &key->ring->request, error) < 0)
		return error_result(error);
	return destroy_find_private(key, count, error);
}

int destroy_find_key(struct p11_key *key, size_t *count, struct error *error)
{
	struct session *session = &key->ring->session;

	if (officer_is_needed(session->token))
		return find_as_officer(key, count, error);
	if (session_login(session, &key->ring->request, error) < 0 || destroy_find_private(key, count, error) < 0)
		return error_result(error);
	/* Some tokens hide private keys although they do not require a login. */
	if (*count == 0 && session_may_login(session, &key->ring->request) &&
	    (session_login_anyway(session, &key->ring->request, error) < 0 ||
	     destroy_find_private(key, count, error) < 0))
		return error_result(error);
	return 0;
}
