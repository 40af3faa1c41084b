/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on PKCS#11 tokens: find one, sign with it, make one, list them. The process uses one key at a time, and
 * p11_key_sign alone in several threads. */
#ifndef P11BEARER_P11_H
#define P11BEARER_P11_H

#include "base/sign.h"
#include "base/source.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	P11_SESSIONS_MAX = 64, /* of one key */
	P11_TOUCH_MS = 1500,   /* so long a signature takes when somebody has to touch the token */
};

/* Where the key is and how to get at it. Strings are the caller's and must outlive the key. */
struct p11_request {
	struct uri *uri;      /* see p11_uri_parse */
	const char *module;   /* path of the module to use, or NULL: the URI's module-path, else all p11-kit knows */
	struct source pin_from; /* see p11_pin_source_parse; SOURCE_NONE: the URI's, PIN pad, or prompt */
	bool allow_final_try; /* log in though a wrong PIN would lock the token */
	long timeout;         /* seconds that a call of the module may take */
	long module_wait;     /* seconds that a token which was lost may be away; 0: one try, at once */
	bool require_hardware; /* refuse a token that signs in software */
	bool require_nonextractable; /* refuse a key that is extractable, not sensitive, or was imported */
	bool checks_signatures; /* the caller does, so that p11_key_sign need not where that costs a call */
};

/* A private RSA key on a token, with the session it is used in. */
struct p11_key;

/* A parsed RFC 7512 URI. It holds the PIN of pin-value. */
struct uri;

/* Parses a URI; "pkcs11:" matches anything. Fails with ERROR_CONFIG; the message never shows a PIN. p11_uri_free wipes the PIN,
 * and allows NULL. */
int p11_uri_parse(struct uri **uri, const char *text, struct error *error);
void p11_uri_free(struct uri **uri);

/* Adds the hint "did you mean id=%01…?" to the error of a key that was not found, if the id in the URI looks like hexadecimal
 * digits that are not encoded, such as 01a2, %01a2, 01:a2 or 0x01a2. Else it does nothing, and an earlier hint remains. */
void p11_uri_hint_id(const char *uri, struct error *error);

/* The URI's pin-source; its type is SOURCE_NONE if there is none. Owned by `uri`. */
const struct source *p11_uri_pin_source(const struct uri *uri);

/* Parses a PIN source: prompt, file:PATH, env:NAME, fd:N or credential:NAME; reads nothing. Fails with ERROR_CONFIG. */
int p11_pin_source_parse(struct source *source, const char *text, struct error *error);

/* Finds the one private key that the URI names: loads the modules, opens a session and logs in when the token asks
 * for it. A PIN goes to one token at most: when more than one token or key matches nothing is logged in to, nor is a
 * token that the request refuses. With `writable` the session may create objects. Fails with ERROR_NO_KEY, ERROR_PIN,
 * ERROR_TOKEN or ERROR_CONFIG. */
int p11_key_open(struct p11_key **key, const struct p11_request *request, bool writable, struct error *error);

/* Closes the key and wipes the PIN; p11_end finalises the modules. NULL is allowed. Must come before main returns. */
void p11_key_close(struct p11_key **key);

/* Does before the first signature what it would do first: reads what is to be known of the key, and gets the PIN,
 * where each signature wants one, so that nobody is asked in the middle of a run. Fails as p11_key_sign does. */
int p11_key_prepare(struct p11_key *key, struct error *error);

/* RSASSA-PKCS1-v1_5 with SHA-256 over `data` (RFC 8017 section 8.2, JWA's RS256), by one C_Sign. `signature` has room
 * for SIGNATURE_MAX bytes; *length is as long as the modulus. It is verified with the key's public half, where the
 * token tells that. When session, login or token turn out to be lost, the key is recovered, and C_Sign is tried once
 * more; with request.module_wait as often as it takes within that time. The PIN that was accepted may be sent again for it, and
 * the call may last that long, unless p11_key_abandon ends the wait. Fails with ERROR_TOKEN or ERROR_PIN. */
