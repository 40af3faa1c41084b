/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/chain.h"

#include "base/file.h"
#include "base/secret.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum {
	FILE_MAX = 1 << 20,
	SUBJECT_SIZE = 256,
};

#define ORDER "put the client's certificate first, then its issuers, each after the certificate that it issued"

/* --- the client's certificate ------------------------------------------------------------------------------------ */

static int check_time(const char *name, X509 *certificate, const char *subject, time_t now, struct error *error)
{
	enum x509_validity validity = x509_valid_at(certificate, now);
	char when[32];

	if (validity == X509_EXPIRED) {
		x509_expiry(certificate, when, sizeof(when));
		error_set(error, ERROR_CONFIG, "the certificate %s in %s expired at %s", subject, name, when);
		error_hint(error, "get a new certificate for the key; \"p11bearer csr --eku clientAuth\" makes the "
				  "request for it");
		return -ERROR_CONFIG;
	}
	if (validity == X509_NOT_YET_VALID) {
		x509_beginning(certificate, when, sizeof(when));
		error_set(error, ERROR_CONFIG, "the certificate %s in %s is not valid before %s", subject, name, when);
		error_hint(error, "check this machine's clock");
		return -ERROR_CONFIG;
	}
	return 0;
}

/* What the certificate's extensions say against its use by a TLS client; NULL: nothing. */
static const char *usage_fault(X509 *certificate)
{
	if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
		return "one of its extensions is damaged";
	/* Both are all ones if there is no such extension. */
	if ((X509_get_extended_key_usage(certificate) & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0)
		return "its extended key usage lacks clientAuth";
	if ((X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0)
		return "its key usage lacks digitalSignature";
	return NULL;
}

static int check_usage(const char *name, X509 *certificate, const char *subject, struct error *error)
{
	const char *fault = usage_fault(certificate);

	ERR_clear_error();
	if (fault == NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "the certificate %s in %s is not for TLS clients: %s", subject, name, fault);
	error_hint(error, "get a certificate for TLS clients from the CA; \"p11bearer csr --eku clientAuth\" makes the "
			  "request for it");
	return -ERROR_CONFIG;
}

/* Whether TLS signs with keys of this kind (RFC 8446 section 4.2.3, rsa_pss_rsae_* and ecdsa_*), as far as PKCS#11
 * tokens do. Otherwise `kind` names it. */
static bool has_usable_key(const X509 *certificate, char *kind, size_t size)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	ASN1_OBJECT *algorithm = NULL;
	char group[64];
	size_t length;

	if (public != NULL && EVP_PKEY_is_a(public, "RSA"))
		return true;
	if (public != NULL && EVP_PKEY_is_a(public, "EC") &&
	    EVP_PKEY_get_group_name(public, group, sizeof(group), &length) == 1) {
		snprintf(kind, size, "an EC key on %s", group);
		return alg_of_curve(group) != ALG_AUTO;
	}
	if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(certificate)) == 1 &&
	    OBJ_obj2txt(group, sizeof(group), algorithm, 0) > 0)
		snprintf(kind, size, "of type %s", group);
	else
		snprintf(kind, size, "of an unknown type");
	return false;
}

static int check_key(const char *name, const X509 *certificate, const char *subject, struct error *error)
{
	char kind[96];
	bool usable = has_usable_key(certificate, kind, sizeof(kind));

	ERR_clear_error();
	if (usable)
		return 0;
	error_set(error, ERROR_CONFIG, "the key of the certificate %s in %s cannot be used for TLS: it is %s", subject,
		  name, kind);
	error_hint(error, "use an RSA key (rsaEncryption), or an EC key on P-256, P-384 or P-521");
	return -ERROR_CONFIG;
}

/* A self-signed certificate may be marked as a CA's: openssl req -x509 makes such ones. */
static bool begins_with_issuer(const struct x509_list *chain)
{
	X509 *first = chain->list[0];

	return X509_check_ca(first) == 1 && (chain->count > 1 || X509_check_issued(first, first) != X509_V_OK);
}

static int check_client(const char *name, const struct x509_list *chain, time_t now, struct error *error)
{
	X509 *certificate = chain->list[0];
	char subject[SUBJECT_SIZE];

	x509_subject(certificate, subject, sizeof(subject));
	if (begins_with_issuer(chain)) {
		error_set(error, ERROR_CONFIG, "%s begins with the certificate of a CA, %s", name, subject);
		error_hint(error, ORDER);
		return -ERROR_CONFIG;
	}
	if (check_time(name, certificate, subject, now, error) < 0 ||
	    check_usage(name, certificate, subject, error) < 0)
		return error_result(error);
	return check_key(name, certificate, subject, error);
}

