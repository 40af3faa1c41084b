/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a key and what belongs to it, or what an earlier run left of it: objects with the key's id and public half. */
#include "p11/destroy-internal.h"

#include "base/text.h"
#include "p11/certificate.h"
#include "p11/yubikey.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WITH_ID_MAX = 64 }; /* objects of a class with one id */

/* The public half of a private key that does not show it: that of the public keys with its label and id, else, unless
 * other private keys have the id, with its id, else of the certificates with its id. NULL if they have none or
 * several. */
static int guess_half(const struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	static const struct {
		CK_OBJECT_CLASS class;
		size_t attributes;
	} searches[] = { { CKO_PUBLIC_KEY, 3 }, { CKO_PUBLIC_KEY, 2 }, { CKO_CERTIFICATE, 2 } };
	CK_OBJECT_HANDLE found[WITH_ID_MAX];
	struct template template;
	struct halves halves = { .only = NULL };
	size_t keys;
	int result = objects_match(&key->ring->session, template_fill(&template, key->uri, CKO_PRIVATE_KEY), 2, found,
				   WITH_ID_MAX, &keys, error);

	for (size_t i = 0; i < (keys == 1 ? 3 : 1) && result == 0 && halves.only == NULL; i++)
		result = halves_add(&key->ring->session, template_fill(&template, key->uri, searches[i].class),
				    searches[i].attributes, &halves, error);
	*public = halves_take(&halves);
	return result;
}

/* The public half of what an earlier run left. A token may hide the private key: without a login nothing is known to be
 * left. */
static int find_left_half(struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	const struct session *session = &key->ring->session;
	CK_OBJECT_HANDLE found;
	struct template template;
	struct halves halves = { .only = NULL };
	size_t others;
	bool several;
	int result = objects_match(session, template_fill(&template, key->uri, CKO_PRIVATE_KEY), 2, &found, 1, &others,
				   error);

	if (result == 0)
		result = halves_add(session, template_fill(&template, key->uri, CKO_PUBLIC_KEY), 3, &halves, error);
	if (result == 0)
		result = halves_add(session, template_fill(&template, key->uri, CKO_CERTIFICATE), 3, &halves, error);
	several = halves.several;
	*public = halves_take(&halves);
	if (result < 0)
		return result;
	if (several) {
		error_set(error, ERROR_NO_KEY, "public keys and certificates of several keys on token \"%s\" match %s, "
			  "and no private key does", token_label(session->token), uri_shown(key->uri));
		error_hint(error, "nothing was destroyed; remove them with the token's own tool");
	} else if (*public == NULL || others > 0) {
		error_set(error, ERROR_NO_KEY, "no private key on token \"%s\" matches %s",
			  token_label(session->token), uri_shown(key->uri));
		key_hint(key, error);
	} else if (session->logins == 0 && (session->token->info.flags & CKF_USER_PIN_INITIALIZED) != 0) {
		error_set(error, ERROR_NO_KEY, "token \"%s\" shows no private key that matches %s, and may hide it "
			  "until login", token_label(session->token), uri_shown(key->uri));
		error_hint(error, "nothing was destroyed; give --pin-from");
	} else {
		return 0;
	}
	return error_result(error);
}

static int read_type(const struct session *session, struct p11_object *object, struct error *error)
{
	struct key_type type;
	char bits[16] = "";

	if (object_key_type(session, object->handle, &type, error) < 0)
		return error_result(error);
	if (type.bits > 0)
		snprintf(bits, sizeof(bits), " %u", type.bits);
	snprintf(object->type, sizeof(object->type), "%s%s%s", type.name, type.curve[0] != '\0' ? " " : bits,
		 type.curve);
	return 0;
}

/* Reads what is shown of an object. What cannot be read is not shown, except after a loss. */
static int read_object(const struct session *session, struct p11_object *object, struct error *error)
{
	CK_ATTRIBUTE label, value = { .pValue = NULL };
	const unsigned char *der;
	int result = object_read(session, object->handle, CKA_LABEL, &label, error);

	snprintf(object->label, sizeof(object->label), "%.*s", (int)label.ulValueLen,
		 label.pValue != NULL ? (const char *)label.pValue : "");
	text_line(object->label);
	free(label.pValue);
	if (result == 0 && object->class != P11_CERTIFICATE)
		result = read_type(session, object, error);
	else if (result == 0)
		result = object_read(session, object->handle, CKA_VALUE, &value, error);
	der = value.pValue;
	if (der != NULL)
		object->certificate = d2i_X509(NULL, &der, (long)value.ulValueLen);
	free(value.pValue);
	ERR_clear_error();
	return result < 0 && template_ends_search(error) ? result : 0;
}

