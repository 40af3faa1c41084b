/* SPDX-License-Identifier: Apache-2.0 */
/* Formats certificates for messages. */
#include "x509/x509.h"

#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

enum { DAY = 86400 }; /* seconds */

static void show_name(const X509_NAME *name, char *text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long length = 0;

	snprintf(text, size, "?");
	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		length = BIO_get_mem_data(bio, &data);
	if (length > 0)
		snprintf(text, size, "%.*s", (int)length, data);
	BIO_free(bio);
	ERR_clear_error();
}

void x509_subject(X509 *certificate, char *text, size_t size)
{
	show_name(X509_get_subject_name(certificate), text, size);
}

void x509_issuer(X509 *certificate, char *text, size_t size)
{
	show_name(X509_get_issuer_name(certificate), text, size);
}

static void show_time(const ASN1_TIME *moment, char *text, size_t size)
{
	struct tm time;

	if (ASN1_TIME_to_tm(moment, &time) != 1 || strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &time) == 0)
		snprintf(text, size, "?");
	ERR_clear_error();
}

void x509_beginning(X509 *certificate, char *text, size_t size)
{
	show_time(X509_get0_notBefore(certificate), text, size);
}

void x509_expiry(X509 *certificate, char *text, size_t size)
{
	show_time(X509_get0_notAfter(certificate), text, size);
}

enum x509_validity x509_valid_at(const X509 *certificate, time_t when)
{
	/* 0: the time in the certificate is unreadable. */
	int begins = X509_cmp_time(X509_get0_notBefore(certificate), &when);
	int ends = X509_cmp_time(X509_get0_notAfter(certificate), &when);

	ERR_clear_error();
	if (ends < 0)
		return X509_EXPIRED;
	return begins > 0 ? X509_NOT_YET_VALID : X509_VALID;
}

bool x509_not_after(const X509 *certificate, time_t *when)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool readable = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;

	if (readable)
		*when = (time_t)days * DAY + seconds;
	ASN1_TIME_free(epoch);
	ERR_clear_error();
	return readable;
}