/* --- its issuers ------------------------------------------------------------------------------------------------- */

static bool has_name_of_issuer(const X509 *issuer, const X509 *certificate)
{
	return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) == 0;
}

/* Whether `issuer` signed `certificate`. A signature whose algorithm OpenSSL does not know is left to the server. */
static bool has_signed(X509 *issuer, X509 *certificate)
{
	EVP_PKEY *public = X509_get0_pubkey(issuer);

	return public == NULL || X509_verify(certificate, public) == 1;
}

/* Explains why list[i] is not the issuer of the certificate before. */
static int refuse_link(const char *name, const struct x509_list *chain, size_t i, struct error *error)
{
	X509 *certificate = chain->list[i - 1], *other = chain->list[i];
	char subject[SUBJECT_SIZE], stray[SUBJECT_SIZE];

	x509_subject(certificate, subject, sizeof(subject));
	x509_subject(other, stray, sizeof(stray));
	for (size_t j = 0; j < chain->count; j++) {
		if (j == i - 1 || j == i || X509_check_issued(chain->list[j], certificate) != X509_V_OK)
			continue;
		error_set(error, ERROR_CONFIG, "the certificates in %s are out of order: %s follows %s, but is not its "
			  "issuer", name, stray, subject);
		error_hint(error, ORDER);
		return -ERROR_CONFIG;
	}
	if (has_name_of_issuer(other, certificate)) {
		error_set(error, ERROR_CONFIG, "the certificate %s in %s has the name of the issuer of %s, but not its "
			  "key", stray, name, subject);
		error_hint(error, "replace it with the certificate whose key signed %s", subject);
		return -ERROR_CONFIG;
	}
	error_set(error, ERROR_CONFIG, "the certificate %s in %s is not the issuer of %s, which it follows", stray,
		  name, subject);
	error_hint(error, "remove it, or " ORDER);
	return -ERROR_CONFIG;
}

static int check_issuer(const char *name, const struct x509_list *chain, size_t i, struct error *error)
{
	X509 *certificate = chain->list[i - 1], *issuer = chain->list[i];
	char subject[SUBJECT_SIZE], other[SUBJECT_SIZE];

	if (has_name_of_issuer(issuer, certificate) && X509_check_ca(issuer) == 0) {
		x509_subject(certificate, subject, sizeof(subject));
		x509_subject(issuer, other, sizeof(other));
		error_set(error, ERROR_CONFIG, "the certificate %s in %s is not a CA's, so it cannot have issued %s",
			  other, name, subject);
		error_hint(error, "get the certificates of the issuers from the CA");
		return -ERROR_CONFIG;
	}
	if (X509_check_issued(issuer, certificate) != X509_V_OK || !has_signed(issuer, certificate))
		return refuse_link(name, chain, i, error);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

int x509_chain_check(const char *name, const struct x509_list *chain, time_t now, struct error *error)
{
	char subject[SUBJECT_SIZE];
	int result;

	if (chain->repeated != NULL) {
		x509_subject(chain->repeated, subject, sizeof(subject));
		error_set(error, ERROR_CONFIG, "%s holds the certificate %s twice", name, subject);
		error_hint(error, "remove one of them; " ORDER);
		return -ERROR_CONFIG;
	}
	result = check_client(name, chain, now, error);
	for (size_t i = 1; i < chain->count && result == 0; i++)
		result = check_issuer(name, chain, i, error);
	ERR_clear_error();
	return result;
}

int x509_chain_read(const char *path, time_t now, struct x509_list *chain, struct error *error)
{
	size_t length;
	char *data;
	int result;

	memset(chain, 0, sizeof(*chain));
	if (file_read(path, FILE_MAX, &data, &length, error) < 0)
		return error_result(error);
	result = x509_parse(path, data, length, chain, error);
	if (result == 0 && x509_has_private_key(data, length)) {
		result = error_set(error, ERROR_CONFIG, "%s contains a private key; only certificates belong in it",
				   path);
		error_hint(error, "remove the private key; if it is in use, replace the key pair: it is no longer "
				  "secret");
	}
	wipe_free(data);
	return result < 0 ? result : x509_chain_check(path, chain, now, error);
}