static int add(struct p11_plan *plan, enum p11_class class, CK_OBJECT_HANDLE handle, bool stays, struct error *error)
{
	struct p11_object *objects = realloc(plan->objects, (plan->count + 1) * sizeof(*objects));

	if (objects == NULL)
		return error_memory(error);
	plan->objects = objects;
	objects[plan->count] = (struct p11_object){ .class = class, .handle = handle, .stays = stays };
	return read_object(&plan->key->ring->session, &objects[plan->count++], error);
}

/* Adds the public keys or certificates with the key's id; those with another public half stay, unless the key is in the
 * slot of a YubiKey: what is in the slot goes with it. Attestations are not stored, so they are not added. */
static int add_all(struct p11_plan *plan, CK_OBJECT_CLASS class, EVP_PKEY *public, struct error *error)
{
	const struct session *session = &plan->key->ring->session;
	CK_OBJECT_HANDLE found[WITH_ID_MAX];
	struct template template;
	size_t count;
	int result = objects_match(session, template_fill(&template, plan->key->uri, class), 2, found, WITH_ID_MAX,
				   &count, error);

	for (size_t i = 0; i < count && result == 0; i++) {
		EVP_PKEY *half;

		if (class == CKO_CERTIFICATE && !certificate_is_stored(session, found[i]))
			continue;
		/* Something left behind by a failure would look as if it stayed on purpose. */
		if (object_half(session, class, found[i], &half, error) < 0)
			return error_result(error);
		result = add(plan, class == CKO_CERTIFICATE ? P11_CERTIFICATE : P11_PUBLIC_KEY, found[i],
			     plan->slot == NULL && (half == NULL || public == NULL || EVP_PKEY_eq(half, public) != 1),
			     error);
		EVP_PKEY_free(half);
	}
	ERR_clear_error();
	return result;
}

/* On a YubiKey, the id names a slot, and a label says no more; on other tokens, several keys may have the id. */
static int take_slot(struct p11_plan *plan, const struct token *token, struct error *error)
{
	if (!yubikey_is(token))
		return destroy_check_uri(plan->key->uri, true, error);
	plan->slot = yubikey_slot(p11_kit_uri_get_attribute(plan->key->uri->parsed, CKA_ID));
	if (plan->slot != NULL && strcmp(plan->slot, "f9") != 0)
		return 0;
	error_set(error, ERROR_USAGE, "the id in %s names no slot of a YubiKey whose key can be destroyed",
		  uri_shown(plan->key->uri));
	error_hint(error, "%s", yubikey_slots);
	return -ERROR_USAGE;
}

static int make(struct p11_plan *plan, bool writable, struct error *error)
{
	struct p11_key *key = plan->key;
	EVP_PKEY *public = NULL;
	struct token *token;
	size_t count;
	int result = 0;

	if (key_token(key, &key->ring->request, true, &token, error) < 0 || take_slot(plan, token, error) < 0 ||
	    session_open(&key->ring->session, token, writable || plan->slot != NULL, error) < 0 ||
	    destroy_find_key(key, &count, error) < 0)
		return error_result(error);
	tokens_look_beyond(&key->ring->tokens, key->ring->request.uri);
	if (count == 0 && plan->slot != NULL)
		return key_is_missing(key, error);
	if (count == 0)
		result = find_left_half(key, &public, error);
	else if (object_half(&key->ring->session, CKO_PRIVATE_KEY, key->handle, &public, error) < 0 &&
		 template_ends_search(error))
		result = error_result(error);
	if (result == 0 && public == NULL)
		result = guess_half(key, &public, error);
	if (result == 0 && count > 0)
		result = add(plan, P11_PRIVATE_KEY, key->handle, false, error);
	if (result == 0)
		result = add_all(plan, CKO_PUBLIC_KEY, public, error);
	if (result == 0)
		result = add_all(plan, CKO_CERTIFICATE, public, error);
	EVP_PKEY_free(public);
	if (result < 0)
		return result;
	plan->uri = count > 0 ? object_uri(&key->ring->session, key->handle) : NULL;
	if (plan->uri == NULL)
		plan->uri = strdup(uri_shown(key->uri));
	return plan->uri != NULL ? 0 : error_memory(error);
}

int p11_plan_make(struct p11_plan *plan, const struct p11_request *request, bool writable, struct error *error)
{
	memset(plan, 0, sizeof(*plan));
	if (destroy_check_uri(request->uri, false, error) < 0)
		return error_result(error);
	plan->key = key_new();
	if (plan->key == NULL)
		return error_memory(error);
	/* These say which keys may be used; any may be destroyed. */
	plan->key->ring->request = *request;
	plan->key->ring->request.require_hardware = false;
	plan->key->ring->request.require_nonextractable = false;
	plan->key->ring->request.attester = NULL;
	plan->key->uri = request->uri;
	return make(plan, writable, error);
}

void p11_plan_free(struct p11_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		X509_free(plan->objects[i].certificate);
	free(plan->objects);
	free(plan->uri);
	p11_key_close(&plan->key);
	memset(plan, 0, sizeof(*plan));
}
