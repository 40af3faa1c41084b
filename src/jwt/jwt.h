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

/* A claim or header field of the user's. `json` is compact JSON. */
struct jwt_extra {
	const char *name, *json;
};

enum jwt_part {
	JWT_HEADER,
	JWT_CLAIM,
	JWT_CLAIM_NOT_JTI, /* a claim next to the program's own jti */
};

struct jwt_params {
	const char *iss, *sub, *aud;
	int64_t exp;     /* seconds since 1970 */
	const char *jti; /* may be NULL */
	const struct jwt_extra *claims;
	size_t claim_count;
	const struct jwt_extra *headers;
	size_t header_count;
};

/* The claim aud for a URL, to be freed; NULL if memory is exhausted. Servers compare it byte by byte, so scheme and
 * host become lower case and https's default port 443 is left out (RFC 3986 section 6.2). Other ports and the path
 * stay. */
char *jwt_audience(const char *url);

/* Fails with ERROR_CONFIG if the name is empty or belongs to a claim or header field that the program sets. */
int jwt_allows(enum jwt_part part, const char *name, struct error *error);

/* Parses what the user wrote as the value of `name`: JSON, or a bare word, which becomes a string. extra->name is
 * `name`; extra->json is to be freed. Fails with ERROR_CONFIG if jwt_allows does, or if the text starts like JSON and
 * is not. */
int jwt_extra_parse(struct jwt_extra *extra, enum jwt_part part, const char *name, const char *text,
		    struct error *error);

/* The header, {"alg":"RS256"} and the user's fields, and the claims, as compact JSON, to be freed with free(). The
 * names of the extras must be allowed; the last of a name counts. Fail if memory is exhausted. */
int jwt_header(const struct jwt_params *params, char **json, struct error *error);
int jwt_claims(const struct jwt_params *params, char **json, struct error *error);

/* Sets `assertion` to base64url(header) "." base64url(claims) "." base64url(signature). Fails as `sign` does;
 * `assertion` is then empty. */
int jwt_sign(const char *header, const char *claims, sign_function *sign, void *context, struct secret *assertion,
	     struct error *error);

#endif
