/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, and the signers that share them. */
#ifndef P11BEARER_P11_KEY_H
#define P11BEARER_P11_KEY_H

#include "p11/mechanism.h"
#include "p11/object.h"
#include "p11/policy.h"
#include "p11/ring.h"

/* Like its ring, written only while no other thread signs. */
struct p11_key {
	struct ring *ring;
	struct p11_key *next;    /* of the ring's */
	const struct uri *uri;
	CK_OBJECT_HANDLE handle; /* valid in all sessions of an application (PKCS#11 2.40, usage guide section 2.6) */
	size_t matches;          /* keys that the last search found */
	bool missing;            /* the last recovery did not find it, but another of the ring's keys */
	enum alg alg;            /* ALG_AUTO: not known yet */
	const struct mechanism *mechanism; /* the first to try, later the one that signed first; set with `alg` */
	bool prepared;           /* the next four are read */
	bool always_authenticate;
	struct policy policy;
	EVP_PKEY *public;        /* NULL: unknown */
	char *unchecked;         /* why signatures are not verified; NULL: they are */
	atomic_bool has_signed;
	bool attested;           /* by request.attester; `public` is then the attested one */
	char *full_uri;          /* of a new key */
};

/* One session that signs with a key, used by one thread. */
struct p11_signer {
	struct p11_key *key;
	struct p11_signer *next;     /* of the ring's */
	struct session *session;     /* the ring's, `own`, or that of the signer that it was opened beside */
	struct session own;          /* closed by a recovery, and opened again for the next signature */
	const struct mechanism *mechanism; /* the one that C_SignInit accepted last, or the first to try */
	/* a copy of the key's: threads that share an EVP_PKEY wait for each other; NULL: use the key's */
	EVP_PKEY *public;
	unsigned generation;         /* of the gate, when the signer went in last */
	bool recovering;             /* this is the retry of a signature */
	bool lacks_key;              /* the key was missing when the signer went in last */
	bool needs_login;            /* C_Sign failed for lack of a login, and the key has never signed */
};

/* Creates a key that is not open, on a ring of its own. Returns NULL if memory is exhausted. p11_key_close frees it. */
struct p11_key *key_new(void);

/* --- finding it (key.c) ------------------------------------------------------------------------------------------ */

/* Parses the URI, loads the modules and finds the one token that the URI names, for a key on it or for a new one. The
 * key owns the token. Fails with ERROR_NO_KEY, ERROR_CONFIG or ERROR_TOKEN. */
int key_token(struct p11_key *key, const struct p11_request *request, bool for_new_key, struct token **token,
	      struct error *error);

/* The steps of key_token: takes the request and loads the modules; then, after tokens_find, chooses the token. */
int key_modules(struct p11_key *key, const struct p11_request *request, struct error *error);
int key_choose_token(struct p11_key *key, bool for_new_key, struct token **token, struct error *error);

/* The two steps of p11_key_open: up to a session with the token, and from there to the key. */
int key_begin(struct p11_key *key, const struct p11_request *request, bool writable, struct error *error);
int key_log_in(struct p11_key *key, struct error *error);

/* Private keys are hidden until login, but their public halves are not: fails if the URI matches two of them, or one
 * that does not fit the algorithm, which are reason enough not to use the PIN. */
int key_check_before_login(struct p11_key *key, struct error *error);

/* Finds the key in its session, which is open and logged in. Fails with ERROR_NO_KEY or ERROR_TOKEN. */
int key_find(struct p11_key *key, struct error *error);

/* Set the error of a URI that matches no private key, or these keys, on the session's token. Return -ERROR_NO_KEY. */
enum { KEYS_NAMED_MOST = 10 }; /* matches that the error lists */
int key_is_missing(struct p11_key *key, struct error *error);
int key_is_one_of_many(struct p11_key *key, const CK_OBJECT_HANDLE *found, size_t count, bool logged_in,
		       struct error *error);

/* The public half that the URI names, if the token shows exactly one; else *public is NULL (public-read.c). Fails with
 * ERROR_TOKEN: with the code CKR_USER_NOT_LOGGED_IN if the token hides everything until login. */
int key_half(const struct p11_key *key, EVP_PKEY **public, struct error *error);

/* Fails with ERROR_TOKEN if the last recovery did not find the key. Makes no call. */
int key_is_there(const struct p11_key *key, struct error *error);

