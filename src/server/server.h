/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization servers as data. Each is a const row; cmd chooses it and hands it down in the requests. */
#ifndef P11BEARER_SERVER_H
#define P11BEARER_SERVER_H

#include <stddef.h>

/* Causes of a refusal that the program acts on. */
enum server_cause {
	SERVER_OTHER,
	SERVER_LOGIN_RATE, /* the user has logged in too often: no try succeeds for minutes */
	SERVER_EXPIRED,    /* the assertion is too old by the server's clock */
	SERVER_TOO_NEW,    /* its exp is too far ahead by that clock, or it was issued in the future */
	SERVER_ASSERTION,  /* the assertion or its signature is wrong; the server does not say how */
	SERVER_MUTUAL_TLS, /* the user must present a client certificate: another bearer does not help */
};

struct server_advice {
	enum server_cause cause;
	const char *codes; /* error codes that name the cause, separated by blanks; NULL: none does */
	const char *words; /* phrases of the description that name it, see phrase_said; NULL: the code suffices */
	const char *meaning;
	const char *remedy;
};

struct server {
	const char *name;
	const char *token_path, *userinfo_path, *revoke_path; /* endpoints, below the server's URL */
	long lifetime_max;      /* seconds: latest exp that is documented to be accepted */
	long exp_max;           /* seconds: latest exp that is known to be accepted */
	size_t certificate_max; /* bytes of PEM */
	const char *bearer_variable, *site_variable; /* environment variables that the server's own tools read */
	const struct server_advice *advice;
	size_t advice_count;
};

extern const struct server server_salesforce;

/* Returns the meaning and remedy of a refusal, by its code and description, which may be empty. NULL if unknown. Static. */
const struct server_advice *server_advice(const struct server *server, const char *code, const char *description);

/* Returns the first advice for the cause. NULL if the server has none. Static. */
const struct server_advice *server_advice_for(const struct server *server, enum server_cause cause);

#endif
