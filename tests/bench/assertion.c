/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assertion ours|libjwt|jose RS256|PS256|ES256 KEY COUNT: makes COUNT assertions with the same claims and prints nanoseconds an
 *                                                         assertion.
 * assertion ours|libjwt|jose RS256|PS256|ES256 KEY show:  prints one, for a look at what was made. KEY is a file of PEM.
 *
 * Signatures are 256 bytes, or for ES256 64, that are always the same, so that what is left is everything but C_Sign, which
 * digests too: for ours p11_signer_sign does nothing (--wrap); for the two libraries the functions of OpenSSL that they sign with
 * are defined here, where the dynamic linker finds them first. Both would also read the key again for each signature; they get the one that was
 * read first. Their jti is made as ours is.
 */
#include "base/alg.h"
#include "base/base64url.h"
#include "bearer/assertion.h"

#include <dlfcn.h>
#include <jose/b64.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <jwt.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { JTI_BYTES = 16, JTI_SIZE = 23, SIGNATURE_SIZE = 256, HALF_SIZE = 32, LIFETIME = 180 };

static const char iss[] = "3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0QqEWhqKpoW3svG3XHrXDiCQjK1mdgAvhCscA9GE";
static const char aud[] = "https://login.salesforce.com";

/* --- what the two libraries sign with --- */

static const char *alg;
static unsigned signed_count; /* so that it shows when a library signs by other means */

static bool is_ec(void)
{
	return alg[0] == 'E';
}

int EVP_DigestSignInit(EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const EVP_MD *digest, ENGINE *engine, EVP_PKEY *key)
{
	(void)context, (void)digest, (void)engine, (void)key;
	if (key_context != NULL)
		*key_context = NULL;
	return 1;
}

int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *context, int padding)
{
	(void)context, (void)padding;
	return 1;
}

int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *context, int length)
{
	(void)context, (void)length;
	return 1;
}

int EVP_DigestSignUpdate(EVP_MD_CTX *context, const void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 1;
}

/* jose calls it by this name. A context that was not begun is one of the above. */
int EVP_DigestUpdate(EVP_MD_CTX *context, const void *data, size_t size)
{
	static int (*real)(EVP_MD_CTX *, const void *, size_t);

	if (EVP_MD_CTX_get0_md(context) == NULL)
		return 1;
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	return real(context, data, size);
}

int EVP_DigestSignFinal(EVP_MD_CTX *context, unsigned char *signature, size_t *length)
{
	static const unsigned char head[] = { 0x30, 2 * HALF_SIZE + 4 }, number[] = { 0x02, HALF_SIZE };

	(void)context;
	*length = is_ec() ? sizeof(head) + 2 * (sizeof(number) + HALF_SIZE) : SIGNATURE_SIZE;
	if (signature == NULL)
		return 1;
	memset(signature, 0x5a, *length);
	if (is_ec()) { /* DER of R and S */
		memcpy(signature, head, sizeof(head));
		memcpy(signature + sizeof(head), number, sizeof(number));
		memcpy(signature + sizeof(head) + sizeof(number) + HALF_SIZE, number, sizeof(number));
	}
	signed_count++;
	return 1;
}

/* What jose signs with for ES256. */
int EVP_MD_get_size(const EVP_MD *digest)
{
	static int (*real)(const EVP_MD *);

	if (digest == NULL) /* of a context that was not begun */
		return HALF_SIZE;
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_MD_get_size");
	return real(digest);
}

int EVP_DigestInit(EVP_MD_CTX *context, const EVP_MD *digest)
{
	(void)context, (void)digest;
	return 1;
}

int EVP_DigestFinal(EVP_MD_CTX *context, unsigned char *digest, unsigned int *size)
{
	(void)context;
	memset(digest, 0, HALF_SIZE);
	*size = HALF_SIZE;
	return 1;
}

ECDSA_SIG *ECDSA_do_sign(const unsigned char *digest, int size, EC_KEY *key)
{
	unsigned char half[HALF_SIZE];
	ECDSA_SIG *pair = ECDSA_SIG_new();

	(void)digest, (void)size, (void)key;
	memset(half, 0x5a, sizeof(half));
	ECDSA_SIG_set0(pair, BN_bin2bn(half, sizeof(half), NULL), BN_bin2bn(half, sizeof(half), NULL));
	signed_count++;
	return pair;
}

EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, pem_password_cb *password, void *context)
{
	static EVP_PKEY *first;
	EVP_PKEY *(*real)(BIO *, EVP_PKEY **, pem_password_cb *, void *);

	if (first == NULL) {
		*(void **)&real = dlsym(RTLD_NEXT, "PEM_read_bio_PrivateKey");
		first = real(bio, key, password, context);
	}
	EVP_PKEY_up_ref(first);
	return first;
}

RSA *jose_openssl_jwk_to_RSA(jose_cfg_t *config, const json_t *jwk)
{
	static RSA *first;
	RSA *(*real)(jose_cfg_t *, const json_t *);

	if (first == NULL) {
		*(void **)&real = dlsym(RTLD_NEXT, "jose_openssl_jwk_to_RSA");
		first = real(config, jwk);
	}
	RSA_up_ref(first);
	return first;
}

EC_KEY *jose_openssl_jwk_to_EC_KEY(jose_cfg_t *config, const json_t *jwk)
{
	static EC_KEY *first;
	EC_KEY *(*real)(jose_cfg_t *, const json_t *);

	if (first == NULL) {
		*(void **)&real = dlsym(RTLD_NEXT, "jose_openssl_jwk_to_EC_KEY");
		first = real(config, jwk);
	}
	EC_KEY_up_ref(first);
	return first;
}

