/* SPDX-License-Identifier: Apache-2.0 */
/* Imports pairs. The public half is stored first: it is of no use by itself, and once the private key exists the pair
 * is complete, so a process that is killed leaves no key that nobody knows of. Everything else that fails, or a signal,
 * removes what was stored. */
#include "p11/key-numbers.h"
#include "p11/new-key.h"
#include "p11/officer.h"

#include "process/interrupt.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define INTERRUPTED "p11bearer: interrupted; removing the key from its token; signal again to stop immediately\n"
#define INTERRUPTED_SLOT "p11bearer: interrupted; finishing the key in its slot; signal again to stop immediately\n"

struct import {
	struct new_pair pair;
	struct key_numbers numbers;
	CK_OBJECT_CLASS class; /* of the object to store next */
};

/* --- the objects ------------------------------------------------------------------------------------------------- */

/* What libykcs11 takes of a private key in a slot: it refuses everything else. */
static bool takes(const struct new_pair *pair, CK_ATTRIBUTE_TYPE type)
{
	return pair->slot == NULL || (type != CKA_MODULUS && type != CKA_PRIVATE_EXPONENT);
}

static void add_taken(struct attributes *object, const struct new_pair *pair, const CK_ATTRIBUTE *list, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (takes(pair, list[i].type))
			object->list[object->count++] = list[i];
	}
}

static CK_RV create(struct p11_key *key, void *context, bool in_full)
{
	struct import *import = context;
	const struct session *session = &key->ring->session;
	bool public = import->class == CKO_PUBLIC_KEY;
	struct attributes object = { .count = 0 }, flags = { .count = 0 };
	CK_OBJECT_HANDLE made;
	CK_RV rv;

	attributes_add(&object, CKA_CLASS, &import->class, sizeof(import->class));
	if (public)
		attributes_public(&flags, &import->pair, in_full);
	else
		attributes_private(&flags, &import->pair, in_full);
	add_taken(&object, &import->pair, flags.list, flags.count);
	if (!public)
		placing_add(&object, &import->pair);
	/* keygen does not restrict it for RSA keys: a token that refuses it would get the short template. */
	if (!public && in_full && import->pair.type == CKK_RSA)
		attributes_flag(&object, CKA_DERIVE, false);
	/* A private EC key has parameters, but no point. */
	add_taken(&object, &import->pair, import->numbers.public, public || import->pair.type == CKK_RSA ? 2 : 1);
	if (!public)
		add_taken(&object, &import->pair, import->numbers.private, import->numbers.private_count);
	rv = CALL(session->token->module, C_CreateObject, session->handle, object.list, object.count, &made);
	if (rv == CKR_OK) /* a call that failed may have set it, and what has that handle must not be destroyed */
		*(public ? &import->pair.public : &key->handle) = made;
	return rv;
}

/* The same key may be on the token under other names, or its public half may be left from an import that was killed. */
static int refuse_same(const struct p11_key *key, const struct import *import, struct error *error)
{
	CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
	bool ec = import->pair.type == CKK_EC;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &public_class, sizeof(public_class) },
				    import->numbers.public[ec ? 1 : 0] }; /* point or modulus */
	CK_ATTRIBUTE id;
	CK_OBJECT_HANDLE found, private;
	size_t count, privates = 0;
	int result;

	if (objects_match(&key->ring->session, template, 2, &found, 1, &count, error) < 0)
		return error_result(error);
	template[0].pValue = &private_class;
	if (count == 0 && !ec) { /* private EC keys do not show their point */
		result = objects_match(&key->ring->session, template, 2, &found, 1, &privates, error);
	} else if (count > 0) {
		result = object_read(&key->ring->session, found, CKA_ID, &id, error);
		template[1] = id;
		if (result == 0 && id.ulValueLen > 0)
			result = objects_match(&key->ring->session, template, 2, &private, 1, &privates, error);
		free(id.pValue);
	} else {
		return 0;
	}
	if (result < 0 || (count == 0 && privates == 0))
		return result;
	error_set(error, ERROR_NO_KEY,
		  privates > 0 ? "the key is already on token \"%s\":" :
				 "the key's public half is already on token \"%s\", without its private half:",
		  token_label(key->ring->session.token));
	object_name_all(&key->ring->session, &found, 1, error);
	error_hint(error, "%s; remove it with \"p11bearer destroy\" or the token's own tool, and run the command again",
		   privates > 0 ? "if an interrupted import left it, it was not checked" :
				  "an interrupted import may have left it");
	return -ERROR_NO_KEY;
}

/* --- the check --------------------------------------------------------------------------------------------------- */

/* Some tokens sign with PSS only. An error without a code, such as a wrong signature, is not about the algorithm. */
static int check_signs(struct p11_key *key, const struct key_numbers *numbers, struct error *error)
{
	struct error other;

	if (new_key_signs(key, numbers->alg, numbers->type, error) == 0)
		return 0;
	if (error->class == ERROR_TOKEN && error->code == 0) {
		if (error->hint[0] == '\0')
			error_hint(error, "nothing is left on the token; the halves in the file may not belong "
					  "together, check it: openssl pkey -in FILE -noout -check");
		return error_result(error);
	}
	if (numbers->type != CKK_RSA || is_loss(error))
		return error_result(error);
	return new_key_signs(key, ALG_PS256, CKK_RSA, &other) == 0 ? 0 : error_result(error);
}

