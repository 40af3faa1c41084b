/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies an attestation up to the vendor's roots. OpenSSL decides; this says which certificate is at fault. */
#include "x509/roots.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
	SUBJECT_SIZE = 256,
	WHERE_SIZE = 1024,
	LEVEL = 2, /* OpenSSL's: no SHA-1, no RSA key below 2048 bits */
};

/* What is verified, and why it failed so far. */
struct check {
	const struct x509_roots *roots;
	X509 *attestation, *device;
	STACK_OF(X509) *others; /* between the attestation and a root */
	time_t now;
	int code;               /* of OpenSSL; X509_V_OK: nothing failed yet */
	X509 *culprit;
};

static bool is_same(X509 *one, X509 *other)
{
	return one != NULL && other != NULL && X509_cmp(one, other) == 0;
}

/* --- refusals ---------------------------------------------------------------------------------------------------- */

static void show(const struct check *check, X509 *certificate, char *text, size_t size)
{
	char subject[SUBJECT_SIZE];

	x509_subject(certificate, subject, sizeof(subject));
	if (is_same(certificate, check->attestation))
		snprintf(text, size, "the attestation %s", subject);
	else if (is_same(certificate, check->device))
		snprintf(text, size, "the certificate in slot f9, %s,", subject);
	else
		snprintf(text, size, "the certificate %s in %s", subject, check->roots->path);
}

/* Whether it failed because no certificate, or another with the issuer's name, signed the culprit. */
static bool has_no_issuer(int code)
{
	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return true;
	default:
		return false;
	}
}

static int refuse_issuer(const struct check *check, const char *where, struct error *error)
{
	error_set(error, ERROR_NO_KEY, "%s was not signed by any of the roots in %s; ", where, check->roots->path);
	if (check->device == NULL)
		error_append(error, "the token does not show the certificate in slot f9, or %s is not the one for this "
			     "firmware", check->roots->path);
	else
		error_append(error, "the attestation key may have been replaced, or %s is not the one for this "
			     "firmware", check->roots->path);
	error_hint(error, "use a file with the roots and intermediates of the vendor; firmware 5.7.4 and later needs "
			  "other ones than before");
	return -ERROR_NO_KEY;
}

static int refuse(const struct check *check, struct error *error)
{
	char where[WHERE_SIZE], when[32] = "";

	if (check->code == X509_V_ERR_OUT_OF_MEM)
		return error_memory(error);
	if (check->culprit == NULL)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot verify the attestation");
	show(check, check->culprit, where, sizeof(where));
	if (has_no_issuer(check->code))
		return refuse_issuer(check, where, error);
	error_set(error, ERROR_NO_KEY, "%s cannot be verified: %s", where, X509_verify_cert_error_string(check->code));
	if (check->code == X509_V_ERR_CERT_HAS_EXPIRED)
		x509_expiry(check->culprit, when, sizeof(when));
	if (check->code == X509_V_ERR_CERT_NOT_YET_VALID)
		x509_beginning(check->culprit, when, sizeof(when));
	if (when[0] != '\0') {
		error_append(error, " (%s)", when);
		error_hint(error, "check this machine's clock");
	}
	return -ERROR_NO_KEY;
}

/* --- the attestation itself -------------------------------------------------------------------------------------- */

static int check_attestation(const struct check *check, struct error *error)
{
	char subject[SUBJECT_SIZE], signer[SUBJECT_SIZE];
	EVP_PKEY *key = check->device != NULL ? X509_get0_pubkey(check->device) : NULL;

	x509_subject(check->attestation, subject, sizeof(subject));
	/* Whoever has such a key could attest others with it. */
	if (X509_check_ca(check->attestation) != 0)
		return error_set(error, ERROR_NO_KEY, "the attestation %s cannot be verified: it is a CA's certificate",
				 subject);
	if (check->device == NULL)
		return 0;
	if (key != NULL && X509_verify(check->attestation, key) == 1 &&
	    X509_NAME_cmp(X509_get_issuer_name(check->attestation), X509_get_subject_name(check->device)) == 0)
		return 0;
	x509_subject(check->device, signer, sizeof(signer));
	error_set(error, ERROR_NO_KEY, "the attestation %s was not signed with the key of the certificate in slot f9, "
		  "%s; one of them may have been replaced", subject, signer);
	error_hint(error, "store the certificate of the attestation key in slot f9");
	return -ERROR_NO_KEY;
}

/* --- the chain --------------------------------------------------------------------------------------------------- */

/* Whether it is one of the certificates in slot f9 that YubiKeys up to firmware 5.2 have, which the vendor issued
 * without basicConstraints: they say nothing about whether they are a CA's. */
