/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a key. */
#ifndef P11BEARER_P11_KEY_H
#define P11BEARER_P11_KEY_H

#include "p11/object.h"
#include "p11/outage.h"

/* --- names of new keys (taken.c) --------------------------------------------------------------------------------- */

/* Fails with ERROR_NO_KEY if an object on the token has the label or id. An empty one is no name. */
int taken_refuse(const struct session *session, CK_ATTRIBUTE *attribute, struct error *error);

struct new_pair {
	CK_ATTRIBUTE names[2]; /* the label and id that were asked for */
	CK_OBJECT_HANDLE public;
};

/* The same for other keys, once the pair is there. It is then destroyed, unless it cannot be told whether they are other keys,
 * since two keys that have label and id in common cannot be told apart. The last to be done with the key: the module may be
 * restarted. Fails with ERROR_NO_KEY, ERROR_TOKEN. */
int taken_meanwhile(struct p11_key *key, const struct new_pair *pair, struct error *error);

/* Destroys a pair that was just made, and adds that to the error as its hint, or how to remove it. Returns the error. */
int pair_destroy(const struct session *session, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const char *uri,
		 const char *then, struct error *error);

/* --- the key (key.c, sign.c) ------------------------------------------------------------------------------------- */

struct p11_key {
	struct p11_request request;
	struct modules modules;
	struct tokens tokens;
	const struct uri *uri;       /* the request's */
	struct session session;
	CK_OBJECT_HANDLE handle;
	CK_MECHANISM_TYPE mechanism; /* the one that C_SignInit took last, or the first to try */
	bool always_authenticate;    /* as far as it is known */
	EVP_PKEY *public;            /* NULL: not read yet, or not to be had */
	bool prepared;               /* the two above are read, or need not be */
	bool must_prepare;           /* they are read, even if the caller checks signatures */
	atomic_bool size_told;       /* p11_key_warn_of_size has had a look */
	size_t matches;              /* keys that the last search found */
	bool has_signed;
	bool refused_to_sign;        /* C_Sign wanted a login, and the key has not signed before */
	bool recovering;             /* the second try of a signature is made */
	bool restarted;              /* the module was restarted */
	struct outage outage;        /* of the first key's token */
	char *full_uri;
	/* Of several sessions of one key: the one that was opened with it and has all of the above, or NULL for that
	 * one itself; and those that have a session, a handle and what a signature needs. */
	struct p11_key *first, *others[P11_SESSIONS_MAX];
	size_t other_count;
	bool without_session;        /* its own could not be opened again; only its own thread looks */
	unsigned generation;         /* the gate's, when the key went in last */
	struct gate *gate;           /* owned by the first */
};

/* Parses the URI, loads the modules and finds the one token that is meant, for a key on it or for a new one. Owned by
 * `key`. Fails with ERROR_NO_KEY, ERROR_CONFIG, ERROR_TOKEN. */
int key_token(struct p11_key *key, const struct p11_request *request, bool for_new_key, struct token **token,
	      struct error *error);

/* A hint for a token that takes no key or certificate: smartcards want a login that is not a user's for it. */
#define OWN_TOOL "some tokens take keys and certificates only from their maker's tool"

/* What the request requires of the key (require.c), or ERROR_NO_KEY with the attribute that is not so. */
int require_nonextractable(const struct session *session, CK_OBJECT_HANDLE private, const struct p11_request *request,
			   struct error *error);

/* Puts the leading zeros back that a module has dropped (pad.c). Keys of whole 64 bytes, which is all but exotic ones, need no
 * call for it; of one whose modulus the token does not show, nothing is known to be missing. Fails with ERROR_TOKEN if the
 * length cannot be. */
int pad_signature(struct p11_key *key, unsigned char *signature, size_t *length, struct error *error);

/* What a person should know of a key's signatures, once (warn.c): that they cannot be checked, and why; and that the key is
 * short, by its public half or else by the length of a signature. */
void warn_unchecked(const struct p11_key *key, const struct error *why);
void warn_of_size(struct p11_key *key, size_t signature_length);

/* Gets at the key again after `lost`: by another session, and where that does not help by restarting the module. Tries it
 * again for up to request.module_wait seconds, with a message that the token is away.
 * Fails with ERROR_TOKEN, ERROR_PIN, ERROR_NO_KEY; with ERROR_UNEXPECTED when the key is abandoned. */
int key_recover(struct p11_key *key, const struct error *lost, struct error *error);

/* The token has answered for a signature, well or not: an outage is over, with a message if there was one that the token is
 * away. Several threads may call it at once. */
void key_answers(struct p11_key *first);

/* --- several sessions of one key, each in a thread (share.c) ----------------------------------------------------- */

/* Nobody is inside when a loss is mended. No lock is held meanwhile: those who want to go in wait until the gate is
 * opened. */
struct gate *gate_new(void);
void gate_free(struct gate **gate);
void gate_enter(struct p11_key *key);
void gate_leave(struct p11_key *key);

/* Gets at the key again, as key_recover does; when another thread has done so since this one went in last, or the key is
 * gone, there is nothing left to do, and *mended is false. If it fails, the key is gone. */
int gate_recover(struct p11_key *key, const struct error *lost, bool *mended, struct error *error);

/* Waits so many milliseconds while the gate is closed. False: the key is abandoned, and the wait is over. */
bool gate_wait(struct p11_key *first, double milliseconds);

/* Keeps the reason for p11_key_is_gone if the token is gone, or a login has failed, and no reason is known yet. */
void gate_note_gone(struct p11_key *key, const struct error *error);

/* The key that has all that several of them share. */
struct p11_key *first_of(struct p11_key *key);

/* Takes one of the others out of the list of the first. Nobody is inside. */
void another_leave(struct p11_key *key);

/* Opens the session of one of the others anew after a loss. Inside of the gate. Fails with ERROR_TOKEN. */
int session_of_another(struct p11_key *key, struct error *error);

/* Closes the sessions of the others; `dead`: they went down with the module, and their handles may be somebody else's
 * now. Returns how many there were. */
size_t sessions_of_others_close(struct p11_key *first, bool dead);

/* Finds the key in the session that is open and logged in. Fails with ERROR_NO_KEY, ERROR_TOKEN. */
int key_find(struct p11_key *key, struct error *error);

/* Adds the hint for a key that was not found on the token of the session (key-hint.c). */
void key_hint(struct p11_key *key, struct error *error);

/* Adds the hint for a label of a key that was not found, if one comes close to it. Else an earlier hint remains (near-hint.c).
 * Calls for each key. */
void key_hint_near(const struct session *session, const CK_ATTRIBUTE *label, struct error *error);

#endif