static int check_interrupted(const struct p11_key *key, struct error *error)
{
	int number = interrupt_take();

	if (number == 0)
		return 0;
	error_set(error, ERROR_UNEXPECTED, "the import to token \"%s\" was interrupted",
		  token_label(key->ring->session.token));
	error->signal = number;
	return -ERROR_UNEXPECTED;
}

/* The officer does not sign, so the user logs in. A logout ends the handles of private objects. */
static int let_user_sign(struct p11_key *key, const struct new_pair *pair, struct error *error)
{
	struct session *session = &key->ring->session;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, pair->names[1] };
	CK_OBJECT_HANDLE found;
	size_t count;

	if (!session->officer)
		return 0;
	if (officer_leave(session, &key->ring->request, error) < 0 ||
	    objects_match(session, template, 2, &found, 1, &count, error) < 0)
		return error_result(error);
	if (count == 0)
		return error_set(error, ERROR_TOKEN, "token \"%s\" does not show the user the key that it has stored",
				 token_label(session->token));
	key->handle = found;
	return 0;
}

static int make_private(struct p11_key *key, struct import *import, struct error *error)
{
	bool leaves;

	import->class = CKO_PRIVATE_KEY;
	if (check_interrupted(key, error) < 0 ||
	    new_key_make(key, &import->pair, "store the private key", "C_CreateObject", create, import, error) < 0)
		return error_result(error);
	if (new_key_check(&key->ring->session, key->handle, &leaves, error) < 0 ||
	    (import->pair.slot != NULL && placing_store_placeholder(key, &import->pair, error) < 0) ||
	    let_user_sign(key, &import->pair, error) < 0 || check_signs(key, &import->numbers, error) < 0)
		return error_result(error);
	/* A key that is complete stays in its slot; make_pair says so. */
	return import->pair.slot != NULL ? 0 : check_interrupted(key, error);
}

static int make_pair(struct p11_key *key, struct import *import, struct error *error)
{
	import->class = CKO_PUBLIC_KEY;
	if (import->pair.slot == NULL && /* libykcs11 stores no public keys */
	    new_key_make(key, &import->pair, "store the public key", "C_CreateObject", create, import, error) < 0)
		return error_result(error);
	key->handle = CK_INVALID_HANDLE;
	if (make_private(key, import, error) < 0) {
		struct error why = *error;

		return pair_destroy(&key->ring->session, import->pair.public, key->handle, key->full_uri,
				    why.hint[0] != '\0' ? why.hint : "nothing is left on the token", error);
	}
	new_key_finish(key, &import->pair);
	if (import->pair.slot == NULL && taken_since(key, &import->pair, error) < 0)
		return error_result(error);
	if (check_interrupted(key, error) == 0)
		return 0;
	/* The module was restarted, and to remove the key would take another login; or the key is in a slot. */
	error_append(error, " when the key was complete; the key was imported: %s", key->full_uri);
	error_hint(error, "use it, or remove it with \"p11bearer destroy\"");
	return error_result(error);
}

static int import_key(struct p11_key *key, const struct p11_request *request, struct import *import,
		      struct error *error)
{
	int result;

	import->pair.type = import->numbers.type;
	import->pair.imported = true;
	if (new_key_begin(key, request, &import->pair, error) < 0 ||
	    (import->pair.slot == NULL && refuse_same(key, import, error) < 0) ||
	    new_key_claim(key, &import->pair, error) < 0)
		return error_result(error);
	interrupt_begin(import->pair.slot != NULL ? INTERRUPTED_SLOT : INTERRUPTED);
	result = make_pair(key, import, error);
	interrupt_end();
	return result;
}

/* The signer copies the public half: to memory that is not locked, so there must not be a private half in it. */
static int copy_public(struct p11_key *key, EVP_PKEY *source, struct error *error)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(source, &der);
	const unsigned char *next = der;

	key->public = length > 0 ? d2i_PUBKEY(NULL, &next, length) : NULL;
	OPENSSL_free(der);
	return key->public != NULL ? 0 : error_openssl(error, ERROR_CONFIG, "cannot use the key's public half");
}

int p11_key_import(const struct p11_request *request, EVP_PKEY *source, const struct p11_placing *placing, char **uri,
		   struct error *error)
{
	struct p11_key *key = key_new();
	struct p11_request own = *request;
	struct import import = { .pair = { .placing = *placing } };
	int result;

	*uri = NULL;
	if (key == NULL)
		return error_memory(error);
	result = key_numbers_copy(&import.numbers, source, error);
	own.alg = import.numbers.alg; /* not the configured one, which may be another key's */
	if (result == 0)
		result = copy_public(key, source, error);
	if (result == 0)
		result = import_key(key, &own, &import, error);
	if (result == 0) {
		*uri = key->full_uri;
		key->full_uri = NULL;
	}
	key_numbers_clear(&import.numbers);
	p11_key_close(&key);
	return result;
}
