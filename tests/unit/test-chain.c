/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a TLS client and its issuers: what is accepted, and how the rest is refused. */
#include "unit.h"

#include "x509/chain.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { DAY = 86400 };

static EVP_PKEY *client_key, *middle_key, *root_key; /* made once */
static X509 *client, *middle, *root;

/* What a certificate says. NULL: no such extension. */
struct spec {
	const char *subject, *issuer;
	EVP_PKEY *key, *issuer_key;
	const char *basic, *usage, *extended;
	long from, to; /* in days from now */
};

static void set_name(X509_NAME *name, const char *common)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0),
			 1);
}

static void add(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension;

	if (value == NULL)
		return;
	extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *make(const struct spec *spec)
{
	static long serial;
	X509 *certificate = X509_new();
	X509V3_CTX context;

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	set_name(X509_get_subject_name(certificate), spec->subject);
	set_name(X509_get_issuer_name(certificate), spec->issuer);
	X509_gmtime_adj(X509_getm_notBefore(certificate), spec->from * DAY);
	X509_gmtime_adj(X509_getm_notAfter(certificate), spec->to * DAY);
	X509_set_pubkey(certificate, spec->key);
	X509V3_set_ctx(&context, NULL, certificate, NULL, NULL, 0);
	add(certificate, &context, NID_basic_constraints, spec->basic);
	add(certificate, &context, NID_key_usage, spec->usage);
	add(certificate, &context, NID_ext_key_usage, spec->extended);
	assert_true(X509_sign(certificate, spec->issuer_key, EVP_sha256()) > 0);
	return certificate;
}

static struct spec client_spec(void)
{
	return (struct spec){ "client", "middle", client_key, middle_key, "CA:FALSE", "digitalSignature", "clientAuth",
			      -1, 30 };
}

static struct spec ca_spec(const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *issuer_key)
{
	return (struct spec){ subject, issuer, key, issuer_key, "critical,CA:TRUE", "keyCertSign,cRLSign", NULL, -1, 90 };
}

static int make_chain(void **state)
{
	struct spec spec;

	(void)state;
	client_key = EVP_EC_gen("P-256");
	middle_key = EVP_EC_gen("P-256");
	root_key = EVP_EC_gen("P-256");
	spec = client_spec();
	client = make(&spec);
	spec = ca_spec("middle", "root", middle_key, root_key);
	middle = make(&spec);
	spec = ca_spec("root", "root", root_key, root_key);
	root = make(&spec);
	return 0;
}

static int free_chain(void **state)
{
	(void)state;
	EVP_PKEY_free(client_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(root_key);
	X509_free(client);
	X509_free(middle);
	X509_free(root);
	return 0;
}

/* Checks certificates as if a file held them. */
static int check(X509 *const *certificates, size_t count, struct error *error)
{
	struct x509_list chain = { .list = NULL };
	int result;

	for (size_t i = 0; i < count; i++) {
		X509_up_ref(certificates[i]);
		assert_works(x509_list_add(&chain, certificates[i], error), error);
	}
	result = x509_chain_check("chain.pem", &chain, time(NULL), error);
	x509_list_clear(&chain);
	assert_int_equal(ERR_peek_error(), 0);
	return result;
}

#define CHAIN(...) (X509 *const[]){ __VA_ARGS__ }, sizeof((X509 *const[]){ __VA_ARGS__ }) / sizeof(X509 *)

#define assert_refused(text_part, hint_part, ...) \
	do { \
		struct error e_ = { 0 }; \
		assert_fails(check(CHAIN(__VA_ARGS__), &e_), ERROR_CONFIG, &e_); \
		assert_contains(e_.text, text_part); \
		assert_contains(e_.hint, hint_part); \
	} while (0)

static void a_chain_in_order_is_accepted(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_works(check(CHAIN(client), &error), &error);
	assert_works(check(CHAIN(client, middle), &error), &error);
	assert_works(check(CHAIN(client, middle, root), &error), &error);
}

static void the_order_matters(void **state)
{
	(void)state;
	assert_refused("begins with the certificate of a CA, CN=middle", "put the client's certificate first", middle,
		       client);
	assert_refused("begins with the certificate of a CA, CN=root", "put the client's", root, middle, client);
	assert_refused("begins with the certificate of a CA, CN=middle", "put the client's", middle);
	assert_refused("out of order: CN=root follows CN=client, but is not its issuer", "put the client's", client,
		       root, middle);
	assert_refused("holds the certificate CN=middle twice", "remove one", client, middle, middle);
	assert_refused("holds the certificate CN=client twice", "remove one", client, middle, client);
	assert_refused("CN=root in chain.pem is not the issuer of CN=client", "remove it", client, root);
}

static void strangers_are_refused(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct spec spec = ca_spec("stranger", "stranger", key, key);
	X509 *stranger = make(&spec), *namesake, *leaf, *below;

	(void)state;
	spec = ca_spec("middle", "root", key, root_key);
	namesake = make(&spec);
	assert_refused("CN=stranger in chain.pem is not the issuer of CN=client", "remove it", client, stranger);
	assert_refused("CN=stranger in chain.pem is not the issuer of CN=root", "remove it", client, middle, root,
		       stranger);
	assert_refused("CN=middle in chain.pem has the name of the issuer of CN=client, but not its key",
		       "replace it with the certificate whose key signed CN=client", client, namesake);
	/* The right one is there too. */
	assert_refused("out of order: CN=middle follows CN=client", "put the client's", client, namesake, middle);

	spec = client_spec();
	spec.subject = "below";
	spec.issuer = "client";
	spec.key = key;
	spec.issuer_key = client_key;
	below = make(&spec);
	assert_refused("CN=client in chain.pem is not a CA's, so it cannot have issued CN=below", "from the CA", below,
		       client);
	spec = ca_spec("middle", "root", middle_key, root_key);
	spec.usage = "cRLSign";
	leaf = make(&spec);
	assert_refused("CN=middle in chain.pem is not a CA's", "from the CA", client, leaf);
	X509_free(stranger);
	X509_free(namesake);
	X509_free(below);
	X509_free(leaf);
	EVP_PKEY_free(key);
}

static void the_client_must_be_valid(void **state)
{
	struct spec spec = client_spec();
	X509 *certificate;
	struct error error = { 0 };

	(void)state;
	spec.from = -30;
	spec.to = -1;
	certificate = make(&spec);
	assert_refused("CN=client in chain.pem expired at 20", "csr --eku clientAuth", certificate, middle);
	X509_free(certificate);
	spec.from = 1;
	spec.to = 30;
	certificate = make(&spec);
	assert_refused("CN=client in chain.pem is not valid before 20", "clock", certificate, middle);
	X509_free(certificate);
	/* Servers may know a newer certificate of the issuer. */
	spec = ca_spec("middle", "root", middle_key, root_key);
	spec.from = -30;
	spec.to = -1;
	certificate = make(&spec);
	assert_works(check(CHAIN(client, certificate), &error), &error);
	X509_free(certificate);
}

static void the_client_must_be_a_tls_client(void **state)
{
	static const struct {
		const char *basic, *usage, *extended, *fault; /* NULL: accepted */
	} cases[] = {
		{ NULL, NULL, NULL, NULL },
		{ "CA:FALSE", NULL, NULL, NULL },
		{ NULL, "digitalSignature,keyEncipherment", "serverAuth,clientAuth", NULL },
		{ NULL, NULL, "anyExtendedKeyUsage", NULL },
		{ NULL, NULL, "serverAuth", "its extended key usage lacks clientAuth" },
		{ NULL, NULL, "emailProtection,codeSigning", "its extended key usage lacks clientAuth" },
		{ NULL, "keyEncipherment", "clientAuth", "its key usage lacks digitalSignature" },
		{ NULL, "nonRepudiation", NULL, "its key usage lacks digitalSignature" },
		{ "DER:0500", NULL, NULL, "one of its extensions is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spec spec = client_spec();
		struct error error = { 0 };
		X509 *certificate;

		spec.basic = cases[i].basic;
		spec.usage = cases[i].usage;
		spec.extended = cases[i].extended;
		certificate = make(&spec);
		if (cases[i].fault == NULL) {
			assert_works(check(CHAIN(certificate, middle), &error), &error);
		} else {
			assert_refused("CN=client in chain.pem is not for TLS clients", "csr --eku clientAuth",
				       certificate, middle);
			assert_refused(cases[i].fault, "", certificate, middle);
		}
		X509_free(certificate);
	}
}

/* RFC 8705 section 2.2; openssl req makes certificates of CAs. */
static void a_certificate_may_have_signed_itself(void **state)
{
	struct spec spec = { "self", "self", client_key, client_key, "CA:TRUE", NULL, NULL, -1, 1 };
	struct error error = { 0 };
	X509 *certificate = make(&spec);

	(void)state;
	assert_works(check(CHAIN(certificate), &error), &error);
	X509_free(certificate);
	spec.basic = "CA:FALSE";
	certificate = make(&spec);
	assert_works(check(CHAIN(certificate), &error), &error);
	X509_free(certificate);
}

static EVP_PKEY *generate(const char *type)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_generate(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void only_some_keys_do_tls(void **state)
{
	EVP_PKEY *const keys[] = {
		EVP_RSA_gen(2048), EVP_EC_gen("P-384"), EVP_EC_gen("P-521"),
		EVP_EC_gen("secp256k1"), generate("ED25519"),
		EVP_EC_gen("brainpoolP256r1"), generate("RSA-PSS"),
	};
	static const char *const faults[] = {
		NULL, NULL, NULL, "it is an EC key on secp256k1", "it is of type ED25519",
		"it is an EC key on brainpoolP256r1", "it is of type rsassaPss",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct spec spec = client_spec();
		struct error error = { 0 };
		X509 *certificate;

		assert_non_null(keys[i]);
		spec.key = keys[i];
		certificate = make(&spec);
		if (faults[i] == NULL)
			assert_works(check(CHAIN(certificate, middle), &error), &error);
		else
			assert_refused(faults[i], "P-256, P-384 or P-521", certificate, middle);
		X509_free(certificate);
		EVP_PKEY_free(keys[i]);
	}
}

static size_t write_pem(char *text, size_t size, X509 *const *certificates, size_t count, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int length;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(PEM_write_bio_X509(bio, certificates[i]), 1);
	if (key != NULL)
		assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	length = BIO_read(bio, text, (int)size);
	assert_true(length > 0 && (size_t)length < size);
	BIO_free(bio);
	return (size_t)length;
}

static void files_are_read(void **state)
{
	const char *path = unit_path(state, "chain.pem");
	struct x509_list chain;
	struct error error = { 0 };
	char text[8192];
	size_t length = write_pem(text, sizeof(text), CHAIN(client, middle, root), NULL);

	unit_put(path, text, length, 0644);
	assert_works(x509_chain_read(path, time(NULL), &chain, &error), &error);
	assert_int_equal(chain.count, 3);
	assert_int_equal(X509_cmp(chain.list[0], client), 0);
	assert_int_equal(X509_cmp(chain.list[2], root), 0);
	x509_list_clear(&chain);
	assert_fails(x509_chain_read(path, time(NULL) + 31L * DAY, &chain, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "expired");
	x509_list_clear(&chain);

	length = write_pem(text, sizeof(text), CHAIN(client, middle), client_key);
	unit_put(path, text, length, 0600);
	assert_fails(x509_chain_read(path, time(NULL), &chain, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "chain.pem contains a private key");
	assert_contains(error.hint, "no longer secret");
	x509_list_clear(&chain);

	unit_put(path, "gibberish", 9, 0644);
	assert_fails(x509_chain_read(path, time(NULL), &chain, &error), ERROR_CONFIG, &error);
	x509_list_clear(&chain);
	assert_fails(x509_chain_read(unit_path(state, "missing"), time(NULL), &chain, &error), ERROR_CONFIG, &error);
	x509_list_clear(&chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_in_order_is_accepted),
		cmocka_unit_test(the_order_matters),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(the_client_must_be_valid),
		cmocka_unit_test(the_client_must_be_a_tls_client),
		cmocka_unit_test(a_certificate_may_have_signed_itself),
		cmocka_unit_test(only_some_keys_do_tls),
		TEST_IN_FOLDER(files_are_read),
	};

	return cmocka_run_group_tests(tests, make_chain, free_chain);
}