static bool is_old_device(const struct check *check, X509_STORE_CTX *context)
{
	static const char name[] = "Yubico PIV Attestation";
	X509 *certificate = X509_STORE_CTX_get_current_cert(context);
	char text[sizeof(name) + 1];

	if (X509_STORE_CTX_get_error_depth(context) != 1 || !is_same(certificate, check->device) ||
	    sk_X509_num(X509_STORE_CTX_get0_chain(context)) != 3) /* a root signed it */
		return false;
	return (X509_get_extension_flags(certificate) & (EXFLAG_BCONS | EXFLAG_INVALID)) == 0 &&
	       X509_NAME_entry_count(X509_get_subject_name(certificate)) == 1 &&
	       X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof(text)) > 0 &&
	       strcmp(text, name) == 0;
}

static int decide(int is_fine, X509_STORE_CTX *context)
{
	if (is_fine != 1 && X509_STORE_CTX_get_error(context) == X509_V_ERR_INVALID_CA &&
	    is_old_device(X509_STORE_CTX_get_app_data(context), context)) {
		X509_STORE_CTX_set_error(context, X509_V_OK);
		return 1;
	}
	return is_fine;
}

/* Keeps the first failure, unless a later one says more: that a root did not sign anything says little. */
static void keep_failure(struct check *check, X509_STORE_CTX *context)
{
	X509 *culprit = X509_STORE_CTX_get_current_cert(context);
	int code = X509_STORE_CTX_get_error(context);

	if (culprit == NULL || (check->code != X509_V_OK && (!has_no_issuer(check->code) || has_no_issuer(code))))
		return;
	X509_up_ref(culprit);
	X509_free(check->culprit);
	check->culprit = culprit;
	check->code = code;
}

static bool verify_with(struct check *check, X509 *root, X509_STORE *store, X509_STORE_CTX *context)
{
	X509_VERIFY_PARAM *rules;

	if (store == NULL || context == NULL || X509_STORE_add_cert(store, root) != 1 ||
	    X509_STORE_CTX_init(context, store, check->attestation, check->others) != 1 ||
	    X509_STORE_CTX_set_app_data(context, check) != 1)
		return false;
	rules = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_auth_level(rules, LEVEL);
	X509_VERIFY_PARAM_set_time(rules, check->now);
	X509_STORE_CTX_set_verify_cb(context, decide);
	if (X509_verify_cert(context) == 1)
		return true;
	keep_failure(check, context);
	return false;
}

static int keep_chain(X509_STORE_CTX *context, struct x509_list *chain, struct error *error)
{
	const STACK_OF(X509) *verified = X509_STORE_CTX_get0_chain(context);

	for (int i = 0; chain != NULL && i < sk_X509_num(verified); i++) {
		X509 *certificate = sk_X509_value(verified, i);

		X509_up_ref(certificate);
		if (x509_list_add(chain, certificate, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* Tries the roots one by one: two may have the same name and even the same key, and only one that signed this. Sets
 * *found if one of them did. */
static int try_root(struct check *check, X509 *root, bool *found, struct x509_list *chain, struct error *error)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int result = 0;

	*found = verify_with(check, root, store, context);
	if (*found)
		result = keep_chain(context, chain, error);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return result;
}

/* The device's certificate and the intermediates. */
static STACK_OF(X509) *gather(const struct check *check)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	bool done = others != NULL && (check->device == NULL || sk_X509_push(others, check->device) > 0);

	for (size_t i = 0; i < check->roots->list.count && done; i++) {
		X509 *certificate = check->roots->list.list[i];

		done = x509_root_is_trusted(certificate) || sk_X509_push(others, certificate) > 0;
	}
	if (done)
		return others;
	sk_X509_free(others);
	return NULL;
}

int x509_attestation_verify(const struct x509_roots *roots, X509 *attestation, X509 *device, time_t now,
			    struct x509_list *chain, struct error *error)
{
	struct check check = { .roots = roots, .attestation = attestation, .device = device, .now = now };
	int result = check_attestation(&check, error);
	bool found = false;

	if (chain != NULL)
		memset(chain, 0, sizeof(*chain));
	if (result == 0 && (check.others = gather(&check)) == NULL)
		result = error_memory(error);
	for (size_t i = 0; i < roots->list.count && result == 0 && !found; i++) {
		if (x509_root_is_trusted(roots->list.list[i]))
			result = try_root(&check, roots->list.list[i], &found, chain, error);
	}
	if (result == 0 && !found)
		result = refuse(&check, error);
	if (result < 0 && chain != NULL)
		x509_list_clear(chain);
	sk_X509_free(check.others);
	X509_free(check.culprit);
	ERR_clear_error();
	return result;
}
