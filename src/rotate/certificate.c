/* SPDX-License-Identifier: Apache-2.0 */
/* The new key's certificate. */
#include "rotate/key.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/record.h"
#include "process/write.h"
#include "x509/x509.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAYS_MAX = 7300 }; /* as many as a certificate of p11bearer has */

/* The key that signs its certificate. */
struct maker {
	struct p11_key *key;
	EVP_PKEY *public;
	struct recorder *recorder;
	bool stores; /* the session can write to the token */
};

static int sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	const struct maker *maker = context;
	struct p11_signer *signer;
	int result = p11_signer_open(&signer, maker->key, error);
	double began = clock_ms();

	if (result == 0) {
		result = p11_signer_sign(signer, data, size, signature, length, error);
		result = record_signature(maker->recorder, signer, maker->public, NULL, began, result, error);
	}
	p11_signer_close(&signer);
	return result;
}

/* The days that the certificate is valid, rounded up. */
static long days_of(const X509 *certificate)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)) <= 0)
		days = 0;
	ERR_clear_error();
	if (seconds > 0)
		days++;
	return days < 1 ? 1 : days > DAYS_MAX ? DAYS_MAX : days;
}

static void warn_of_issuer(X509 *old)
{
	char issuer[256] = "?";

	if (X509_self_signed(old, 0) != 0)
		return;
	X509_NAME_oneline(X509_get_issuer_name(old), issuer, sizeof(issuer));
	message_warn("the old certificate was issued by %s; the new one is self-signed", issuer);
}

static int make(struct maker *maker, X509 *old, X509 **certificate, struct error *error)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(old, NID_ext_key_usage, NULL, NULL);
	const struct x509_params params = {
		.sign = sign,
		.context = maker,
		.alg = p11_key_alg(maker->key),
		.public = maker->public,
		.subject = X509_get_subject_name(old),
		.usages = usages,
		.days = days_of(old),
	};
	int result;

	warn_of_issuer(old);
	result = x509_certificate_make(&params, certificate, error);
	sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
	ERR_clear_error();
	return result;
}

/* --- the file ---------------------------------------------------------------------------------------------------- */

/* Reads the key's certificate from the file. */
static int read_file(const struct maker *maker, const char *path, X509 **certificate, struct error *error)
{
	struct x509_list list = { .count = 0 };
	int result = x509_read(path, &list, error);

	if (result == 0)
		result = x509_choose(&list, path, maker->public, certificate, error);
	x509_list_clear(&list);
	return result;
}

/* What an interrupted run has written, if it is still valid; *certificate is NULL if it is not. A file of somebody
 * else is not replaced. */
static int read_earlier(const struct maker *maker, const char *path, X509 **certificate, struct error *error)
{
	*certificate = NULL;
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (read_file(maker, path, certificate, error) < 0) {
		error_hint(error, "move the file away: the new key's certificate is to have this name");
		return error_result(error);
	}
	if (x509_valid_at(*certificate, time(NULL)) != X509_EXPIRED)
		return 0;
	X509_free(*certificate);
	*certificate = NULL;
	return 0;
}

static int write_new(const struct maker *maker, X509 *certificate, const char *path, struct error *error)
{
	char *pem = NULL;
	X509 *written = NULL;
	size_t length;
	int result = x509_certificate_pem(certificate, &pem, &length, error);

	if (result == 0)
		result = write_file(path, pem, length, 0644, error);
	if (result == 0)
		result = read_file(maker, path, &written, error);
	if (result == 0 && X509_cmp(written, certificate) != 0)
		result = error_set(error, ERROR_UNEXPECTED, "%s does not have the certificate that was written to it",
				   path);
	X509_free(written);
	free(pem);
	return result;
}

/* --- the token --------------------------------------------------------------------------------------------------- */

static void note_not_stored(const struct error *why)
{
	message_note("the certificate is not on the token, only in the file: %s", why->text);
}

/* Whether the certificate was not stored because the token refuses it, or the security officer's PIN is not given, or
 * another certificate is in the slot of a YubiKey. */
static bool may_go_on(const struct p11_request *request, const struct error *why)
{
	return p11_is_refused_object(why) || why->class == ERROR_NO_KEY ||
	       (why->class == ERROR_PIN && request->so_pin_from.type == SOURCE_NONE);
}

static void note_how_to_store(const struct maker *maker, const char *path)
{
	if (p11_key_is_in_slot(maker->key))
		message_note("to store it: ykman piv certificates import SLOT %s", path);
}

/* Opens the key, in a session that can write if the token has one. */
static int begin(struct maker *maker, const struct p11_request *request, struct error *error)
{
	int result = p11_key_open(&maker->key, request, true, error);

	maker->stores = result == 0;
	if (result < 0 && p11_is_refused_object(error)) {
		note_not_stored(error);
		p11_key_close(&maker->key);
		result = p11_key_open(&maker->key, request, false, error);
	}
	return result == 0 ? p11_key_public(maker->key, &maker->public, error) : result;
}

static int store(const struct maker *maker, const struct p11_request *request, X509 *certificate, const char *path,
		 struct error *error)
{
	X509 *stored = NULL;
	struct error why;
	size_t others;
	bool is_there = p11_key_certificate(maker->key, &stored, &why) == 0 && X509_cmp(stored, certificate) == 0;
	int result = 0;

	X509_free(stored);
	if (is_there || !maker->stores)
		return 0;
	result = p11_key_store(maker->key, certificate, false, &others, error);
	if (result < 0 && may_go_on(request, error)) {
		note_not_stored(error);
		note_how_to_store(maker, path);
		return 0;
	}
	if (result == 0 && others > 0)
		message_warn("the token contains %zu more certificate%s of the new key", others, others > 1 ? "s" : "");
	return result;
}

int rotate_make_certificate(const struct p11_request *request, const char *uri, X509 *old, const char *path,
			    struct recorder *recorder, X509 **certificate, struct error *error)
{
	struct maker maker = { .recorder = recorder };
	struct p11_request own = *request;
	int result = p11_uri_parse_beside(&own.uri, uri, request->uri, error);

	*certificate = NULL;
	if (result == 0)
		result = begin(&maker, &own, error);
	if (result == 0)
		result = read_earlier(&maker, path, certificate, error);
	if (result == 0 && *certificate == NULL) {
		result = make(&maker, old, certificate, error);
		if (result == 0)
			result = write_new(&maker, *certificate, path, error);
	}
	/* Last, because an object on a token is harder to remove than a file. */
	if (result == 0)
		result = store(&maker, &own, *certificate, path, error);
	if (result < 0) {
		X509_free(*certificate);
		*certificate = NULL;
	}
	EVP_PKEY_free(maker.public);
	p11_key_close(&maker.key);
	p11_uri_free(&own.uri);
	return result;
}
