/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to x509: signatures of certificates and requests. */
#ifndef P11BEARER_X509_SIGNATURE_H
#define P11BEARER_X509_SIGNATURE_H

#include "x509/x509.h"

/* Sets `algorithm` to the identifier of params->alg (RFC 4055 sections 3.1 and 5, RFC 5758 section 3.2). Fails with
 * ERROR_UNEXPECTED. */
int algorithm_set(const struct x509_params *params, X509_ALGOR *algorithm, struct error *error);

/* Signs DER that OpenSSL encoded, and stores the signature in `bits`. `length` < 0: encoding failed. Fails as
 * params->sign does, and with ERROR_UNEXPECTED. */
int signature_set(const struct x509_params *params, const unsigned char *der, int length, ASN1_BIT_STRING *bits,
		  struct error *error);

#endif
