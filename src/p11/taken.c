/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and ids that other keys have: checked before the pair is generated, and again afterwards, because another
 * process may generate one with the same names. */
#include "p11/new-key.h"

#include "base/message.h"
#include "p11/yubikey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_AGAIN "run the command again, with another label or id"

enum { LOOKED_AT = 32 }; /* keys with one name that are read; two are too many */

static const char *name_of(const CK_ATTRIBUTE *attribute)
{
	return attribute->type == CKA_LABEL ? "label" : "id";
}

int taken_refuse(const struct session *session, CK_ATTRIBUTE *attribute, struct error *error)
{
	CK_OBJECT_HANDLE found;
	size_t count;

	if (attribute->ulValueLen == 0)
		return 0;
	if (objects_match(session, attribute, 1, &found, 1, &count, error) < 0)
		return error_result(error);
	if (count == 0)
		return 0;
	error_set(error, ERROR_NO_KEY, "the %s is already taken on token \"%s\" by", name_of(attribute),
		  token_label(session->token));
	object_name_all(session, &found, 1, error);
	error_hint(error, "choose another one, or remove what is there with the token's own tool");
	return -ERROR_NO_KEY;
}

int p11_label_is_taken(const struct p11_key *key, const char *label, bool *taken, struct error *error)
{
	CK_ATTRIBUTE attribute = { CKA_LABEL, (CK_VOID_PTR)label, strlen(label) };
	CK_OBJECT_HANDLE found;
	size_t count;
	int result = objects_match(&key->ring->session, &attribute, 1, &found, 1, &count, error);

	*taken = result == 0 && count > 0;
	return result;
}

int pair_destroy(const struct session *session, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const char *uri,
		 const char *then, struct error *error)
{
	const struct module *module = session->token->module;
	bool has_private = private != CK_INVALID_HANDLE;
	const char *left;
	CK_RV first, second;

	if (yubikey_is(session->token)) {
		if (has_private)
			error_hint(error, "the key is in its slot, because a YubiKey cannot destroy keys, and was not "
					  "tested; run the command again with --replace: %s", uri);
		return error_result(error);
	}
	first = has_private ? CALL(module, C_DestroyObject, session->handle, private) : CKR_OK;
	second = CALL(module, C_DestroyObject, session->handle, public);
	left = first == CKR_OK ? "public half" : second == CKR_OK ? "private key" : "pair";
	if (first == CKR_OK && second == CKR_OK)
		error_hint(error, "the %s was destroyed; %s", has_private ? "pair" : "public half", then);
	else
		error_hint(error, "destroying the %s failed: %s; remove it with the token's own tool: %s", left,
			   ckr_text(first != CKR_OK ? first : second), uri);
	return error_result(error);
}

/* --- after the pair was made ----------------------------------------------------------------------------------- */

/* Another key: ours (one key that is shown twice), another one, or it does not show which. */
enum other { SAME, OTHER, UNKNOWN };

/* Whether the object is certainly no key of the type that has `ours`, a modulus or a point. */
static bool has_other_type(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *ours)
{
	CK_KEY_TYPE type = ours->type == CKA_MODULUS ? CKK_RSA : CKK_EC;
	CK_ATTRIBUTE theirs;
	struct error ignored;
	bool differs = object_read(session, object, CKA_KEY_TYPE, &theirs, &ignored) == 0 &&
		       theirs.ulValueLen == sizeof(type) && memcmp(theirs.pValue, &type, sizeof(type)) != 0;

	free(theirs.pValue);
	return differs;
}

/* Compares modulus or point, whichever `ours` is. */
static int compare(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *ours,
		   enum other *other, struct error *error)
{
	CK_ATTRIBUTE theirs;

	if (object_read(session, object, ours->type, &theirs, error) < 0)
		return error_result(error);
	if (theirs.ulValueLen == 0 || ours->ulValueLen == 0)
		*other = has_other_type(session, object, ours) ? OTHER : UNKNOWN;
	else
		*other = theirs.ulValueLen == ours->ulValueLen &&
					 memcmp(theirs.pValue, ours->pValue, ours->ulValueLen) == 0
				 ? SAME
				 : OTHER;
	free(theirs.pValue);
	return 0;
}

/* Looks for other keys of the class with the name, except `own`. *other is SAME if nothing was found, OTHER if all that
 * were found are certainly other keys, else UNKNOWN. `error` names those that were found. */
static int find_others(const struct session *session, CK_OBJECT_CLASS class, const CK_ATTRIBUTE *name,
		       CK_OBJECT_HANDLE own, const CK_ATTRIBUTE *ours, enum other *other, struct error *error)
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, *name };
	CK_OBJECT_HANDLE found[LOOKED_AT];
	size_t count, others = 0;

	*other = SAME;
	if (objects_match(session, template, 2, found, LOOKED_AT, &count, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < count; i++) {
		enum other this = SAME;

		if (found[i] != own && compare(session, found[i], ours, &this, error) < 0)
			return error_result(error);
		if (this == SAME)
			continue;
		if (*other != UNKNOWN)
			*other = this;
		found[others++] = found[i];
	}
	if (others == 0)
		return 0;
	error_set(error, ERROR_NO_KEY, "the %s was taken on token \"%s\" while the key was made, by", name_of(name),
		  token_label(session->token));
	object_name_all(session, found, others, error);
	return 0;
}

