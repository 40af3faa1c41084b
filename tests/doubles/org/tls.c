/* SPDX-License-Identifier: Apache-2.0 */
/* Making the certificates of --tls with OpenSSL. */
#include "tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const long day = 24L * 60 * 60;

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_undef, NULL },
};

/* Who is certified, and by whom; for the CA both are the same. */
struct party {
	X509 *certificate;
	EVP_PKEY *key;
};

static int add_extensions(X509 *certificate, X509 *issuer, const struct extension *extensions)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	for (; extensions->nid != NID_undef; extensions++) {
		X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, extensions->nid, extensions->value);
		int added = made != NULL && X509_add_ext(certificate, made, -1);

		X509_EXTENSION_free(made);
		if (!added)
			return -1;
	}
	return 0;
}

/* A random serial number: two runs must not look like one issuer that gave a number twice. */
static int set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	int set = number != NULL && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

	BN_free(number);
	return set ? 0 : -1;
}

static int set_names(X509 *certificate, X509 *issuer, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) &&
			X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) ?
		0 :
		-1;
}

/* Makes a key and a certificate for `subject`, which the caller frees. An issuer without key means self-signed. */
static int certify(struct party *subject, const struct party *issuer, const char *name,
	const struct extension *extensions)
{
	X509 *certificate = subject->certificate = X509_new();

	subject->key = EVP_EC_gen("P-256");
	if (certificate == NULL || subject->key == NULL || !X509_set_version(certificate, X509_VERSION_3))
		return -1;
	if (set_serial(certificate) != 0 || set_names(certificate, issuer->certificate, name) != 0)
		return -1;
	/* A day of slack on one side and a month on the other: tests shift clocks. */
	if (X509_gmtime_adj(X509_getm_notBefore(certificate), -day) == NULL ||
		X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * day) == NULL)
		return -1;
	if (!X509_set_pubkey(certificate, subject->key) ||
		add_extensions(certificate, issuer->certificate, extensions) != 0)
		return -1;
	return X509_sign(certificate, issuer->key, EVP_sha256()) > 0 ? 0 : -1;
}

/* What a memory BIO holds, as a string the caller frees. */
static char *bio_text(BIO *bio)
{
	char *data = NULL;
	long length = BIO_get_mem_data(bio, &data);

	return length > 0 ? strndup(data, (size_t)length) : NULL;
}

static int server_to_pem(const struct party *server, struct tls *tls)
{
	BIO *key = BIO_new(BIO_s_secmem());
	BIO *certificate = BIO_new(BIO_s_mem());

	if (key != NULL && PEM_write_bio_PrivateKey(key, server->key, NULL, NULL, 0, NULL, NULL))
		tls->key = bio_text(key);
	if (certificate != NULL && PEM_write_bio_X509(certificate, server->certificate))
		tls->certificate = bio_text(certificate);
	BIO_free(key);
	BIO_free(certificate);
	return tls->key != NULL && tls->certificate != NULL ? 0 : -1;
}

static int write_ca(const char *directory, const X509 *certificate)
{
	char path[4096];
	FILE *file;
	int written;

	if (snprintf(path, sizeof(path), "%s/ca.pem", directory) >= (int)sizeof(path)) {
		fprintf(stderr, "loopback-org: the name of the directory for --tls is too long.\n");
		return -1;
	}
	file = fopen(path, "we");
	written = file != NULL && PEM_write_X509(file, certificate);
	if (file != NULL && fclose(file) != 0)
		written = 0;
	if (!written)
		perror("loopback-org: DIR/ca.pem of --tls cannot be written");
	return written ? 0 : -1;
}

/* Writes the names as the value of a subjectAltName. Returns 0, or -1 if they are too long. */
static int list_names(const char *hosts, char *list, size_t size)
{
	size_t length = (size_t)snprintf(list, size, "DNS:localhost,IP:127.0.0.1,IP:::1");

	while (*hosts != '\0' && length < size) {
		size_t host = strcspn(hosts, " ");

		length += (size_t)snprintf(list + length, size - length, ",DNS:%.*s", (int)host, hosts);
		hosts += host + strspn(hosts + host, " ");
	}
	return length < size ? 0 : -1;
}

int tls_make(const char *directory, const char *hosts, struct tls *tls)
{
	char names[1024];
	const struct extension server_extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_subject_alt_name, names },
		{ NID_undef, NULL },
	};
	struct party ca = { 0 };
	struct party server = { 0 };
	int result = -1;

	*tls = (struct tls){ 0 };
	if (list_names(hosts, names, sizeof(names)) != 0 || certify(&ca, &ca, "p11bearer loopback org throw-away CA", ca_extensions) != 0 ||
		certify(&server, &ca, "localhost", server_extensions) != 0 || server_to_pem(&server, tls) != 0) {
		fprintf(stderr, "loopback-org: the certificates for --tls cannot be made.\n");
		ERR_print_errors_fp(stderr);
		goto out;
	}
	result = write_ca(directory, ca.certificate);
out:
	X509_free(ca.certificate);
	EVP_PKEY_free(ca.key);
	X509_free(server.certificate);
	EVP_PKEY_free(server.key);
	return result;
}

int tls_read_client_cas(const char *path, struct tls *tls)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;

	if (file == NULL || getdelim(&tls->client_cas, &size, '\0', file) <= 0) {
		fprintf(stderr, "loopback-org: the file %s of --client-ca cannot be read.\n", path);
		free(tls->client_cas);
		tls->client_cas = NULL;
	}
	if (file != NULL)
		fclose(file);
	return tls->client_cas != NULL ? 0 : -1;
}

void tls_clear(struct tls *tls)
{
	if (tls->key != NULL)
		OPENSSL_cleanse(tls->key, strlen(tls->key));
	free(tls->key);
	free(tls->certificate);
	free(tls->client_cas);
	*tls = (struct tls){ 0 };
}
