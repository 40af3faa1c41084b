/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on PKCS#11 tokens: finding, generating and signing. The process uses one key at a time; several threads may sign
 * with it, each with a signer of its own. */
#ifndef P11BEARER_P11_H
#define P11BEARER_P11_H

#include "base/alg.h"
#include "base/sign.h"
#include "base/source.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	P11_SESSIONS_MAX = 64, /* that sign, with one key or those beside it */
	P11_TOUCH_MS = 1500,   /* a signature that takes longer may have waited for a touch of the token */
	P11_SERIAL_SIZE = 17,  /* bytes: a token's serial number, with a NUL */
};

/* What happened on a token. */
struct p11_event {
	enum { P11_LOGIN, P11_SIGNATURE, P11_TLS_SIGNATURE } kind;
	char serial[P11_SERIAL_SIZE]; /* the token's serial number */
	EVP_PKEY *public; /* the public half of the key that signed; NULL: unknown, or a login */
	const char *alg;  /* the name of its algorithm; NULL: a login */
	bool officer;     /* the security officer logged in, not the user */
	bool attested;    /* request.attester has proven the key */
	double milliseconds;
};

/* Learns of each login, and of each signature that no caller of p11_signer_sign gets: one in a TLS handshake, and the
 * test of an imported key. `failure` says why it failed; NULL: it succeeded. If `tell` fails, the login counts as
 * failed and the signature is discarded. Called in the thread that logs in or signs, not during a C_* call. */
struct p11_observer {
	int (*tell)(void *context, const struct p11_event *event, const struct error *failure, struct error *error);
	void *context;
};

/* Where the key is and how to use it. The caller owns the URI and the strings, which must outlive the key. */
struct p11_request {
	struct uri *uri;      /* see p11_uri_parse */
	const char *module;   /* path of the module; NULL: the URI's module-path, else all modules that p11-kit knows */
	struct source pin_from; /* see prompt_parse; SOURCE_NONE: the URI's, PIN pad, or prompt */
	struct source so_pin_from; /* of the security officer's PIN; SOURCE_NONE: not given, and never asked for */
	bool allow_final_try; /* log in even if a wrong PIN would lock the token */
	long timeout;         /* seconds that a call of the module may take */
	long module_wait;     /* seconds that a lost token may be away; 0: one try, at once */
	bool require_hardware; /* refuse a token that signs in software */
	enum alg alg, rsa_alg; /* to sign with, and what ALG_AUTO means for an RSA key (ALG_AUTO: RS256) */
	bool require_nonextractable; /* refuse a key that is extractable, not sensitive, or was imported */
	const struct p11_attester *attester; /* refuse a key that it does not prove; must outlive the key; NULL: none */
	const struct p11_observer *observer; /* must outlive the key; NULL: none */
};

/* A private RSA or EC key on a token, with a session that is logged in. */
struct p11_key;

/* One session that signs with a key. */
struct p11_signer;

struct p11_attester; /* see attestation.h */

/* --- what users write -------------------------------------------------------------------------------------------- */

/* A parsed RFC 7512 URI. It holds the PIN of pin-value. */
struct uri;

/* Parses a URI; "pkcs11:" matches anything. Fails with ERROR_CONFIG; the message never shows a PIN. p11_uri_free wipes
 * the PIN, and allows NULL. */
int p11_uri_parse(struct uri **uri, const char *text, struct error *error);

/* The same for another key on one token: the URI gets the PIN that `from` has, see p11_key_again. */
int p11_uri_parse_beside(struct uri **uri, const char *text, const struct uri *from, struct error *error);

void p11_uri_free(struct uri **uri);

/* The label that the URI names, without its padding; empty if it names none. The caller frees *label. Fails as
 * p11_uri_parse does. */
int p11_uri_label(const char *text, char **label, struct error *error);

/* The URI of another key on the same token: with this label and a random id, and without a PIN or its source. The
 * caller frees *uri. Fails as p11_uri_parse does. */
int p11_uri_rename(const char *text, const char *label, char **uri, struct error *error);

/* Adds the hint "did you mean id=%01…?" to the error of a key that was not found, if the URI's id looks like
 * hexadecimal digits that are not encoded, such as 01a2, %01a2, 01:a2 or 0x01a2. Else it does nothing, and an earlier
 * hint remains. */
