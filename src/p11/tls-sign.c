/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of a TLS handshake. OpenSSL calls the methods of libp11's keys, which sign on the token; they are
 * wrapped here, so that the module is watched, no signer signs at the same time, and a wrong signature never leaves. */
#undef OPENSSL_NO_DEPRECATED /* for RSA_METHOD, EC_KEY_METHOD and EVP_PKEY_METHOD */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "p11/tls-internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/observe.h"
#include "process/hold.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

static struct p11_tls *current; /* whose key signs; NULL: none does */

/* libp11's own functions. */
static int (*rsa_sign)(int length, const unsigned char *data, unsigned char *signature, RSA *rsa, int padding);
static ECDSA_SIG *(*ec_sign)(const unsigned char *digest, int length, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec);
static int (*pss_sign)(EVP_PKEY_CTX *context, unsigned char *signature, size_t *length, const unsigned char *digest,
		       size_t digest_length);

void tls_sign_with(struct p11_tls *tls)
{
	current = tls;
}

/* --- before and after a signature -------------------------------------------------------------------------------- */

/* What must be true before the token signs. The caller is inside of the gate. */
static int prepare(struct p11_tls *tls, unsigned generation, struct error *error)
{
	struct ring *ring = tls->ring;
	struct session *session = &ring->session;

	if (ring_is_usable(ring, error) < 0)
		return error_result(error);
	/* A signer has recovered the key since OpenSSL got it: the handles that libp11 has may belong to others now. */
	if (generation != tls->generation) {
		error_set(error, ERROR_TOKEN, "the session for TLS with token \"%s\" was lost",
			  token_label(session->token));
		error->code = CKR_SESSION_CLOSED; /* a loss */
		return -ERROR_TOKEN;
	}
	if (!tls->always_authenticate)
		return 0;
	if (session_pin(session, &ring->request, error) < 0 || session_check(session, &ring->request, error) < 0)
		return error_result(error);
	if (session->pin == NULL)
		message_note("enter the PIN on the pin pad of token \"%s\"", token_label(session->token));
	return 0;
}

/* Whether the key may sign. If so, `end` must follow. */
static bool begin(void)
{
	struct p11_tls *tls = current;
	unsigned generation;

	tls->gave_pin = false;
	tls->failure.class = ERROR_NONE;
	if (!gate_enter_alone(tls->ring->gate, &generation)) {
		error_set(&tls->failure, ERROR_UNEXPECTED, "the wait for token \"%s\" was cut short",
			  token_label(tls->ring->session.token));
		return false;
	}
	if (prepare(tls, generation, &tls->failure) < 0) {
		ring_note_gone(tls->ring, &tls->failure);
		gate_leave_alone(tls->ring->gate);
		return false;
	}
	tls->signing = true;
	watch_enter(tls->ring->session.token->module->name, "C_Sign");
	return true;
}

/* A signature to make. */
struct job {
	const unsigned char *data; /* a digest, padded or not */
	int length;
	int padding;               /* RSA: rsa.h's number */
	unsigned char *signature;  /* RSA: SIGNATURE_MAX bytes at most */
	int made;                  /* RSA: bytes of the signature; negative: none */
	ECDSA_SIG *points;         /* EC: the signature */
	bool has_signed, verified;
};

/* Tells the observer of the signature, and of the login that preceded it if the key requires one. */
static void report(struct p11_tls *tls, const struct job *job, double milliseconds)
{
	const struct session *session = &tls->ring->session;
	const struct p11_request *request = &tls->ring->request;
	const struct p11_event login = { .kind = P11_LOGIN }, event = {
		.kind = P11_TLS_SIGNATURE,
		.public = X509_get0_pubkey(tls->certificate),
		.alg = tls->type == CKK_EC ? "ECDSA" : job->padding == RSA_PKCS1_PADDING ? "RSASSA-PKCS1-v1_5" :
											   "RSASSA-PSS",
		.attested = tls->attested,
	};
	int result = tls->failure.class == ERROR_NONE ? 0 : error_result(&tls->failure);

	if (tls->always_authenticate && (tls->gave_pin || session->pin == NULL) &&
	    observe(request, session->token, login, milliseconds, session->refused == ERROR_NONE ? 0 : result,
		    &tls->failure) < 0)
		result = error_result(&tls->failure);
	(void)observe(request, session->token, event, milliseconds, result, &tls->failure);
}

