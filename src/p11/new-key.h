/* SPDX-License-Identifier: Apache-2.0 */
/* New pairs, generated or imported: their names, their attributes, and what is checked before and afterwards. */
#ifndef P11BEARER_P11_NEW_KEY_H
#define P11BEARER_P11_NEW_KEY_H

#include "p11/key.h"

enum { NEW_ID_LENGTH = 8 }; /* bytes of a random CKA_ID */

struct new_pair {
	CK_KEY_TYPE type;      /* CKK_RSA or CKK_EC */
	bool imported;         /* its file is left: it is destroyed whenever something fails */
	struct p11_placing placing;
	const char *slot;      /* of a YubiKey; NULL: the token has no slots */
	bool had_key, had_certificate; /* the slot, when it was looked at last */
	CK_BYTE policies[2];   /* touch and PIN, for placing_add */
	CK_ATTRIBUTE names[2]; /* the label, which may be empty, and the id */
	unsigned char random_id[NEW_ID_LENGTH];
	CK_OBJECT_HANDLE public; /* the private key's handle is p11_key.handle */
};

/* --- before it is made (new-key.c) ------------------------------------------------------------------------------- */

/* Finds the token, chooses the names, opens a session and logs in: as the user or, if the token needs that, as the
 * security officer. Type, placing and `imported` of the pair are set; it points into the request's URI. Fails as
 * p11_key_generate does. */
int new_key_begin(struct p11_key *key, const struct p11_request *request, struct new_pair *pair, struct error *error);

/* Refuses names that are taken, and sets key->full_uri, so that nothing need fail once the pair exists. */
int new_key_claim(struct p11_key *key, struct new_pair *pair, struct error *error);

/* Makes objects by a call of `function`, which `attempt` makes: with full templates, then, if the token refuses them,
 * with shorter ones, and once more after a login if one was lacking, the user's or the security officer's. On a YubiKey
 * only once, with the shorter templates. `what` completes "the token cannot …". Fails with ERROR_TOKEN, or as the login
 * does. */
typedef CK_RV new_key_attempt(struct p11_key *key, void *context, bool in_full);
int new_key_make(struct p11_key *key, const struct new_pair *pair, const char *what, const char *function,
		 new_key_attempt *attempt, void *context, struct error *error);

/* The attributes of one object. Values are not copied. */
struct attributes {
	CK_ATTRIBUTE list[24];
	CK_ULONG count;
};

void attributes_add(struct attributes *attributes, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG length);
void attributes_flag(struct attributes *attributes, CK_ATTRIBUTE_TYPE type, bool value);

/* Adds what all public or private keys get: type, names, protection and uses. Modules choose what is omitted, and some
 * make keys extractable by default. Unless `in_full`, which some tokens refuse, omits attributes that restrict the use
 * of the pair, except DECRYPT of RSA keys, but never those that keep the key on its token. For a slot of a YubiKey only
 * what libykcs11 2.2 takes: keys in slots never leave it. */
void attributes_public(struct attributes *attributes, const struct new_pair *pair, bool in_full);
void attributes_private(struct attributes *attributes, const struct new_pair *pair, bool in_full);

/* --- where it goes on a YubiKey (placing.c) ---------------------------------------------------------------------- */

/* Sets pair->slot if the token is a YubiKey. Fails with ERROR_USAGE if the URI does not name a slot for keys that sign,
 * or if the placing is for YubiKeys and the token is not one. Makes no call. */
int placing_check(const struct uri *uri, struct new_pair *pair, const struct token *token, struct error *error);

/* Looks what is in the slot; a private key shows only after a login. Fails with ERROR_NO_KEY, and names it, if there is
 * anything, unless it is to be replaced. */
int placing_refuse_occupied(const struct p11_key *key, struct new_pair *pair, struct error *error);

/* Says what was overwritten. */
void placing_note_replaced(const struct p11_key *key, const struct new_pair *pair);

/* Puts a certificate with key->public into the slot, in place of the one that is there, for the modules that read the
 * public half from it (placeholder.c). Fails with ERROR_TOKEN. */
int placing_store_placeholder(const struct p11_key *key, const struct new_pair *pair, struct error *error);

/* Logs the officer in, once the slot proves free before and after the PINs are read. Fails as placing_refuse_occupied
 * and officer_login do. */
int placing_log_in(struct p11_key *key, struct new_pair *pair, struct error *error);

/* Adds the policies, if any were requested, to the attributes of the private key. */
void placing_add(struct attributes *private, const struct new_pair *pair);

/* Replaces the hint of a key that a YubiKey refused to take, with this code. */
void placing_hint(const struct new_pair *pair, CK_RV rv, struct error *error);

/* Warns if the key shows other policies than those requested. */
void placing_check_policies(const struct p11_key *key, const struct new_pair *pair);

/* --- once it exists (new-key.c) ---------------------------------------------------------------------------------- */

/* Reads back whether the private key can leave the token. Fails with ERROR_TOKEN: *leaves is true if it can, false if
 * that cannot be read. */
int new_key_check(const struct session *session, CK_OBJECT_HANDLE private, bool *leaves, struct error *error);

/* Signs with key->handle, a private key of this type, and verifies the signature with key->public. Fails as
 * p11_signer_sign does, and with ERROR_NO_KEY if the token lacks the algorithm. */
int new_key_signs(struct p11_key *key, enum alg alg, CK_KEY_TYPE type, struct error *error);

/* Warns if the key may do more than sign, which a short template leaves to the token, or has other policies than
 * requested. Reads its names for key->full_uri: some tokens truncate the label, or choose the id themselves. */
void new_key_finish(struct p11_key *key, const struct new_pair *pair);

/* --- names and values that are taken (taken.c) ------------------------------------------------------------------- */

/* Fails with ERROR_NO_KEY if an object on the token has the label or id. An empty one is no name. */
int taken_refuse(const struct session *session, CK_ATTRIBUTE *attribute, struct error *error);

/* Fails with ERROR_NO_KEY if another key got the same label or id while the pair was made: keys that share label and id
 * cannot be told apart. The pair is then destroyed, unless it is not certain that the other one is another key. Call it
 * last, because it may restart the module. */
int taken_since(struct p11_key *key, const struct new_pair *pair, struct error *error);

/* Destroys a new pair and says so in the error's hint, followed by `then`; if that fails, the hint says how to remove
 * it. `private` is CK_INVALID_HANDLE if only the public half was made. A YubiKey cannot destroy a key: the hint says so
 * instead. Returns the error. */
int pair_destroy(const struct session *session, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const char *uri,
		 const char *then, struct error *error);

#endif