void p11_uri_hint_id(const char *uri, struct error *error);

/* The PIN of a pin-value, or the one that p11_key_again has added; NULL: none. Owned by `uri`. */
const struct secret *p11_uri_pin(const struct uri *uri);

/* The URI's pin-source; its type is SOURCE_NONE if the URI has no pin-source. Owned by `uri`. */
const struct source *p11_uri_pin_source(const struct uri *uri);

/* --- keys -------------------------------------------------------------------------------------------------------- */

/* Finds the one private key that the URI names and that fits the algorithm; ALG_AUTO takes an EC key only if the URI
 * names no RSA key. Loads the modules, opens a session and logs in if the token requires it. A PIN goes to one token at
 * most: there is no login if more than one token or key matches, if the request refuses the token, or if the token
 * shows that the key does not fit the algorithm or that it lacks the algorithm. With `writable` the session may create
 * objects. Fails with ERROR_NO_KEY, ERROR_PIN, ERROR_TOKEN or ERROR_CONFIG. */
int p11_key_open(struct p11_key **key, const struct p11_request *request, bool writable, struct error *error);

/* Whether p11_key_open failed because the token, which it has found, does not have the key. */
bool p11_is_missing_key(const struct error *error);

/* Closes the key and wipes the PIN; p11_end finalizes the modules. NULL is allowed. Must be called before main
 * returns. */
void p11_key_close(struct p11_key **key);

/* Fills `again` with what opens the key once more, after it was closed, on the same token and with the same PIN: the
 * key's request, with a URI of its own that holds both. Makes no call. The caller frees again->uri with p11_uri_free.
 * Fails if memory is exhausted; again->uri is then NULL. */
int p11_key_again(const struct p11_key *key, struct p11_request *again, struct error *error);

/* The key's full URI, without a PIN. The caller frees it. Fails with ERROR_TOKEN. */
int p11_key_uri(struct p11_key *key, char **uri, struct error *error);

/* Opens another private key on the token of `key`, in its session and with its login: no login of its own. The request
 * holds for both, except for its URI. Both are recovered together; if the token then has one of them only, that one
 * signs, and a warning names the other, whose signers fail. No signer may be signing; `uri` must outlive the other key.
 * Fails with ERROR_NO_KEY if the URI names no key on this token, several, or `key` itself, and as p11_key_open does. */
int p11_key_open_beside(struct p11_key **other, struct p11_key *key, const struct uri *uri, struct error *error);

/* Does in advance what the first signature would do: reads what it needs to know of the key, and gets the PIN if each
 * signature needs a login, so that nobody is asked in the middle of a run. Fails as p11_signer_sign does. */
int p11_key_prepare(struct p11_key *key, struct error *error);

/* The public half, from the key object, else from a public key object, else from a certificate: those with the same
 * CKA_ID first, then those with the key's modulus, if the token shows it. The caller frees it. Fails with
 * ERROR_TOKEN. */
int p11_key_public(struct p11_key *key, EVP_PKEY **public, struct error *error);

/* Reads the public half of the key that the URI names, and the algorithm that it signs with. If the public keys and
 * certificates with the URI's label and id, or else its id, have one public half, and the token shows it without a
 * login, there is no login and the private key is not looked for, unless the request requires one that is not
 * extractable. Otherwise, if
 * `with_login`, opens the key. The caller frees *public. Fails as p11_key_open and p11_key_public do, and with
 * ERROR_NO_KEY if a login is needed and `with_login` is false. */
int p11_public_read(const struct p11_request *request, bool with_login, EVP_PKEY **public, enum alg *alg,
		    struct error *error);

/* The key's certificate: an object on its token with its public half. Valid ones with the key's CKA_ID come first. Of
 * several, those whose issuer is their subject are preferred, of those the ones that are valid now, of those the one
 * that begins last. A YubiKey's attestations and placeholders do not count (base/certificate.h). The caller frees it.
 * Fails with ERROR_NO_KEY if it finds none. */
int p11_key_certificate(struct p11_key *key, X509 **certificate, struct error *error);

