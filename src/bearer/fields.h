/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of templates that are known only when an assertion is made. Of the key: {@kid} (RFC 7638), {@spki} (base64
 * of the SHA-256 of its SubjectPublicKeyInfo); of its certificate: {@x5t}, {@x5t-s256}, {@x5c} (RFC 7515 sections 4.1.6
 * to 4.1.8; {@x5c} is a JSON array); of the request: {@client-id}, {@token-url}, {instance-url}. */
#ifndef P11BEARER_BEARER_FIELDS_H
#define P11BEARER_BEARER_FIELDS_H

#include "bearer/signer.h"

#define FIELDS_NAMES "@kid, @spki, @x5t, @x5t-s256, @x5c, @client-id, @token-url"

/* Whether there is such a field, named as "@kid"; and the template that is this field, or NULL. Static. */
bool fields_know(const char *name);
const char *fields_template(const char *name);

/* Fills in the template for the signer's key number `which`, whose values are computed once. The caller frees *text.
 * Fails with ERROR_CONFIG if a field needs a certificate or a URL and there is none, as x509_choose does if the file
 * has several, and as p11_signer_public does. */
int fields_fill(struct signer *signer, size_t which, const struct bearer_request *request, const char *template,
		char **text, struct error *error);

/* The same for the value of a claim or header field that is computed. *json is what jwt_extra_parse makes of the text,
 * but a word with fields is always a string, {@x5c} alone is an array, and in JSON, values are escaped. */
int fields_fill_extra(struct signer *signer, size_t which, const struct bearer_request *request, enum jwt_part part,
		      const struct jwt_extra *extra, char **json, struct error *error);

#endif
