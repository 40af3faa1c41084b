/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files tls*.c. */
#ifndef P11BEARER_P11_TLS_INTERNAL_H
#define P11BEARER_P11_TLS_INTERNAL_H

#include "p11/key.h"
#include "p11/tls.h"

struct p11_tls {
	struct ring *ring;
	const struct p11_key *key; /* on the ring */
	const struct uri *uri;     /* NULL: of `key` */
	X509 *certificate;

	/* (tls-key.c) What the token shows of the key. */
	CK_OBJECT_HANDLE handle;
	bool attested;             /* by request.attester */
	CK_KEY_TYPE type;          /* CKK_RSA or CKK_EC: the certificate's */
	CK_ATTRIBUTE label, id;    /* owned; pValue NULL: it has none */
	bool always_authenticate;
	bool decrypts;             /* CKA_DECRYPT is true or unknown */
	bool by_pss;               /* sign with CKM_RSA_PKCS_PSS, because the token lacks CKM_RSA_X_509 */
	bool tls12;
	const char *sigalgs;

	/* (tls.c) */
	EVP_PKEY *private;         /* NULL: libp11 must find it first */
	unsigned generation;       /* of the gate, when libp11 found it */

	/* (tls-sign.c) */
	bool signing;
	bool gave_pin;             /* for the signature in progress */
	bool holds;                /* signals, since then (hold.h) */
	struct error failure;      /* of the last signature; ERROR_NONE: none, or it was taken */
};

/* Finds the key with calls of our own, reads what libp11 needs to find it again, and chooses the mechanisms. Fails with
 * ERROR_NO_KEY or ERROR_TOKEN (tls-key.c). */
int tls_key_find(struct p11_tls *tls, struct error *error);

/* Finds the key, and has libp11 find it and make tls->private. Fails as p11_tls_key does (tls.c). */
int tls_build(struct p11_tls *tls, struct error *error);

/* Adds to libp11's EVP_PKEY of an EC key what the token did not show, from the certificate (tls-half.c). */
void tls_complete(const struct p11_tls *tls, EVP_PKEY *private);

/* Whether the EVP_PKEY has one of these methods, which are libp11's. Without them, OpenSSL itself would sign
 * (tls-half.c). */
bool tls_signs_on_token(EVP_PKEY *private, const void *rsa_method, const void *ec_method);

/* How libp11 asks for the PIN, with tls as user data (tls-pin.c). NULL if memory is exhausted. */
UI_METHOD *tls_pin_method(void);

/* Makes every signature of these methods, which libp11's keys have, go through tls-sign.c. */
void tls_sign_hook(void *rsa_method, void *ec_method);

/* The same for the method that makes RSASSA-PSS signatures. */
void tls_sign_hook_pss(void *pss_method);

/* The key whose signatures the methods make; NULL: none may be made. */
void tls_sign_with(struct p11_tls *tls);

/* libp11's codes in OpenSSL's error queue (tls.c): the first CKR that the module returned, else CKR_OK. Empties the
 * queue. */
CK_RV tls_ckr(void);

/* Sets tls->failure for a signature that was not made. `rv` is CKR_OK if libp11 tells no code. No other login follows
 * one that may have failed (tls-failure.c). */
void tls_explain(struct p11_tls *tls, CK_RV rv);

/* Forgets what libp11 found. After a failed call or a loss its sessions cannot be used (tls-open.c). */
void tls_retire(struct p11_tls *tls);

#endif
