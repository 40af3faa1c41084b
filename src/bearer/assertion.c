/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/assertion.h"

#include "base/base64url.h"
#include "base/clock.h"
#include "base/message.h"
#include "bearer/content.h"
#include "bearer/identity.h"
#include "bearer/record.h"
#include "server/server.h"
#include "x509/x509.h"

#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	JTI_BYTES = 16,
	STALE = 2, /* seconds: if the token was away this long, the assertion is made again */
};

/* No certificate in the file verifies the signature: they belong to other keys, or the token failed. */
static int mismatch(const struct signer_key *key, const struct x509_list *certificates, const char *path,
		    const char *option, const char *advice, struct error *error)
{
	EVP_PKEY *public;
	X509 *own;
	struct error why;

	if (p11_signer_public(key->p11, &public, &why) < 0) {
		error_set(error, ERROR_CONFIG, "the certificate %s does not verify the key's signature, and there is "
			  "no public key to compare it with: %s", path, why.text);
		error_hint(error, "nothing was sent; check that %s names the certificate of this key", option);
		return -ERROR_CONFIG;
	}
	if (x509_choose(certificates, path, public, &own, error) == 0)
		error_set(error, ERROR_TOKEN, "the token's signature is wrong: %s is the key's certificate, but does "
			  "not verify it", path);
	else
		error_hint(error, "nothing was sent; %s", advice);
	X509_free(own);
	EVP_PKEY_free(public);
	return error_result(error);
}

/* What jwt_sign passes on to `sign`. */
struct signing {
	struct signer *signer;
	size_t which;
};

/* What jwt_sign has signed. */
struct signature {
	const void *data;
	size_t size;
	const unsigned char *bytes;
	size_t length;
};

static bool fits(const struct signer_key *key, X509 *certificate, const struct signature *signature)
{
	return alg_verifies(p11_signer_alg(key->p11), X509_get0_pubkey(certificate), signature->data, signature->size,
			    signature->bytes, signature->length);
}

/* No certificate in the request's file is that of the key. */
static int no_fit(const struct signing *signing, struct error *error)
{
	const struct signer *first = signing->signer->first != NULL ? signing->signer->first : signing->signer;
	const struct signer_key *key = &signing->signer->keys[signing->which];
	const struct server_advice *refusal = server_advice_for(first->server, SERVER_SIGNATURE);
	const char *codes = refusal != NULL ? refusal->codes : NULL;
	char advice[128];

	if (codes != NULL)
		snprintf(advice, sizeof(advice), "%s would answer %.*s", first->server->party,
			 (int)strcspn(codes, " "), codes);
	else
		snprintf(advice, sizeof(advice), "%s would refuse the assertion", first->server->party);
	return mismatch(key, &key->certificates, key->path,
			signing->which == 0 ? "--certificate" : "--next-certificate", advice, error);
}

/* The file may also contain CA certificates, in any order. The one that verifies the first signature is the key's. */
static int check(struct signing *signing, const struct signature *signature, struct error *error)
{
	struct signer_key *key = &signing->signer->keys[signing->which];
	const struct x509_list *certificates = &key->certificates;
	size_t i = 0;

	if (key->own != NULL)
		return fits(key, key->own, signature) ? 0 : no_fit(signing, error);
	while (i < certificates->count && !fits(key, certificates->list[i], signature))
		i++;
	if (i == certificates->count)
		return no_fit(signing, error);
	if (x509_choose(certificates, key->path, X509_get0_pubkey(certificates->list[i]), &key->own, error) < 0)
		return error_result(error);
	X509_free(key->own); /* the list has it, too */
	return 0;
}

/* Without a handshake, and without another signature. */
static int check_identity(const struct signing *signing, const struct signature *signature, struct error *error)
{
	const struct signer_key *key = &signing->signer->keys[0];
	const char *path;
	X509 *certificate = signing->which == 0 ? identity_certificate(signing->signer->identity, &path) : NULL;
	const struct x509_list certificates = { .list = &certificate, .count = 1 };

	if (certificate == NULL || fits(key, certificate, signature))
		return 0;
	return mismatch(key, &certificates, path, "--tls-certificate",
			"if the certificate belongs to another key, name that with --tls-key", error);
}

/* What all signers of the key share. */
static struct signer_key *shared(const struct signing *signing)
{
	struct signer *first = signing->signer->first;

	return &(first != NULL ? first : signing->signer)->keys[signing->which];
}

/* Says once what the first signature shows, whichever thread makes it. If the token does not show the public key, only
 * the certificate gives the key's size and can verify signatures. */
static void warn(const struct signing *signing, size_t length)
{
	const struct signer_key *key = &signing->signer->keys[signing->which], *first = shared(signing);
	bool is_next = signing->which == 1;
	const char *unchecked = p11_key_unchecked(first->key);

	if (first->several)
		signer_warn_of_expiry(key, signing->signer->warn_days);
	if (unchecked == NULL)
		return;
	p11_key_warn_of_size(first->key, key->path == NULL ? (int)length * 8 :
			     EVP_PKEY_get_bits(X509_get0_pubkey(key->own)));
	if (key->path == NULL)
		message_warn("signatures %scannot be checked: %s; to check them, give the key's certificate with "
			     "%s FILE", is_next ? "of the next key " : "", unchecked,
			     is_next ? "--next-certificate" : "--certificate");
}

