/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a key's certificate, from a file or from the token. */
#include "doctor/internal.h"

#include "base/file.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DAY = 86400,        /* seconds */
	FILE_MAX = 1 << 20, /* bytes; see x509_read */
};

static const char *path_of(const struct doctor *doctor)
{
	const struct bearer_request *request = doctor->given->request;

	return doctor->now == &doctor->keys[0] ? request->certificate : request->next_certificate;
}

/* The option that sets the path. */
static const char *option_of(const struct doctor *doctor)
{
	return doctor->now == &doctor->keys[0] ? "--certificate" : "--next-certificate";
}

static void describe(struct doctor_finding *finding, X509 *certificate, const char *path)
{
	char subject[256], sha256[X509_FINGERPRINT_SIZE];

	x509_subject(certificate, subject, sizeof(subject));
	x509_fingerprint(certificate, sha256);
	doctor_ok(finding, "%s (%s), SHA-256 %s", path != NULL ? path : "on the token", subject, sha256);
	doctor_fact_text(finding, "subject", subject);
	doctor_fact_text(finding, "sha256", sha256);
}

/* Warns if the file also holds a private key: it would be copied to wherever the certificate goes. */
static void warn_of_private_key(struct doctor_finding *finding, const char *path)
{
	struct error ignored;
	size_t length;
	char *data;

	if (file_read(path, FILE_MAX, &data, &length, &ignored) < 0)
		return;
	if (x509_has_private_key(data, length))
		doctor_warn(finding, "keep only the certificate in this file; if the private key is that of the token, "
			    "replace the key by one that is made there", "%s also holds a private key", path);
	wipe_free(data);
}

/* Chooses the key's certificate from the file, or the only one if the public half is not known. */
static void read_file(struct doctor_key *key, const char *path, const char *option, struct doctor_finding *finding)
{
	struct x509_list *list = &key->certificates;
	struct error error;

	if (x509_read(path, list, &error) < 0) {
		if (error.hint[0] == '\0')
			error_hint(&error, "give the file with the key's certificate with %s", option);
		doctor_fail(finding, &error);
		return;
	}
	if (x509_choose(list, path, key->seen.public, &key->certificate, &error) < 0 && list->count == 1) {
		key->certificate = list->list[0]; /* another key's: see doctor_certificate_key */
		X509_up_ref(key->certificate);
	}
	if (key->certificate != NULL)
		describe(finding, key->certificate, path);
	else
		doctor_ok(finding, "%s has %zu certificates", path, list->count);
	warn_of_private_key(finding, path);
}

void doctor_certificate_read(struct doctor *doctor, struct doctor_finding *finding)
{
	struct doctor_key *key = doctor->now;
	const char *path = path_of(doctor);
	char step[128];

	if (path != NULL) {
		read_file(key, path, option_of(doctor), finding);
	} else if (key->seen.certificate != NULL) {
		key->certificate = key->seen.certificate;
		X509_up_ref(key->certificate);
		describe(finding, key->certificate, NULL);
	} else if (key->seen.public == NULL) {
		doctor_skip(finding, "none is given, and none is visible on the token");
	} else {
		snprintf(step, sizeof(step), "give the file with the one that the server has, with %s FILE",
			 option_of(doctor));
		doctor_warn(finding, step, "none is given, and the token has none, so no check sees when it expires");
	}
}

/* Whether a certificate was found; otherwise skips the check. */
static bool has_certificate(const struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->now->certificate == NULL)
		doctor_skip(finding, doctor->now->certificates.count > 1 ?
			    "it is not known which of them is the key's" : "there is no certificate");
	return doctor->now->certificate != NULL;
}

/* Whether one of the certificates verifies the test signature. */
static bool verifies(const struct doctor *doctor, enum alg alg)
{
	const struct x509_list *list = &doctor->now->certificates;

	for (size_t i = 0; i < list->count; i++) {
		if (alg_verifies(alg, X509_get0_pubkey(list->list[i]), doctor_test_data, strlen(doctor_test_data),
				 doctor->signature, doctor->signature_length))
			return true;
	}
	return false;
}