/* Puts the certificate on the token with the key's CKA_ID and CKA_LABEL. *others is the number of certificates that
 * have the same CKA_ID or, if the key has none, the same public key. The key must have been opened writable. If only
 * the security officer may store, logs the user out and the officer in: the key cannot sign any more then. The slot of
 * a YubiKey holds one certificate: another one is overwritten only with `replace`, unless it is the placeholder that
 * the module made with the key. Fails with ERROR_NO_KEY if it is occupied, with ERROR_TOKEN or ERROR_PIN. */
int p11_key_store(struct p11_key *key, X509 *certificate, bool replace, size_t *others, struct error *error);

/* Opens a key, writable, whose certificate p11_key_store is to store. Before the login, on a YubiKey, looks for a
 * certificate in the slot, and reads the user's PIN and the security officer's. Fails as p11_key_open does; with
 * ERROR_PIN if the officer's PIN is not given or not of the right form, with ERROR_NO_KEY if the slot is occupied and
 * `replace` is false; and with ERROR_USAGE if `replace` is true and the token is not a YubiKey. */
int p11_key_open_to_store(struct p11_key **key, const struct p11_request *request, bool replace, struct error *error);

/* When a YubiKey signs with a key: the values of CKA_YUBICO_TOUCH_POLICY and CKA_YUBICO_PIN_POLICY. */
enum p11_touch_policy { P11_TOUCH_DEFAULT, P11_TOUCH_NEVER, P11_TOUCH_ALWAYS, P11_TOUCH_CACHED };
enum p11_pin_policy { P11_PIN_DEFAULT, P11_PIN_NEVER, P11_PIN_ONCE, P11_PIN_ALWAYS };

/* How to put a key on a token. All but the defaults are refused, before anything changes, by tokens other than
 * YubiKeys. */
struct p11_placing {
	enum p11_touch_policy touch;
	enum p11_pin_policy pin;
	bool replace; /* what is in the YubiKey's slot */
};

/* What pair to make. */
struct p11_pair_type {
	const char *curve; /* of an EC key, as in alg.h, such as "P-256"; NULL: an RSA key */
	unsigned bits;     /* of an RSA key */
	struct p11_placing placing;
};

/* Generates a pair on the token that the URI names, with the URI's label and id (a random id if it has none). Reads
 * back its attributes, and destroys it if it could leave the token. *uri is the new key's full URI; the caller frees
 * it. On a YubiKey, whose keys are in slots, the URI must name a slot by its id, and only the security officer logs in.
 * Fails with ERROR_NO_KEY if label or id is taken, with ERROR_USAGE if the token does not take the placing, with
 * ERROR_TOKEN or ERROR_PIN. */
int p11_key_generate(const struct p11_request *request, const struct p11_pair_type *type, char **uri,
		     struct error *error);

/* Whether the error is that the token refuses to make a key or to take a certificate, also because only its security
 * officer may: another try would fail, too. */
bool p11_is_refused_object(const struct error *error);

/* Whether an object on the token of `key` has this label, so that p11_key_generate would refuse it. Fails with
 * ERROR_TOKEN. */
int p11_label_is_taken(const struct p11_key *key, const char *label, bool *taken, struct error *error);

/* Whether keys on the token are in slots, as on a YubiKey: p11_key_generate then needs the id of one. Makes no call. */
bool p11_key_is_in_slot(const struct p11_key *key);

/* Imports `source`, an RSA key of two primes or an EC key on P-256, P-384 or P-521, with names as p11_key_generate
 * chooses them. Reads back its attributes, signs with it, and verifies the signature with the public half of `source`;
 * if one of these fails, or a signal interrupts it before that, removes what it stored. After a signal, error->signal
 * is set. *uri is the new key's full URI; the caller frees it. Fails with ERROR_NO_KEY if the key, its label or its id
 * is on the token already; and with ERROR_CONFIG, ERROR_TOKEN or ERROR_PIN. */
int p11_key_import(const struct p11_request *request, EVP_PKEY *source, const struct p11_placing *placing, char **uri,
		   struct error *error);

/* Whether request.attester has proven the key. */
bool p11_key_is_attested(const struct p11_key *key);

/* The algorithm that the key signs with; never ALG_AUTO. */
enum alg p11_key_alg(const struct p11_key *key);

/* Why one session only can sign, with the key or those beside it, such as "the key needs a login for each signature";
 * NULL if several can. Known once p11_key_prepare was called for each key, or each has signed. Static. */
