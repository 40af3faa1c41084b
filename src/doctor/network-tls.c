/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of TLS with the server. */
#include "doctor/internal.h"

#include "x509/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400, EXPIRES_SOON = 14 /* days */ };

static bool is_plain(const struct doctor *doctor)
{
	return strncmp(http_url_origin(doctor->given->request->endpoint), "https", 5) != 0;
}

/* The hosts that the certificate is for, as OpenSSL prints them. */
static void name_hosts(X509 *certificate, char *text, size_t size)
{
	int place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
	BIO *memory = BIO_new(BIO_s_mem());
	int length = 0;

	if (memory != NULL && place >= 0 && X509V3_EXT_print(memory, X509_get_ext(certificate, place), 0, 0) == 1)
		length = BIO_read(memory, text, (int)size - 1);
	text[length > 0 ? length : 0] = '\0';
	if (length <= 0)
		x509_subject(certificate, text, size);
	BIO_free(memory);
	ERR_clear_error();
}

static void describe(X509 *certificate, char *text, size_t size)
{
	char subject[200], issuer[200] = "?", when[32];
	BIO *memory = BIO_new(BIO_s_mem());
	int length = 0;

	x509_subject(certificate, subject, sizeof(subject));
	x509_expiry(certificate, when, sizeof(when));
	if (memory != NULL &&
	    X509_NAME_print_ex(memory, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253) > 0)
		length = BIO_read(memory, issuer, (int)sizeof(issuer) - 1);
	if (length > 0)
		issuer[length] = '\0';
	BIO_free(memory);
	snprintf(text, size, "%s, issued by %s, valid until %s", subject, issuer, when);
}

/* The next step if OpenSSL rejects a certificate; NULL: see the error's hint. */
static const char *step_of(int fault)
{
	switch (fault) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "if a private CA issued it, or a proxy intercepts TLS, give the CA's certificate with --cacert; "
		       "otherwise have the server send the certificates of its issuers, too";
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return "ask whoever runs the server, or a proxy that intercepts TLS, for a certificate with a stronger "
		       "key or signature";
	default:
		return NULL;
	}
}

/* The next step if the handshake fails for another reason. */
static const char *step_without(const struct doctor *doctor)
{
	if (doctor->network.proxy.url[0] != '\0')
		return "check that the proxy passes TLS on to this host (see its logs), and that the port is one for "
		       "https";
	return "check that the port is one for https, and that the server speaks TLS 1.2 or later";
}

/* The handshake failed, most often because the server's certificate is not accepted. */
static void explain(const struct doctor *doctor, struct doctor_finding *finding)
{
	const struct http_probe *probe = &doctor->network.probe;
	const char *file = http_ca_file(&doctor->given->request->http);
	struct error error = doctor->network.error;
	const char *step;
	char text[500];

	if (probe->fault == NULL && !probe->other_host) {
		error_hint(&error, "%s", step_without(doctor));
	} else if (probe->other_host) {
		name_hosts(probe->certificate, text, sizeof(text));
		error_set(&error, ERROR_NETWORK, "the server's certificate is for another host: %s", text);
		error_hint(&error, "check the host in --instance-url and --token-url, and what its name resolves to");
	} else {
		describe(probe->faulty != NULL ? probe->faulty : probe->certificate, text, sizeof(text));
		error_set(&error, ERROR_NETWORK, "the server's certificate is rejected: %s: %s (CA certificates: %s)",
			  text, probe->fault, file != NULL ? file : "the system's");
		step = step_of(probe->fault_code);
		error_hint(&error, "%s", step != NULL ? step : doctor->network.error.hint);
	}
	doctor_fail(finding, &error);
}

void doctor_network_tls(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct http_probe *probe = &doctor->network.probe;
	char text[500];

	if (is_plain(doctor)) {
		doctor_ok(finding, "plain http to a loopback address, without TLS");
		return;
	}
	if (probe->version[0] != '\0')
		doctor_fact_text(finding, "version", probe->version);
	if (probe->stage == HTTP_STAGE_TLS) {
		explain(doctor, finding);
		return;
	}
	describe(probe->certificate, text, sizeof(text));
	doctor_ok(finding, "%s with %s%s", probe->version, text,
		  probe->asked ? "; the server requests the client's certificate" : "");
}

void doctor_network_certificate(struct doctor *doctor, struct doctor_finding *finding)
{
	X509 *earliest = doctor->network.probe.earliest;
	char subject[256];
	time_t end;
	long days;

	if (is_plain(doctor)) {
		doctor_skip(finding, "plain http has no certificate");
		return;
	}
	if (earliest == NULL || !x509_not_after(earliest, &end)) {
		doctor_skip(finding, "its expiry cannot be read");
		return;
	}
	x509_subject(earliest, subject, sizeof(subject));
	days = (long)((end - time(NULL)) / DAY);
	doctor_fact_number(finding, "not_after", (double)end);
	if (days < EXPIRES_SOON)
		doctor_warn(finding, "tell whoever runs the server, or the proxy that intercepts TLS, to renew it",
			    "%s, in the server's chain, expires in %ld day%s", subject, days,
			    days == 1 ? "" : "s");
	else
		doctor_ok(finding, "the server's certificate and its issuers are valid for %ld days", days);
}
