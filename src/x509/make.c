/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates and requests. */
#include "x509/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* Unescapes the next /TYPE=value of the subject into `part`, and advances *text. */
static int subject_part(const char **text, char *part, size_t size, struct error *error)
{
	const char *c = *text + 1;
	size_t used = 0;

	for (; *c != '\0' && *c != '/'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		if (used + 1 >= size)
			return error_set(error, ERROR_USAGE, "a part of the subject is longer than %zu bytes",
					 size - 1);
		part[used++] = *c;
	}
	part[used] = '\0';
	*text = c;
	return 0;
}

static int parse_parts(const char *text, X509_NAME *name, struct error *error)
{
	char part[512];

	if (*text != '/')
		return error_set(error, ERROR_USAGE, "the subject \"%s\" must begin with '/', as in /CN=ci-server",
				 text);
	while (*text == '/') {
		char *equals;

		if (subject_part(&text, part, sizeof(part), error) < 0)
			return -ERROR_USAGE;
		equals = strchr(part, '=');
		if (equals == NULL || equals == part || equals[1] == '\0')
			return error_set(error, ERROR_USAGE, "the subject's part \"%s\" is not of the form TYPE=value",
					 part);
		*equals = '\0';
		if (X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (unsigned char *)equals + 1, -1, -1,
					       0) <= 0) {
			error_openssl(error, ERROR_USAGE, "the subject cannot be used");
			error_hint(error, "correct the part with %s; types are CN, O, OU, C, ST, L, emailAddress, …",
				   part);
			return -ERROR_USAGE;
		}
	}
	return 0;
}

int x509_subject_parse(X509_NAME **subject, const char *text, struct error *error)
{
	int result;

	*subject = X509_NAME_new();
	result = *subject != NULL ? parse_parts(text, *subject, error) : error_memory(error);
	if (result < 0) {
		X509_NAME_free(*subject);
		*subject = NULL;
	}
	return result;
}

/* RFC 5280 section 4.1.2.2: positive, at most 20 bytes. */
static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool done = number != NULL && BN_rand(number, 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) > 0 &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

	BN_free(number);
	return done;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	bool added = extension != NULL && X509_add_ext(certificate, extension, -1) > 0;

	X509_EXTENSION_free(extension);
	return added;
}

static int fill(X509 *certificate, EVP_PKEY *public, const X509_NAME *subject, long days, struct error *error)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	if (X509_set_version(certificate, X509_VERSION_3) <= 0 || !set_serial(certificate) ||
	    X509_set_subject_name(certificate, subject) <= 0 || X509_set_issuer_name(certificate, subject) <= 0 ||
	    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, 0, NULL) == NULL ||
	    X509_set_pubkey(certificate, public) <= 0 ||
	    !add_extension(certificate, &context, NID_subject_key_identifier, "hash") ||
	    !add_extension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(certificate, &context, NID_key_usage, "critical,digitalSignature"))
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make the certificate");
	return 0;
}

/* sha256WithRSAEncryption (RFC 4055 section 5). */
static bool set_algorithm(X509_ALGOR *algorithm)
{
	return X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL) > 0;
}

/* Signs DER that OpenSSL encoded, and stores the signature in `bits`. `length` < 0: encoding failed. */
static int set_signature(sign_function *sign, void *context, const unsigned char *der, int length,
			 ASN1_BIT_STRING *bits, struct error *error)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t signature_length;

	if (length < 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot encode the data to be signed");
	if (sign(context, der, (size_t)length, signature, &signature_length, error) < 0)
		return error_result(error);
	if (ASN1_STRING_set(bits, signature, (int)signature_length) <= 0)
		return error_memory(error);
	/* No unused bits; keep trailing zeros. */
	bits->flags &= ~0x07L;
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return 0;
}

/* Does what X509_sign does, with an external signature. The casts are needed because OpenSSL returns both fields
 * read-only and sets them only when it has the private key. */
static int sign_certificate(sign_function *sign, void *context, X509 *certificate, struct error *error)
{
	const ASN1_BIT_STRING *bits;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int length, result;

	X509_get0_signature(&bits, &algorithm, certificate);
	if (!set_algorithm((X509_ALGOR *)algorithm) || !set_algorithm((X509_ALGOR *)X509_get0_tbs_sigalg(certificate)))
		return error_memory(error);
	length = i2d_re_X509_tbs(certificate, &der);
	result = set_signature(sign, context, der, length, (ASN1_BIT_STRING *)bits, error);
	OPENSSL_free(der);
	return result;
}

int x509_certificate_make(sign_function *sign, void *context, EVP_PKEY *public, const X509_NAME *subject, long days,
			  X509 **certificate, struct error *error)
{
	int result;

	*certificate = X509_new();
	if (*certificate == NULL)
		return error_memory(error);
	result = fill(*certificate, public, subject, days, error);
	if (result == 0)
		result = sign_certificate(sign, context, *certificate, error);
	if (result == 0 && X509_verify(*certificate, public) != 1)
		result = error_openssl(error, ERROR_TOKEN, "the token's signature on the certificate is wrong");
	if (result < 0) {
		X509_free(*certificate);
		*certificate = NULL;
	}
	return result;
}

static int sign_request(sign_function *sign, void *context, X509_REQ *request, struct error *error)
{
	const ASN1_BIT_STRING *bits;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int length, result;

	X509_REQ_get0_signature(request, &bits, &algorithm);
	if (!set_algorithm((X509_ALGOR *)algorithm))
		return error_memory(error);
	length = i2d_re_X509_REQ_tbs(request, &der);
	result = set_signature(sign, context, der, length, (ASN1_BIT_STRING *)bits, error);
	OPENSSL_free(der);
	return result;
}

int x509_request_make(sign_function *sign, void *context, EVP_PKEY *public, const X509_NAME *subject,
		      X509_REQ **request, struct error *error)
{
	int result = 0;

	*request = X509_REQ_new();
	if (*request == NULL)
		return error_memory(error);
	if (X509_REQ_set_version(*request, X509_REQ_VERSION_1) <= 0 ||
	    X509_REQ_set_subject_name(*request, subject) <= 0 || X509_REQ_set_pubkey(*request, public) <= 0)
		result = error_openssl(error, ERROR_UNEXPECTED, "cannot make the request");
	if (result == 0)
		result = sign_request(sign, context, *request, error);
	if (result == 0 && X509_REQ_verify(*request, public) != 1)
		result = error_openssl(error, ERROR_TOKEN, "the token's signature on the request is wrong");
	if (result < 0) {
		X509_REQ_free(*request);
		*request = NULL;
	}
	return result;
}