const char *p11_key_single(const struct p11_key *key);

/* Why signatures are not verified: the token does not show the key's public half. NULL if they are. Known once it has
 * signed; the key owns it. */
const char *p11_key_unchecked(const struct p11_key *key);

/* Warns if so many bits are fewer than servers accept. The first signature does so if the token shows the public
 * half. */
void p11_key_warn_of_size(const struct p11_key *key, int bits);

/* The functions below may be called in any thread. */

/* Whether the key was lost and could not be recovered: no signer can sign any more. *why, unless NULL, is set to the
 * reason. */
bool p11_key_is_gone(const struct p11_key *key, struct error *why);

/* Whether the key is lost at present, and one signer is recovering it while the others wait. */
bool p11_key_is_away(const struct p11_key *key);

/* Ends the wait for a token that is away, now and from now on: the key is then gone. */
void p11_key_abandon(struct p11_key *key);

/* Whether that, or a signal, has ended a wait. */
bool p11_key_was_abandoned(const struct p11_key *key);

/* --- signers ----------------------------------------------------------------------------------------------------- */

/* Opens a signer. The first one, of the key or those beside it, uses the key's session. Each further one opens its own,
 * without a further login; before that the key must have signed, and no signer may be signing. Close all of them before
 * the key. Fails with ERROR_TOKEN if the token opens no more sessions; after p11_tls_open, one more is left for TLS. */
int p11_signer_open(struct p11_signer **signer, struct p11_key *key, struct error *error);
void p11_signer_close(struct p11_signer **signer);

/* Opens a signer of a key that was opened beside the key of `first`. It shares the session of `first`, so one thread
 * must use both; no signer may be signing. Close it before `first`. If the session is not the key's, reads what the
 * key's first signature needs to know. Fails with ERROR_TOKEN. */
int p11_signer_open_beside(struct p11_signer **signer, struct p11_key *key, struct p11_signer *first,
			   struct error *error);

/* Signs `data` with the key's algorithm, by one C_Sign. `signature` has room for SIGNATURE_MAX bytes. *length is that
 * of the modulus or, for an EC key, twice that of the curve's order: R and S (RFC 7518 section 3.4). The signature is
 * verified with the key's public half if the token shows it. If the session, login or token was lost, it is
 * re-established and C_Sign retried once, or for up to request.module_wait seconds; recoveries by other signers do not
 * use up the retry. A recovery may send the accepted PIN again, and may last that long, unless p11_key_abandon or a
 * pending signal ends it.
 * Fails with ERROR_TOKEN or ERROR_PIN. */
int p11_signer_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
		    struct error *error);

/* The key's public half, as p11_key_public describes it, for the thread that signs. */
int p11_signer_public(struct p11_signer *signer, EVP_PKEY **public, struct error *error);

/* The key's certificate, as p11_key_certificate describes it, for the thread that signs; NULL if the token has none.
 * The search is an extra: if the module hangs or crashes in it, `verdict` (may be NULL) is reported and sets the exit
 * status. */
X509 *p11_signer_certificate(struct p11_signer *signer, const struct error *verdict);

/* Whether the signer has a session; false if its own, or that of the signer beside it, could not be opened again after
 * a loss, or if the key turned out to sign in the session of the first signer only. For the thread that signs. */
bool p11_signer_has_session(const struct p11_signer *signer);

/* Whether the token still had the key when the signer last used it: false if a recovery found only a key beside it. For
 * the thread that signs. */
bool p11_signer_has_key(const struct p11_signer *signer);

/* How often the key had been recovered when the signer last used it. For the thread that signs, or while none does. */
unsigned p11_signer_recoveries(const struct p11_signer *signer);

/* Describes a signature, except for its duration. event->public belongs to the signer. Makes no call. */
void p11_signer_event(const struct p11_signer *signer, struct p11_event *event);

/* As p11_key_alg. */
enum alg p11_signer_alg(const struct p11_signer *signer);

/* Sets what is written to stdout if a module hangs, crashes or exits, before the program ends with `status`; it is not
 * copied. NULL: nothing, and the status is ERROR_TOKEN. */
void p11_last_words(const char *text, int status);

/* Finalizes the modules. The program does so itself at its end, after its output is written. Call it before executing
 * another program, which is to find them finalized. */
void p11_end(void);

#endif