static void judge_signature(const struct doctor *doctor, struct doctor_finding *finding)
{
	struct error error;

	if (verifies(doctor, p11_key_alg(doctor->key))) {
		doctor_ok(finding, "it verifies the test signature");
		return;
	}
	error_set(&error, ERROR_CONFIG, "the certificate %s does not verify the test signature", path_of(doctor));
	error_hint(&error, "give the certificate of this key with %s, or name its key", option_of(doctor));
	doctor_fail(finding, &error);
}

void doctor_certificate_key(struct doctor *doctor, struct doctor_finding *finding)
{
	struct doctor_key *key = doctor->now;
	X509 *chosen = NULL;
	struct error error;

	if (path_of(doctor) == NULL) {
		if (has_certificate(doctor, finding))
			doctor_ok(finding, "it has the key's public half");
	} else if (key->certificate != NULL && x509_check_kind(key->certificate, path_of(doctor), &error) < 0) {
		doctor_fail(finding, &error);
	} else if (key->seen.public == NULL && key == &doctor->keys[0] && doctor->signature_length > 0) {
		judge_signature(doctor, finding);
	} else if (key->seen.public == NULL) {
		doctor_skip(finding, doctor->given->login ? "the token does not show the key's public half" :
			    "the token hides the key's public half: needs --login");
	} else if (x509_choose(&key->certificates, path_of(doctor), key->seen.public, &chosen, &error) == 0) {
		doctor_ok(finding, "it has the key's public half");
	} else {
		error_hint(&error, "give the certificate of this key with %s, or name its key", option_of(doctor));
		doctor_fail(finding, &error);
	}
	X509_free(chosen);
}

static void fail_expiry(struct doctor_finding *finding, const char *what, const char *when)
{
	struct error error;

	error_set(&error, ERROR_CONFIG, "%s %s", what, when);
	error_hint(&error, "make a new one with \"p11bearer cert\", and put it into the app");
	doctor_fail(finding, &error);
}

void doctor_certificate_expiry(struct doctor *doctor, struct doctor_finding *finding)
{
	long warn_days = doctor->given->request->warn_days, days;
	X509 *certificate = doctor->now->certificate;
	time_t now = time(NULL), not_after;
	char from[32], to[32];

	if (!has_certificate(doctor, finding))
		return;
	if (!x509_not_after(certificate, &not_after)) {
		doctor_warn(finding, "make a new one with \"p11bearer cert\"", "its end of validity cannot be read");
		return;
	}
	x509_beginning(certificate, from, sizeof(from));
	x509_expiry(certificate, to, sizeof(to));
	days = (long)((not_after - now) / DAY);
	if (x509_valid_at(certificate, now) == X509_EXPIRED)
		fail_expiry(finding, "expired at", to);
	else if (x509_valid_at(certificate, now) == X509_NOT_YET_VALID)
		fail_expiry(finding, "is not valid before", from);
	else if (days < warn_days)
		doctor_warn(finding, "replace it in time: \"p11bearer rotate\" makes a new key and certificate, and "
				     "puts it into the app", "expires in %ld day%s, at %s", days, days == 1 ? "" : "s",
			    to);
	else
		doctor_ok(finding, "expires in %ld day%s, at %s", days, days == 1 ? "" : "s", to);
	doctor_fact_number(finding, "not_after", (double)not_after);
	doctor_fact_number(finding, "days_left", (double)days);
}

void doctor_certificate_size(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct server *server = doctor->given->request->server;
	struct error error;
	size_t length;
	char *pem;

	if (!has_certificate(doctor, finding))
		return;
	if (x509_certificate_pem(doctor->now->certificate, &pem, &length, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	free(pem);
	if (server->certificate_max == 0) {
		doctor_ok(finding, "%zu bytes of PEM", length);
	} else if (length > server->certificate_max) {
		error_set(&error, ERROR_CONFIG, "%zu bytes of PEM; %s stores at most %zu", length, server->title,
			  server->certificate_max);
		error_hint(&error, "make a smaller one, with a shorter subject and fewer extensions");
		doctor_fail(finding, &error);
	} else {
		doctor_ok(finding, "%zu bytes of PEM; %s stores up to %zu", length, server->title,
			  server->certificate_max);
	}
	doctor_fact_number(finding, "bytes", (double)length);
}
