/* SPDX-License-Identifier: Apache-2.0 */
/* The claims and header of an assertion (RFC 7519, RFC 7523 section 3) and its compact serialisation (RFC 7515 section
 * 7.1). Pure: no I/O, no clock; signing is a function it is handed. */
#ifndef P11BEARER_JWT_H
#define P11BEARER_JWT_H

#include "base/error.h"
#include "base/secret.h"
#include "base/sign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A claim or header field of the user's. `json` is a JSON value; a bare word counts as a string. */
struct jwt_extra {
	const char *name, *json;
};

struct jwt_params {
	const char *iss, *sub, *aud;
	int64_t exp;     /* seconds since 1970 */
	const char *jti; /* NULL: none */
	const struct jwt_extra *claims;
	size_t claim_count;
	const struct jwt_extra *headers;
	size_t header_count;
};

/* The claim aud for a URL, to be freed, or NULL if memory is out. Servers compare it byte by byte, so scheme and
 * host become lower case and the port of https, 443, is left out (RFC 3986 section 6.2). Other ports and the path stay. */
char *jwt_audience(const char *url);

/* Checks one claim or header field: its JSON, and that it is none that the program sets itself (`with_jti`: jti is).
 * Fails with ERROR_CONFIG. */
int jwt_claim_check(const struct jwt_extra *claim, bool with_jti, struct error *error);
int jwt_header_check(const struct jwt_extra *header, struct error *error);

/* The header and the claims as compact JSON, to be freed with free(). The header is {"alg":"RS256"} and what was asked
 * for. Fails with ERROR_CONFIG for a field that the checks above refuse. */
int jwt_header(const struct jwt_params *params, char **json, struct error *error);
int jwt_claims(const struct jwt_params *params, char **json, struct error *error);

/* Makes the content of `assertion` base64url(header) "." base64url(claims) "." base64url(signature). Fails with what `sign`
 * fails with; it is empty then. */
int jwt_sign(const char *header, const char *claims, sign_function *sign, void *context, struct secret *assertion,
	     struct error *error);

#endif
