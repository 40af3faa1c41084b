/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates and requests. */
#include "x509/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

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

/* RFC 5280 section 4.2.1.12. NULL if memory is exhausted. */
static X509_EXTENSION *usage_extension(const STACK_OF(ASN1_OBJECT) *usages)
{
	return X509V3_EXT_i2d(NID_ext_key_usage, 0, (void *)usages);
}

static bool add_usages(X509 *certificate, const STACK_OF(ASN1_OBJECT) *usages)
{
	X509_EXTENSION *extension = usages != NULL ? usage_extension(usages) : NULL;
	bool added = usages == NULL || (extension != NULL && X509_add_ext(certificate, extension, -1) > 0);

	X509_EXTENSION_free(extension);
	return added;
}

static int fill(X509 *certificate, const struct x509_params *params, struct error *error)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	if (X509_set_version(certificate, X509_VERSION_3) <= 0 || !set_serial(certificate) ||
	    X509_set_subject_name(certificate, params->subject) <= 0 ||
	    X509_set_issuer_name(certificate, params->subject) <= 0 ||
	    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(certificate), (int)params->days, 0, NULL) == NULL ||
	    X509_set_pubkey(certificate, params->public) <= 0 ||
	    !add_extension(certificate, &context, NID_subject_key_identifier, "hash") ||
	    !add_extension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(certificate, &context, NID_key_usage, "critical,digitalSignature") ||
	    !add_usages(certificate, params->usages))
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make the certificate");
	return 0;
}

/* Does what X509_sign does, with an external signature. The casts are needed because OpenSSL returns both fields
 * read-only and sets them only when it has the private key. */
static int sign_certificate(const struct x509_params *params, X509 *certificate, struct error *error)
{
	const ASN1_BIT_STRING *bits;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int length, result;

	X509_get0_signature(&bits, &algorithm, certificate);
	if (algorithm_set(params, (X509_ALGOR *)algorithm, error) < 0 ||
	    algorithm_set(params, (X509_ALGOR *)X509_get0_tbs_sigalg(certificate), error) < 0)
		return error_result(error);
	length = i2d_re_X509_tbs(certificate, &der);
	result = signature_set(params, der, length, (ASN1_BIT_STRING *)bits, error);
	OPENSSL_free(der);
	return result;
}

int x509_certificate_make(const struct x509_params *params, X509 **certificate, struct error *error)
{
	int result;

	*certificate = X509_new();
	if (*certificate == NULL)
		return error_memory(error);
	result = fill(*certificate, params, error);
	if (result == 0)
		result = sign_certificate(params, *certificate, error);
	if (result == 0 && X509_verify(*certificate, params->public) != 1)
		result = error_openssl(error, ERROR_TOKEN, "the token's signature on the certificate is wrong");
	if (result < 0) {
		X509_free(*certificate);
		*certificate = NULL;
	}
	return result;
}

static int sign_request(const struct x509_params *params, X509_REQ *request, struct error *error)
{
	const ASN1_BIT_STRING *bits;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int length, result;

	X509_REQ_get0_signature(request, &bits, &algorithm);
	if (algorithm_set(params, (X509_ALGOR *)algorithm, error) < 0)
		return error_result(error);
	length = i2d_re_X509_REQ_tbs(request, &der);
	result = signature_set(params, der, length, (ASN1_BIT_STRING *)bits, error);
	OPENSSL_free(der);
	return result;
}

/* Requests the extended key usages (RFC 2985 section 5.4.2). */
static bool request_usages(X509_REQ *request, const STACK_OF(ASN1_OBJECT) *usages)
{
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	X509_EXTENSION *extension;
	bool added;

	if (usages == NULL)
		return true;
	extension = usage_extension(usages);
	added = extension != NULL && X509v3_add_ext(&extensions, extension, -1) != NULL &&
		X509_REQ_add_extensions(request, extensions) > 0;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_EXTENSION_free(extension);
	return added;
}

int x509_request_make(const struct x509_params *params, X509_REQ **request, struct error *error)
{
	int result = 0;

	*request = X509_REQ_new();
	if (*request == NULL)
		return error_memory(error);
	if (X509_REQ_set_version(*request, X509_REQ_VERSION_1) <= 0 ||
	    X509_REQ_set_subject_name(*request, params->subject) <= 0 ||
	    X509_REQ_set_pubkey(*request, params->public) <= 0 || !request_usages(*request, params->usages))
		result = error_openssl(error, ERROR_UNEXPECTED, "cannot make the request");
	if (result == 0)
		result = sign_request(params, *request, error);
	if (result == 0 && X509_REQ_verify(*request, params->public) != 1)
		result = error_openssl(error, ERROR_TOKEN, "the token's signature on the request is wrong");
	if (result < 0) {
		X509_REQ_free(*request);
		*request = NULL;
	}
	return result;
}