static void end(const struct job *job)
{
	struct p11_tls *tls = current;
	struct token *token = tls->ring->session.token;
	double took = clock_ms() - watch_since();
	CK_RV rv = tls_ckr();

	if (tls->holds)
		hold_leave();
	tls->holds = false;
	message_step("%s: libp11 %s (%.2f ms)", token->module->name, job->has_signed ? "signed" : "did not sign",
		     took);
	if (!job->has_signed)
		tls_explain(tls, rv);
	else if (!job->verified)
		error_set(&tls->failure, ERROR_TOKEN,
			  "the signature of token \"%s\" is wrong: the TLS certificate does not verify it; it was "
			  "discarded", token_label(token));
	report(tls, job, took);
	if (tls->failure.class != ERROR_NONE) {
		ring_note_gone(tls->ring, &tls->failure);
		tls_retire(tls);
	} else {
		ring_answers(tls->ring);
	}
	tls->signing = false;
	gate_leave_alone(tls->ring->gate);
}

/* Signs with current->private. If what libp11 uses was lost, recovers it and tries once more. */
static bool sign(struct job *job, void (*make)(struct job *job))
{
	struct p11_tls *tls = current;
	const char *sigalgs;
	struct error why;
	EVP_PKEY *found;
	bool tls12;

	for (bool again = false;; again = true) {
		if (begin()) {
			make(job);
			end(job);
		}
		if (tls->failure.class == ERROR_NONE || again || !is_loss(&tls->failure))
			return tls->failure.class == ERROR_NONE;
		message_step("%s; trying again", tls->failure.text);
		if (p11_tls_key(tls, &found, &tls12, &sigalgs, &why) < 0) {
			tls->failure = why;
			return false;
		}
	}
}

/* --- the methods ------------------------------------------------------------------------------------------------- */

static void make_rsa(struct job *job)
{
	RSA *rsa = (RSA *)EVP_PKEY_get0_RSA(current->private);
	unsigned char back[SIGNATURE_MAX];

	job->made = rsa_sign(job->length, job->data, job->signature, rsa, job->padding);
	watch_leave();
	job->has_signed = job->made > 0;
	job->verified = job->has_signed && job->made <= SIGNATURE_MAX &&
			RSA_public_decrypt(job->made, job->signature, back, rsa, job->padding) == job->length &&
			memcmp(back, job->data, (size_t)job->length) == 0;
}

static int sign_rsa(int length, const unsigned char *data, unsigned char *signature, RSA *rsa, int padding)
{
	struct job job = { .data = data, .length = length, .padding = padding, .signature = signature };

	if (current == NULL || current->private == NULL || EVP_PKEY_get0_RSA(current->private) != rsa)
		return -1; /* found before a loss */
	if (current->signing) /* sign_pss watches */
		return rsa_sign(length, data, signature, rsa, padding);
	if (sign(&job, make_rsa))
		return job.made;
	OPENSSL_cleanse(signature, (size_t)RSA_size(rsa));
	return -1;
}

static void make_ec(struct job *job)
{
	EC_KEY *ec = (EC_KEY *)EVP_PKEY_get0_EC_KEY(current->private);

	job->points = ec_sign(job->data, job->length, NULL, NULL, ec);
	watch_leave();
	job->has_signed = job->points != NULL;
	job->verified = job->has_signed && ECDSA_do_verify(job->data, job->length, job->points, ec) == 1;
	if (job->verified)
		return;
	ECDSA_SIG_free(job->points);
	job->points = NULL;
}

