/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization servers as data: cmd chooses a row and passes it on in its requests. Rows and advice are static. */
#ifndef P11BEARER_SERVER_H
#define P11BEARER_SERVER_H

#include "base/alg.h"

#include <stddef.h>

/* Causes of a refusal that the program acts on. */
enum server_cause {
	SERVER_OTHER,
	SERVER_LOGIN_RATE, /* the user has logged in too often: no try succeeds for minutes */
	SERVER_EXPIRED,    /* the assertion is too old by the server's clock */
	SERVER_TOO_NEW,    /* its exp is too far ahead by that clock, or it was issued in the future */
	SERVER_SIGNATURE,  /* the signature is not by the key that the server knows */
	SERVER_ASSERTION,  /* the assertion or its signature is wrong; the server does not say how */
	SERVER_MUTUAL_TLS, /* the user must present a client certificate: another bearer does not help */
};

struct server_advice {
	enum server_cause cause;
	const char *codes; /* error codes that name the cause, separated by blanks, or NULL */
	const char *words; /* phrases of the description that name it, see phrase_said, or NULL */
	const char *meaning;
	const char *remedy;
};

struct server {
	const char *name;
	const char *token_path, *userinfo_path, *revoke_path; /* endpoints, paths below the server's URL */
	unsigned algs;          /* accepted algorithms, at least one: bits 1 << enum alg */
	long lifetime_max;      /* seconds: latest exp that the vendor documents */
	long exp_max;           /* seconds: latest exp that the server accepts */
	size_t certificate_max; /* bytes of PEM that the server stores */
	const char *error_names[2]; /* JSON members that carry an API error's code and description */
	const char *bearer_variable, *site_variable; /* environment variables of the server's own tools */
	const struct server_advice *advice;
	size_t advice_count;
};

extern const struct server server_salesforce;

/* Returns the advice for a refusal with this code and description, which may be empty, or NULL if the row has none. */
const struct server_advice *server_advice(const struct server *server, const char *code, const char *description);

/* Returns the first advice for the cause, or NULL if the row has none. */
const struct server_advice *server_advice_for(const struct server *server, enum server_cause cause);

#endif
