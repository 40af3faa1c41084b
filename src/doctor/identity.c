/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the TLS identity. Only an exchange shows whether a server accepts it. */
#include "doctor/internal.h"

#include "bearer/identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <time.h>

enum { DAY = 86400 }; /* seconds */

static int parse_key(const struct doctor *doctor, struct uri **uri, struct error *error)
{
	*uri = NULL;
	return doctor->given->tls_key != NULL ? p11_uri_parse(uri, doctor->given->tls_key, error) : 0;
}

static int open_identity(struct doctor *doctor, struct error *error)
{
	struct error ignored; /* doctor_identity_key checks the key */
	struct uri *uri;

	if (doctor->given->tls_certificate == NULL) {
		error_set(error, ERROR_CONFIG, "a TLS key requires its certificate");
		error_hint(error, "give the certificate with --tls-certificate");
		return -ERROR_CONFIG;
	}
	(void)parse_key(doctor, &uri, &ignored);
	return identity_open(&doctor->identity, doctor->given->tls_certificate, uri, error);
}

void doctor_identity_certificate(struct doctor *doctor, struct doctor_finding *finding)
{
	struct error error;
	char subject[256], when[32];
	X509 *certificate;
	time_t end;
	long days;

	if (open_identity(doctor, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	certificate = identity_http(doctor->identity)->chain[0];
	x509_subject(certificate, subject, sizeof(subject));
	x509_expiry(certificate, when, sizeof(when));
	doctor_fact_text(finding, "subject", subject);
	if (!x509_not_after(certificate, &end)) {
		doctor_warn(finding, "get a new certificate", "%s: its end of validity cannot be read", subject);
		return;
	}
	days = (long)((end - time(NULL)) / DAY);
	doctor_fact_number(finding, "not_after", (double)end);
	doctor_fact_number(finding, "days_left", (double)days);
	if (days < doctor->given->request->warn_days)
		doctor_warn(finding, "get a new one in time; \"p11bearer csr --eku clientAuth\" makes the request for "
			    "it", "%s expires in %ld day%s, at %s", subject, days, days == 1 ? "" : "s", when);
	else
		doctor_ok(finding, "%s, for TLS clients, with %zu issuer%s, expires in %ld days, at %s", subject,
			  identity_http(doctor->identity)->count - 1,
			  identity_http(doctor->identity)->count == 2 ? "" : "s", days, when);
}

static void compare(const struct doctor *doctor, EVP_PKEY *public, struct doctor_finding *finding)
{
	X509 *certificate = identity_http(doctor->identity)->chain[0];
	bool same = EVP_PKEY_eq(public, X509_get0_pubkey(certificate)) == 1;
	struct error error;

	ERR_clear_error();
	if (same) {
		doctor_ok(finding, "the certificate is the key's");
		return;
	}
	error_set(&error, ERROR_CONFIG, "the TLS certificate %s is not the certificate of the key",
		  doctor->given->tls_certificate);
	error_hint(&error, "name the certificate's key with --tls-key, or give the key's certificate with "
		   "--tls-certificate");
	doctor_fail(finding, &error);
}

/* Finds the key on the token. */
static int find(struct doctor *doctor, struct p11_seen_key *seen, struct error *error)
{
	struct uri *uri;
	int result = parse_key(doctor, &uri, error);

	if (result == 0)
		result = identity_bind(doctor->identity, doctor->key, error); /* refuses the URI of another token */
	identity_release(doctor->identity);
	if (result == 0)
		result = p11_inspect_tls_key(doctor->key, uri != NULL ? uri : doctor->given->request->key.uri, seen,
					     error);
	p11_uri_free(&uri);
	return result;
}

void doctor_identity_key(struct doctor *doctor, struct doctor_finding *finding)
{
	struct p11_seen_key seen = { .public = NULL };
	struct error error;

	if (find(doctor, &seen, &error) < 0)
		doctor_fail(finding, &error);
	else if (seen.attested == 0)
		doctor_fail(finding, &seen.unproven);
	else if (seen.public != NULL)
		compare(doctor, seen.public, finding);
	else
		doctor_skip(finding, doctor->given->login ? "the token does not show the key's public half" :
			    "the token hides the key's public half: needs --login");
	p11_seen_key_clear(&seen);
}
