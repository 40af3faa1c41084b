/* SPDX-License-Identifier: Apache-2.0 */
/* The claims and header of an assertion (RFC 7519, RFC 7523 section 3) and its compact serialisation (RFC 7515 section
 * 7.1). Does no I/O and reads no clock; the caller passes the function that signs. */
#ifndef P11BEARER_JWT_H
#define P11BEARER_JWT_H

#include "base/error.h"
#include "base/secret.h"
#include "base/alg.h"
#include "base/sign.h"
#include "base/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A claim or header field that the user or the server's row gave. `json` is compact JSON. */
struct jwt_extra {
	const char *name, *json;
	bool computed; /* `json` is a template, which the caller fills in first: see bearer/fields.h */
};

enum jwt_part {
	JWT_HEADER,
	JWT_CLAIM,
	JWT_CLAIM_NOT_JTI, /* a claim next to the program's own jti */
};

struct jwt_params {
	enum alg alg; /* not ALG_AUTO */
	const char *iss, *sub, *aud; /* NULL: left out */
	int64_t exp, iat, nbf; /* seconds since 1970 */
	bool has_iat, has_nbf; /* otherwise the claims are left out */
	const char *jti; /* may be NULL */
	const struct jwt_extra *claims;
	size_t claim_count;
	const struct jwt_extra *headers;
	size_t header_count;
};

/* Returns the claim aud for a URL, or for its first `length` bytes, if these include the port; the caller frees it.
 * Servers compare it byte by byte, so scheme and host become lower case, and an empty port or https's 443 is dropped
 * (RFC 3986 section 6.2). Returns NULL if memory is exhausted. */
char *jwt_audience(const struct url *url, size_t length);

/* Fails with ERROR_CONFIG if the name is empty or belongs to a claim or header field that the program sets. */
int jwt_allows(enum jwt_part part, const char *name, struct error *error);

/* Parses the user's text for the value of `name`: JSON, or a bare word, which becomes a string, as does a number for
 * the header field kid. extra->name is `name`; the caller frees extra->json. Fails with ERROR_CONFIG if jwt_allows
 * does, or if the text starts like JSON but is not valid. */
int jwt_extra_parse(struct jwt_extra *extra, enum jwt_part part, const char *name, const char *text,
		    struct error *error);

/* Makes a JSON string of the text; the caller frees *json. Fails if memory is exhausted. */
int jwt_quote(const char *text, char **json, struct error *error);

/* Make the header, such as {"alg":"RS256"} and the user's fields, or the claims, as compact JSON; the caller frees
 * *json. jwt_allows must allow the names of the extras; the last extra with a name counts. Fail if memory is exhausted.
 */
int jwt_header(const struct jwt_params *params, char **json, struct error *error);
int jwt_claims(const struct jwt_params *params, char **json, struct error *error);

/* Sets `assertion` to base64url(header) "." base64url(claims) "." base64url(signature). Fails as `sign` does;
 * `assertion` is then empty. */
int jwt_sign(const char *header, const char *claims, sign_function *sign, void *context, struct secret *assertion,
	     struct error *error);

#endif
