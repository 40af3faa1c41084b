/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization servers as data: cmd chooses a row, fills in its fields and passes it on in its requests. */
#ifndef P11BEARER_SERVER_H
#define P11BEARER_SERVER_H

#include "base/alg.h"
#include "base/error.h"
#include "server/braces.h"

#include <stdbool.h>
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
	SERVER_TRANSIENT,  /* a retry may succeed, whatever the HTTP status */
};

struct server_advice {
	enum server_cause cause;
	const char *codes; /* error codes that name the cause, separated by blanks, or NULL */
	const char *words; /* phrases of the description that name it, see phrase_said, or NULL */
	const char *meaning;
	const char *remedy;
};

/* How an assertion gets a bearer; the choices of the setting "grant", in their order. */
enum server_grant {
	SERVER_JWT_BEARER,         /* it is the grant (RFC 7523 section 2.1) */
	SERVER_CLIENT_CREDENTIALS, /* it authenticates the client (RFC 7523 section 2.2) */
	SERVER_BEARER,             /* it is the bearer of the token request */
	SERVER_JSON,               /* it is a member of a JSON object */
	SERVER_NONE,               /* it is the bearer: nothing is exchanged */
};

/* Their names. */
extern const char *const server_grant_names[];

enum { SERVER_PAIRS = 10, SERVER_REQUIRED_MAX = 20, SERVER_REQUIRED_SIZE = 512 };

/* NAME = VALUE. The value is a template, as are the texts of struct server that say so: see braces.h. A list ends
 * with a NULL name, or is full. */
struct server_pair {
	const char *name, *value;
};

/* A row. Its members are the keys of a section [server NAME] too (define.c). 0 and NULL: not set. */
struct server {
	const char *name;  /* of the row: "entra" */
	const char *title; /* in a heading and in messages: "Entra ID" */
	const char *party; /* what messages call it within a sentence: "the org"; in a section, the title */

	/* Defaults of the settings with these names. Templates, except for numbers. */
	enum server_grant grant;
	const char *token_url;  /* may begin with {instance-url} */
	const char *client_id, *username; /* iss and sub; "none" leaves sub out */
	const char *audience;   /* "none" leaves aud out */
	const char *iat, *nbf;  /* as the settings: seconds from now, "no" or NULL */
	bool no_jti;
	long lifetime;          /* seconds; 0: lifetime_max */
	enum alg alg;           /* of an RSA key, ALG_AUTO for RS256; the curve decides for an EC key */
	struct server_pair claims[SERVER_PAIRS], headers[SERVER_PAIRS]; /* values are JSON or words, as of --claim */
	struct server_pair form[SERVER_PAIRS]; /* fields beside those of the grant; with SERVER_JSON and SERVER_BEARER,
						* members of the JSON object */
	struct server_pair set[SERVER_PAIRS];  /* values of fields */

	/* What the server accepts. */
	const char *required;   /* settings that must be set, separated by blanks: "client-id", "certificate",
				 * "set.tenant", "claim.scope", "header.kid", "form.scope". Fits in
				 * SERVER_REQUIRED_SIZE bytes, as at most SERVER_REQUIRED_MAX names */
	bool is_org;            /* it is a Salesforce org, which has apps; no key of a section */
	bool audience_is_url;   /* --audience must be a URL, and is brought into its normal form */
	unsigned algs;          /* accepted algorithms: bits 1 << enum alg; 0: unknown */
	long lifetime_max;      /* seconds: latest exp that the vendor documents; 0: unknown */
	long exp_max;           /* seconds: latest exp that the server accepts; 0: lifetime_max */
	size_t certificate_max; /* bytes of PEM that the server stores; 0: unknown */

	/* The request and its answer. */
	const char *header;     /* another line of the token request's header */
	const char *assertion_member; /* SERVER_JSON: the member that is the assertion */
	const char *answer_token;     /* path of a member, such as "auth.client_token"; NULL: access_token */
	const char *answer_lifetime;  /* likewise: seconds, or a time; NULL: expires_in */
	const char *error_names[2];   /* JSON members that carry an error's code and description, if it is not one of
				       * RFC 6749 section 5.2 */

	/* What the bearer is for. */
	const char *userinfo_url, *revoke_url; /* may begin with {site}; NULL: there is none */
	const char *hosts;      /* to which the bearer may be sent: names, or "*.example.com", separated by blanks.
				 * Template; NULL: unknown */
	const char *login;      /* user name that goes with the bearer where it is a password: in git's and docker's
				 * credentials; NULL: none */
	struct server_pair variables[SERVER_PAIRS]; /* of the server's own tools, for exec; fields: {bearer}, {site} */

	const struct server_advice *advice;
	size_t advice_count;
	struct server_advice own_advice[SERVER_PAIRS]; /* of a section: it counts first. Ends with one without codes */
};

#define SERVER_SALESFORCE_TOKEN_PATH "/services/oauth2/token"

extern const struct server server_salesforce;

/* The rows, in the order in which they are listed. */
extern const struct server *const server_rows[];
extern const size_t server_row_count;

/* Returns the row with this name, or NULL. */
const struct server *server_find(const char *name);

/* Returns the value of the pair with this name in a list of SERVER_PAIRS, or NULL. */
const char *server_pair_value(const struct server_pair *pairs, const char *name);

/* Returns the default lifetime of assertions for the server, in seconds. */
long server_lifetime(const struct server *server);

/* Whether the list of required settings has the name. */
bool server_requires(const struct server *server, const char *name);

/* Whether the `length` bytes at `name` name something that a row may require. */
bool server_may_require(const char *name, size_t length);

/* Fills in the fields of all templates of `row`, which remain templates: see braces_fill_some. Fails with
 * ERROR_CONFIG for a field without a value. The caller frees *server, which keeps pointing to texts of `row`. */
int server_fill(const struct server *row, braces_lookup *lookup, void *context, struct server **server,
		struct error *error);
void server_free(struct server **server); /* sets it to NULL; NULL is allowed */

/* One key of a section [server NAME], and where it is. */
struct server_entry {
	const char *key, *value, *origin;
};

/* Whether there is a computed field with this name, such as "@kid": fields_know. */
typedef bool server_computed(const char *name);

/* Makes the row that a section defines: `base` with the entries on top, each checked as the shipped rows are. Nothing
 * need be freed; texts point to `name`, `base` and the entries, which must outlive the row. Fails with ERROR_CONFIG,
 * and names the entry's origin. */
int server_define(const char *name, const struct server *base, const struct server_entry *entries, size_t count,
		  server_computed *known, struct server *server, struct error *error);

/* Returns the advice for a refusal with this code and description, which may be empty, or NULL if the row has none. */
const struct server_advice *server_advice(const struct server *server, const char *code, const char *description);

/* Returns the first advice for the cause, or NULL if the row has none. */
const struct server_advice *server_advice_for(const struct server *server, enum server_cause cause);

#endif
