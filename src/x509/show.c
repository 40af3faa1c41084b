/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as text: what others wrote into a file, and what a person wants to know of them. */
#include "x509/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";

/* Lines may have become blanks, or be indented: the base64 between the marks is what counts. NULL when the marks are wrong
 * or memory is out. */
static char *take_base64(const char *text, size_t *length)
{
	const char *from = strstr(text, begin), *to = text + strlen(text);
	char *base64;

	if (from != NULL) {
		from += strlen(begin);
		to = strstr(from, end);
		if (to == NULL)
			return NULL;
	} else {
		from = text;
	}
	base64 = malloc((size_t)(to - from) + 1);
	*length = 0;
	for (; base64 != NULL && from < to; from++) {
		if (strchr(" \t\r\n", *from) == NULL)
			base64[(*length)++] = *from;
	}
	return base64;
}

X509 *x509_certificate_parse(const char *text)
{
	size_t length = 0, padding = 0;
	char *base64 = take_base64(text, &length);
	unsigned char *der = malloc(length / 4 * 3 + 1);
	const unsigned char *next = der;
	X509 *certificate = NULL;
	int size = -1;

	if (base64 != NULL && der != NULL && length > 0 && length % 4 == 0)
		size = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)length);
	while (size > 0 && padding < 2 && base64[length - 1 - padding] == '=')
		padding++;
	if (size > 0)
		certificate = d2i_X509(NULL, &next, size - (int)padding);
	if (certificate != NULL && next != der + size - padding) {
		X509_free(certificate);
		certificate = NULL;
	}
	free(base64);
	free(der);
	ERR_clear_error();
	return certificate;
}

void x509_subject(X509 *certificate, char *text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long length = 0;

	snprintf(text, size, "?");
	if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
					      XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		length = BIO_get_mem_data(bio, &data);
	if (length > 0)
		snprintf(text, size, "%.*s", (int)length, data);
	BIO_free(bio);
	ERR_clear_error();
}

void x509_expiry(X509 *certificate, char *text, size_t size)
{
	struct tm time;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1 ||
	    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &time) == 0)
		snprintf(text, size, "?");
	ERR_clear_error();
}