/* `kinv` and `r` are for keys in memory. */
static ECDSA_SIG *sign_ec(const unsigned char *digest, int length, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	struct job job = { .data = digest, .length = length };

	(void)kinv;
	(void)r;
	if (current == NULL || current->private == NULL || EVP_PKEY_get0_EC_KEY(current->private) != ec)
		return NULL;
	if (sign(&job, make_ec))
		return job.points;
	ECDSA_SIG_free(job.points);
	return NULL;
}

static bool verify_pss(EVP_PKEY_CTX *context, RSA *rsa, const unsigned char *signature, size_t length,
		       const unsigned char *digest)
{
	unsigned char encoded[SIGNATURE_MAX];
	const EVP_MD *hash = NULL, *mgf = NULL;

	return length <= SIGNATURE_MAX && EVP_PKEY_CTX_get_signature_md(context, &hash) > 0 &&
	       EVP_PKEY_CTX_get_rsa_mgf1_md(context, &mgf) > 0 &&
	       RSA_public_decrypt((int)length, signature, encoded, rsa, RSA_NO_PADDING) > 0 &&
	       RSA_verify_PKCS1_PSS_mgf1(rsa, digest, hash, mgf, encoded, RSA_PSS_SALTLEN_AUTO) == 1;
}

/* A process has one such method for all RSA keys, of which only ours is on a token. It is bound to the key that it
 * began with, so there is no second try. */
static int sign_pss(EVP_PKEY_CTX *context, unsigned char *signature, size_t *length, const unsigned char *digest,
		    size_t digest_length)
{
	RSA *rsa = (RSA *)EVP_PKEY_get0_RSA(EVP_PKEY_CTX_get0_pkey(context));
	struct job job = { .made = -1 };
	int padding = 0;

	if (current == NULL || current->private == NULL || EVP_PKEY_get0_RSA(current->private) != rsa ||
	    signature == NULL || EVP_PKEY_CTX_get_rsa_padding(context, &padding) <= 0 ||
	    padding != RSA_PKCS1_PSS_PADDING)
		return pss_sign(context, signature, length, digest, digest_length);
	if (!begin())
		return -1;
	job.made = pss_sign(context, signature, length, digest, digest_length);
	watch_leave();
	job.has_signed = job.made > 0;
	job.verified = job.has_signed && verify_pss(context, rsa, signature, *length, digest);
	end(&job);
	if (current->failure.class == ERROR_NONE)
		return job.made;
	if (job.has_signed)
		OPENSSL_cleanse(signature, *length);
	return -1;
}

/* RSA_set_method would end libp11's use of a key, so libp11's methods themselves are changed. */
void tls_sign_hook(void *rsa_method, void *ec_method)
{
	int (*whole)(int, const unsigned char *, int, unsigned char *, unsigned int *, const BIGNUM *, const BIGNUM *,
		     EC_KEY *) = NULL;
	int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **) = NULL;

	if (rsa_sign == NULL) {
		rsa_sign = RSA_meth_get_priv_enc(rsa_method);
		RSA_meth_set_priv_enc(rsa_method, sign_rsa);
	}
	if (ec_sign == NULL) {
		EC_KEY_METHOD_get_sign(ec_method, &whole, &setup, &ec_sign);
		EC_KEY_METHOD_set_sign(ec_method, whole, setup, sign_ec);
	}
}

void tls_sign_hook_pss(void *pss_method)
{
	int (*init)(EVP_PKEY_CTX *) = NULL;

	if (pss_sign != NULL)
		return;
	EVP_PKEY_meth_get_sign(pss_method, &init, &pss_sign);
	EVP_PKEY_meth_set_sign(pss_method, init, sign_pss);
	EVP_PKEY_meth_add0(pss_method); /* OpenSSL owns it from now on */
}