static int sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	struct signing *signing = context;
	struct signer_key *key = &signing->signer->keys[signing->which];
	struct signature made = { data, size, signature, 0 };

	if (p11_signer_sign(key->p11, data, size, signature, length, error) < 0)
		return error_result(error);
	made.length = *length;
	if (key->path != NULL && check(signing, &made, error) < 0)
		return error_result(error);
	if (!shared(signing)->warned && check_identity(signing, &made, error) < 0)
		return error_result(error);
	if (!atomic_exchange(&shared(signing)->warned, true))
		warn(signing, *length);
	return 0;
}

static int make_jti(char *text, struct error *error)
{
	unsigned char random[JTI_BYTES];

	if (RAND_bytes(random, sizeof(random)) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot generate a jti");
	base64url_encode(random, sizeof(random), text);
	return 0;
}

/* Fills in what the assertion says, except for jti. */
static int make_content(struct signer *signer, size_t which, const struct bearer_request *request,
			struct assertion *assertion, struct jwt_params *params, struct error *error)
{
	struct content *content = calloc(1, sizeof(*content));

	assertion->content = content;
	if (content == NULL)
		return error_memory(error);
	if (content_make(content, signer, which, request, error) < 0)
		return error_result(error);
	*params = content_params(content, request, time(NULL));
	params->exp = content_exp(request, params->exp, assertion->exp);
	params->alg = p11_signer_alg(signer->keys[which].p11);
	return 0;
}

static int make_once(struct signer *signer, size_t which, const struct bearer_request *request,
		     struct assertion *assertion, struct error *error)
{
	struct signing signing = { signer, which };
	const struct signer_key *key = &signer->keys[which];
	char jti[JTI_BYTES * 4 / 3 + 3];
	struct jwt_params params = { .alg = ALG_AUTO };
	double began;
	int result;

	assertion_wipe(assertion);
	if (assertion->text == NULL)
		assertion->text = secret_new(2048);
	result = assertion->text == NULL ? error_memory(error) : 0;
	if (result == 0)
		result = make_content(signer, which, request, assertion, &params, error);
	if (result == 0 && request->jti) {
		params.jti = jti;
		result = make_jti(jti, error);
	}
	if (result == 0)
		result = jwt_header(&params, &assertion->header, error);
	if (result == 0)
		result = jwt_claims(&params, &assertion->claims, error);
	if (result == 0) {
		assertion->alg = params.alg;
		assertion->key = which;
		assertion->exp = params.exp;
		began = clock_ms();
		result = jwt_sign(assertion->header, assertion->claims, sign, &signing, assertion->text, error);
		assertion->slow = clock_ms() - began > (double)P11_TOUCH_MS;
		result = record_signature(request->recorder, key->p11,
					  key->own != NULL ? X509_get0_pubkey(key->own) : NULL, &params, began, result,
					  error);
	}
	if (result < 0)
		assertion_wipe(assertion);
	return result;
}

/* Makes it again if the token was away meanwhile. */
static int make(struct signer *signer, size_t which, const struct bearer_request *request,
		struct assertion *assertion, struct error *error)
{
	const struct p11_signer *p11 = signer->keys[which].p11;
	unsigned recoveries;
	time_t began;
	bool recovered;
	int result;

	do {
		recoveries = p11_signer_recoveries(p11);
		began = time(NULL);
		result = make_once(signer, which, request, assertion, error);
		recovered = p11_signer_recoveries(p11) != recoveries;
	} while (result == 0 && recovered && time(NULL) - began >= STALE);
	assertion->slow = assertion->slow && !recovered;
	return result;
}

int assertion_make(struct signer *signer, size_t which, const struct bearer_request *request,
		   struct assertion *assertion, struct error *error)
{
	int result = make(signer, which, request, assertion, error);

	if (result == 0 || signer->count < TURN_KEYS || p11_signer_has_key(signer->keys[which].p11))
		return result;
	return make(signer, 1 - which, request, assertion, error);
}

void assertion_wipe(struct assertion *assertion)
{
	free(assertion->header);
	free(assertion->claims);
	assertion->header = assertion->claims = NULL;
	if (assertion->content != NULL)
		content_clear(assertion->content);
	free(assertion->content);
	assertion->content = NULL;
	if (assertion->text != NULL)
		secret_truncate(assertion->text, 0);
}

void assertion_clear(struct assertion *assertion)
{
	assertion_wipe(assertion);
	secret_free(&assertion->text);
}

int bearer_assertion(const struct bearer_request *request, struct assertion *assertion, struct error *error)
{
	struct signer signer;
	int result = signer_open(&signer, request, error);

	memset(assertion, 0, sizeof(*assertion));
	if (result == 0)
		result = assertion_make(&signer, 0, request, assertion, error);
	if (result < 0)
		assertion_clear(assertion);
	signer_close(&signer);
	return result;
}