/* --- what is the same for all --- */

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "assertion: %s failed\n", what);
	exit(1);
}

static void make_jti(char *text)
{
	unsigned char random[JTI_BYTES];

	check(RAND_bytes(random, sizeof(random)) == 1, "RAND_bytes");
	base64url_encode(random, sizeof(random), text);
}

static char pem[4096];
static json_t *jwk;

static void read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t length = file != NULL ? fread(pem, 1, sizeof(pem) - 1, file) : 0;
	BIO *bio = BIO_new_mem_buf(pem, (int)length);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	check(key != NULL, "reading the key");
	jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, key);
	check(jwk != NULL, "jose_openssl_jwk_from_EVP_PKEY");
	EVP_PKEY_free(key);
	BIO_free(bio);
	fclose(file);
}

/* --- the three: each makes an assertion for the user, prints it if told so, and frees it --- */

int __wrap_p11_signer_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
			   struct error *error);

int __wrap_p11_signer_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
			   struct error *error)
{
	(void)signer, (void)data, (void)size, (void)error;
	*length = is_ec() ? 2 * HALF_SIZE : SIGNATURE_SIZE;
	memset(signature, 0x5a, *length);
	signed_count++;
	return 0;
}

unsigned __wrap_p11_signer_recoveries(const struct p11_signer *signer);

unsigned __wrap_p11_signer_recoveries(const struct p11_signer *signer)
{
	(void)signer;
	return 0;
}

enum alg __wrap_p11_signer_alg(const struct p11_signer *signer);

enum alg __wrap_p11_signer_alg(const struct p11_signer *signer)
{
	(void)signer;
	return alg[0] == 'R' ? ALG_RS256 : alg[0] == 'P' ? ALG_PS256 : ALG_ES256;
}

static void ours(const char *user, bool print)
{
	static struct assertion assertion; /* its memory is used again, as in a batch */
	static struct signer signer = { .keys = { { .warned = true } }, .count = 1 };
	static struct bearer_request request = { .client_id = iss, .lifetime = LIFETIME, .jti = true };
	struct error error;

	request.username = user;
	if (request.audience.text == NULL) /* the program parses it when it is set */
		(void)url_parse(&request.audience, aud);
	check(assertion_make(&signer, 0, &request, &assertion, &error) == 0, "assertion_make");
	if (print)
		puts(secret_data(assertion.text));
	assertion_wipe(&assertion);
}

static void libjwt(const char *user, bool print)
{
	char jti[JTI_SIZE];
	jwt_t *jwt;
	char *text;

	make_jti(jti);
	check(jwt_new(&jwt) == 0 && jwt_add_grant(jwt, "iss", iss) == 0 && jwt_add_grant(jwt, "sub", user) == 0 &&
	      jwt_add_grant(jwt, "aud", aud) == 0 && jwt_add_grant_int(jwt, "exp", time(NULL) + LIFETIME) == 0 &&
	      jwt_add_grant(jwt, "jti", jti) == 0 &&
	      jwt_set_alg(jwt, jwt_str_alg(alg), (unsigned char *)pem, (int)strlen(pem)) == 0, "libjwt");
	text = jwt_encode_str(jwt);
	check(text != NULL, "jwt_encode_str");
	if (print)
		puts(text);
	free(text);
	jwt_free(jwt);
}

/* The compact serialisation is left to the caller by jose. */
static char *compact(const json_t *jws)
{
	const char *protected, *payload, *signature;
	char *text = NULL;

	check(json_unpack((json_t *)jws, "{s:s,s:s,s:s}", "protected", &protected, "payload", &payload, "signature",
			  &signature) == 0 && asprintf(&text, "%s.%s.%s", protected, payload, signature) > 0, "compact");
	return text;
}

static void jose(const char *user, bool print)
{
	char jti[JTI_SIZE];
	json_t *claims, *jws, *template;
	char *text;

	make_jti(jti);
	claims = json_pack("{s:s,s:s,s:s,s:I,s:s}", "iss", iss, "sub", user, "aud", aud, "exp",
			   (json_int_t)(time(NULL) + LIFETIME), "jti", jti);
	jws = json_pack("{s:o}", "payload", jose_b64_enc_dump(claims));
	template = json_pack("{s:{s:s}}", "protected", "alg", alg);
	check(jose_jws_sig(NULL, jws, template, jwk), "jose_jws_sig");
	text = compact(jws);
	if (print)
		puts(text);
	free(text);
	json_decref(template);
	json_decref(jws);
	json_decref(claims);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(const char *user, bool print);
	} sides[] = { { "ours", ours }, { "libjwt", libjwt }, { "jose", jose } };
	void (*make)(const char *user, bool print) = NULL;
	bool print = argc == 5 && strcmp(argv[4], "show") == 0;
	long count = argc == 5 && !print ? atol(argv[4]) : 0;
	char user[64];
	double begin;

	for (size_t i = 0; argc == 5 && i < sizeof(sides) / sizeof(*sides); i++) {
		if (strcmp(argv[1], sides[i].name) == 0)
			make = sides[i].make;
	}
	check(make != NULL && (print || count > 0), "reading the arguments");
	alg = argv[2];
	read_key(argv[3]);
	make("user0@example.com", print); /* the first of all does more */
	begin = now();
	for (long i = 1; i <= count; i++) {
		snprintf(user, sizeof(user), "user%ld@example.com", i);
		make(user, false);
	}
	if (!print)
		printf("%.1f\n", (now() - begin) / (double)count);
	check(signed_count == count + 1, "signing by the functions of this file");
	return 0;
}
