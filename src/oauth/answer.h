/* SPDX-License-Identifier: Apache-2.0 */
/* The server's answer to one request, read and judged. */
#ifndef P11BEARER_OAUTH_ANSWER_H
#define P11BEARER_OAUTH_ANSWER_H

#include "base/secret.h"
#include "oauth/http.h"

/* How a server answers. Strings belong to the caller. */
struct oauth_shape {
	const char *party;    /* what messages call the server: "the org" */
	const char *token;    /* path of the bearer, such as "auth.client_token"; NULL: access_token */
	const char *lifetime; /* likewise: seconds, or a time, see judge.h; NULL: expires_in */
	const char *names[2]; /* members that carry an error's code and description, if the answer has no error or
			       * error_description (RFC 6749 section 5.2); NULL: none */
};

/* Which body a successful answer must have. */
enum oauth_wanted {
	OAUTH_ANY,    /* any; it is not read */
	OAUTH_JSON,   /* a JSON object or array */
	OAUTH_BEARER, /* a successful response of the token endpoint (RFC 6749 section 5.1) */
};

/* Everything known about one answer. All 0 before the first request; may be reused for the next one. */
struct oauth_answer {
	struct secret *json;         /* the body with every field: indented (OAUTH_JSON) or in one line */
	struct secret *access_token; /* this and the next two are set by OAUTH_BEARER, on success */
	char *instance_url;          /* NULL if the server sent none */
	char *id;                    /* URL of the user's identity; NULL if the server sent none */
	char code[256];              /* a refusal's code and description, as the server sent them */
	char description[3072];
	long status;                 /* HTTP status; 0: no answer */
	struct http_clock clock;
	long retry_after;            /* seconds the server asks the client to wait, or -1 */
	bool sent;                   /* the request may have reached the server */
	bool transient;              /* a retry of the failed request may succeed */
	bool stale;                  /* see http_response */
	bool plain;                  /* `code` is the first line of a plain text, not an error code */
	bool refused;                /* the server refuses the client's TLS certificate, or the lack of one */
};

/* Wipes the contents and keeps the memory for the next answer. */
void oauth_answer_wipe(struct oauth_answer *answer);

/* Wipes and frees the contents. */
void oauth_answer_clear(struct oauth_answer *answer);

#endif