static int keep_both(const char *uri, struct error *error)
{
	error_hint(error,
		   "the new key is %s; keep one of them, and remove the other with the token's own tool, such as "
		   "\"pkcs11-tool --delete-object --type privkey --id …\"",
		   uri);
	return error_result(error);
}

/* Private EC keys do not show their point: the public halves come first, which tell whether they are another key's. */
static int report_seen(const struct p11_key *key, const struct new_pair *pair, const CK_ATTRIBUTE *ours,
		       struct error *error)
{
	for (size_t i = pair->type == CKK_EC ? 0 : 2; i < 4; i++) {
		CK_OBJECT_CLASS class = i < 2 ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
		const CK_ATTRIBUTE *name = &pair->names[i % 2];
		enum other other;

		if (name->ulValueLen == 0)
			continue;
		if (find_others(&key->ring->session, class, name, i < 2 ? pair->public : key->handle, ours, &other,
				error) < 0) {
			if (pair->imported)
				return pair_destroy(&key->ring->session, pair->public, key->handle, key->full_uri,
						    "import the key again", error);
			error_append(error, "; the key was made: %s", key->full_uri);
			return error_result(error);
		}
		if (other == UNKNOWN)
			return keep_both(key->full_uri, error);
		if (other == OTHER)
			return pair_destroy(&key->ring->session, pair->public, key->handle, key->full_uri, RUN_AGAIN,
					    error);
	}
	return 0;
}

/* Finds the pair's private key again: by its modulus or, since private EC keys do not show their point, as the one with
 * its id whose signature its public half verifies. */
static bool find_private(struct p11_key *key, const struct new_pair *pair, const CK_ATTRIBUTE *ours)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) },
				    pair->type == CKK_EC ? pair->names[1] : *ours };
	CK_OBJECT_HANDLE found[LOOKED_AT];
	enum alg alg = key->ring->request.alg;
	struct error ignored;
	size_t count;

	if (objects_match(&key->ring->session, template, 2, found, LOOKED_AT, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		key->handle = found[i];
		if (pair->type == CKK_EC && key->public != NULL &&
		    new_key_signs(key, alg, pair->type, &ignored) == 0)
			return true;
	}
	return pair->type == CKK_RSA && count == 1;
}

/* Logs in again, because the module was restarted, and destroys the pair. Does not use a pin pad again. */
static int destroy_again(struct p11_key *key, const struct new_pair *pair, CK_ATTRIBUTE *ours, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, *ours };
	CK_OBJECT_HANDLE public[2];
	struct error ignored;
	size_t count;

	if (key->ring->session.pin == NULL || session_renew(&key->ring->session, &key->ring->request, &ignored) < 0 ||
	    !find_private(key, pair, ours) ||
	    objects_match(&key->ring->session, template, 2, public, 2, &count, &ignored) < 0 || count != 1)
		return keep_both(key->full_uri, error);
	return pair_destroy(&key->ring->session, public[0], key->handle, key->full_uri, RUN_AGAIN, error);
}

/* SoftHSM sees what other processes write only until it writes something itself. A restarted module sees everything;
 * public keys are enough, and need no login. */
static int report_unseen(struct p11_key *key, const struct new_pair *pair, CK_ATTRIBUTE *ours, struct error *error)
{
	struct token *token = key->ring->session.token;
	enum other other = SAME;
	struct session look;
	struct error why;
	char *line;
	int result;

	if (token->module->shared || ours->ulValueLen == 0)
		return 0;
	if (asprintf(&line, "%s\n", key->full_uri) < 0)
		return error_memory(error);
	/* The key exists: its URI must not be lost if the module crashes. */
	watch_settle(0, line);
	key->ring->session.open = false;
	result = module_restart(token->module, &why);
	if (result == 0)
		result = token_find_again(token, key->ring->request.uri, &why);
	if (result == 0)
		result = session_open(&look, token, false, &why);
	for (size_t i = 0; i < 2 && result == 0 && other == SAME; i++) {
		if (pair->names[i].ulValueLen > 0)
			result = find_others(&look, CKO_PUBLIC_KEY, &pair->names[i], CK_INVALID_HANDLE, ours, &other,
					     error);
		if (result < 0)
			why = *error;
	}
	watch_settle(-1, NULL);
	free(line);
	if (result < 0 && why.code != CKR_USER_NOT_LOGGED_IN)
		message_warn("cannot see whether another process has made a key with the same label or id: %s",
			     why.text);
	if (result < 0 || other == SAME)
		return 0;
	return other == OTHER ? destroy_again(key, pair, ours, error) : keep_both(key->full_uri, error);
}

int taken_since(struct p11_key *key, const struct new_pair *pair, struct error *error)
{
	CK_ATTRIBUTE ours;
	struct error ignored;
	int result;

	if (object_read(&key->ring->session, pair->public, pair->type == CKK_EC ? CKA_EC_POINT : CKA_MODULUS, &ours,
			&ignored) < 0)
		message_step("the new key's public half cannot be read: %s", ignored.text);
	if (pair->type == CKK_EC && key->public == NULL)
		(void)object_half(&key->ring->session, CKO_PUBLIC_KEY, pair->public, &key->public, &ignored);
	result = report_seen(key, pair, &ours, error);
	if (result == 0)
		result = report_unseen(key, pair, &ours, error);
	free(ours.pValue);
	return result;
}