int p11_key_sign(struct p11_key *key, const void *data, size_t size, unsigned char *signature, size_t *length,
		 struct error *error);

/* Warns, once for each key, if it has fewer bits than servers take (RFC 7518 section 3.3). p11_key_sign does so itself where it
 * knows the key's size; a caller that checks signatures (checks_signatures) knows it from the certificate. */
void p11_key_warn_of_size(struct p11_key *key, int bits);

/* Why the key is used in one session only, such as "the key wants a login for each signature"; NULL when it may be
 * used in several. To be asked when it has signed. Static. */
const char *p11_key_single(const struct p11_key *key);

/* The same key in one more session with its token, without a further login, for p11_key_sign in another thread. To be
 * closed before `key`. NULL when the token opens no more sessions, or memory is out. The key must have signed, and no
 * thread be signing with it. */
struct p11_key *p11_key_another(struct p11_key *key);

/* Whether it has a session. Another one whose session could not be opened again after a loss is of no use any more. For the
 * thread that signs with it. */
bool p11_key_has_session(const struct p11_key *key);

/* How often the key has been recovered after a loss, as far as its thread knows. For the thread that signs with it, or
 * while none does. */
unsigned p11_key_recoveries(const struct p11_key *key);

/* Whether the key was lost and could not be recovered, so that another signature has little hope. *why, unless NULL,
 * gets the reason. Any thread may ask. */
bool p11_key_is_gone(const struct p11_key *key, struct error *why);

/* Whether the key is lost at present, and a thread tries to recover it while the others wait. Any thread may ask. */
bool p11_key_is_away(const struct p11_key *key);

/* Ends the wait for a token that is away, and all waits to come: the key is then gone. Any thread may call it. */
void p11_key_abandon(struct p11_key *key);

/* Whether that has ended a wait. Any thread may ask. */
bool p11_key_was_abandoned(const struct p11_key *key);

/* Whether `signature` is one over `data` that the public RSA key verifies, as p11_key_sign makes them. */
bool p11_signature_fits(EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature, size_t length);

/* The public half, from the key object, else from a public key object, else from a certificate: those with the same CKA_ID,
 * then those with the key's modulus, where it tells that. To be freed with EVP_PKEY_free. Fails with ERROR_TOKEN. */
int p11_key_public(struct p11_key *key, EVP_PKEY **public, struct error *error);

/* Puts the certificate on the token with the key's CKA_ID and CKA_LABEL. *others is the number of certificates that
 * have the same CKA_ID, or, for a key without one, the same public key. The key must have been opened writable. Fails with
 * ERROR_TOKEN. */
int p11_key_store(struct p11_key *key, X509 *certificate, size_t *others, struct error *error);

/* The certificate of the key: an object on its token with its public half. One with the key's CKA_ID is preferred to others
 * while it is valid. Of several, one whose issuer is its subject (a YubiKey's attestation certificate may share the id, and
 * is not), of those one that is valid now, and of those the one that begins last. To be freed with X509_free. Fails with
 * ERROR_NO_KEY when there is none. */
int p11_key_certificate(struct p11_key *key, X509 **certificate, struct error *error);

/* The same after a signature, in the thread that signs with the key. NULL if the token has none or does not say. If the
 * module hangs or crashes in the search, `verdict` (may be NULL) is reported and sets the exit status: the search is an extra. */
X509 *p11_key_stored(struct p11_key *key, const struct error *verdict);

/* Makes an RSA pair of `bits` on the token that the URI names, label and id from the URI (a random id when it has
 * none), reads back how the token made it and destroys it if it could leave the token. *uri is the new key's full URI,
 * to be freed. Fails with ERROR_NO_KEY when label or id is taken, ERROR_TOKEN, ERROR_PIN. */
int p11_key_generate(const struct p11_request *request, unsigned bits, char **uri, struct error *error);

/* Finalises the modules that were used. It is done by itself when the program ends, after its data are written; a
 * program that is executed instead is to find them ended. */
void p11_end(void);

#endif