/* Adds the hint for a key that was not found on the session's token (key-hint.c). */
void key_hint(struct p11_key *key, struct error *error);

/* Replaces the hint for a key that was not found by the key whose label comes closest, if any does (near-hint.c). Makes
 * calls for each key. */
void key_hint_near(const struct session *session, const CK_ATTRIBUTE *label, struct error *error);

/* Fails with ERROR_NO_KEY if the request requires a key that is not extractable and this one is, or does not show it
 * (require.c). */
int require_nonextractable(const struct ring *ring, CK_OBJECT_HANDLE private, struct error *error);

/* If the request has an attester, reads the attestation of the key, whose handle is known, and has the attester decide
 * (attestation.c). On success *public, unless NULL, is the attested public half: the caller verifies each signature
 * with it, and frees it. Sets *attested. Without an attester does nothing. Fails with ERROR_NO_KEY or ERROR_TOKEN. */
int require_attested(const struct ring *ring, CK_OBJECT_HANDLE private, bool *attested, EVP_PKEY **public,
		     struct error *error);

/* The same for the key itself, whose public half becomes the attested one. */
int key_require_attested(struct p11_key *key, struct error *error);

/* --- the algorithm (fit.c) --------------------------------------------------------------------------------------- */

/* Whether keys of the type fit the algorithm; ALG_AUTO: RSA and EC keys do. */
bool fit_takes(enum alg alg, CK_KEY_TYPE type);

/* The type of the key, whose algorithm is known. */
CK_KEY_TYPE fit_type(const struct p11_key *key);

/* "RSA ", "EC ", or "" for ALG_AUTO: the type that fits the algorithm. Static. */
const char *fit_name(enum alg alg);

/* Finds objects as objects_find does, of a type that fits the algorithm; for ALG_AUTO EC keys only if there is no RSA
 * key. *type is that of those found. Fails with ERROR_TOKEN. */
int fit_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, enum alg alg,
	     CK_OBJECT_HANDLE *found, size_t room, size_t *count, CK_KEY_TYPE *type, struct error *error);

/* Fails with ERROR_NO_KEY if the URI names a key of a type that does not fit the requested algorithm. */
int fit_refuse_other(const struct p11_key *key, CK_OBJECT_CLASS class, struct error *error);

/* Sets the key's algorithm and first mechanism from an object with its public or private half, unless they are known.
 * The algorithm remains ALG_AUTO if a public EC key does not show its curve. Fails with ERROR_NO_KEY if the key does
 * not fit the requested algorithm or the token lacks it, and with ERROR_TOKEN. */
int fit_settle(struct p11_key *key, CK_OBJECT_HANDLE object, CK_KEY_TYPE type, bool is_private, struct error *error);

/* --- signing with it --------------------------------------------------------------------------------------------- */

/* Signs once, without recovery, in the signer's session, which must be open. Fails as p11_signer_sign does (sign.c). */
int sign_once(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
	      struct error *error);

/* Gives the signature the length that it must have: restores leading zeros that the module dropped, and takes R and S
 * out of DER (pad.c). For RSA, makes a call only if the public half is unknown and the length is no multiple of 64
 * bytes, as that of all but exotic keys is. If the token does not show the modulus, nothing is known to be missing.
 * Fails with ERROR_TOKEN if the length is impossible. */
int pad_signature(const struct p11_signer *signer, unsigned char *signature, size_t *length, struct error *error);

/* Reads what a signature needs to know of the key, unless it is known. A C_Sign that fails for lack of a login may cost
 * the login, and a signature is verified before it leaves. Fails with ERROR_TOKEN. */
int key_prepare(struct p11_key *key, struct error *error);

/* Recovers the ring after `lost` (recover.c), unless another thread has done so since this signer went in last;
 * *recovered says which. Fails as ring_recover_alone does. */
int signer_recover(struct p11_signer *signer, const struct error *lost, bool *recovered, struct error *error);

/* The certificate of a key with this public half, as p11_key_certificate describes it; NULL if it has no certificate,
 * and after a failure (store.c). `private` may be CK_INVALID_HANDLE. Fails with ERROR_TOKEN. */
int object_certificate(const struct session *session, CK_OBJECT_HANDLE private, EVP_PKEY *public, X509 **certificate,
		       struct error *error);

/* The hint for a token that refuses a key or certificate: smartcards need a login other than the user's for it. */
#define OWN_TOOL "some tokens accept keys and certificates only from their vendor's tool"

#endif
