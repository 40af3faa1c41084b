/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of p11_key_open one by one, with what each step sees. None of them changes a token, and only
 * p11_inspect_login uses a PIN. They go in the order below, each after the one before it has succeeded. */
#ifndef P11BEARER_P11_INSPECT_H
#define P11BEARER_P11_INSPECT_H

#include "p11/p11.h"

/* A key without modules, token and session; the steps add them. NULL if memory is exhausted. p11_key_close frees it. */
struct p11_key *p11_inspect_begin(void);

struct p11_seen_module {
	char name[128], path[512];
	bool starts;
	char library[64]; /* its description and version; empty: it does not tell, or does not start */
};

/* Loads and starts the modules. *list describes those that p11-kit could load, and is freed with free(). Fails as
 * modules_open does. */
int p11_inspect_modules(struct p11_key *key, const struct p11_request *request, struct p11_seen_module **list,
			size_t *count, struct error *error);

/* Looks for tokens that the URI matches; *tokens is how many there are. *failures names the modules that could not be
 * used, and *advice, which may be empty, what to do; both belong to the key. Fails if memory is exhausted. */
int p11_inspect_slots(struct p11_key *key, size_t *tokens, const char **failures, const char **advice,
		      struct error *error);

struct p11_seen_token {
	char label[33], manufacturer[33], model[17], serial[17];
	char module[128]; /* its name */
	bool by_slot_id; /* the URI names its slot */
	bool login_required, write_protected, pin_pad;
	bool pin_set, pin_locked, pin_final_try, pin_count_low, pin_to_be_changed;
	long sessions, sessions_max; /* open ones; -1: unknown; max 0: no limit */
};

/* Chooses the token. Fails with ERROR_NO_KEY if the URI names none, several, or one that is not initialized. */
int p11_inspect_token(struct p11_key *key, struct p11_seen_token *token, struct error *error);

/* Fails with ERROR_NO_KEY if the token does not show that it signs in hardware, whatever the request requires. */
int p11_inspect_hardware(const struct p11_key *key, struct error *error);

/* Opens a session. */
int p11_inspect_session(struct p11_key *key, struct error *error);

/* Logs in once, by the rules of p11_key_open; *logged_in is false if the token needs no login. Fails with ERROR_NO_KEY
 * if it tried no login, because the key does not fit the request or there are several; with ERROR_PIN, ERROR_TOKEN or
 * ERROR_CONFIG. */
int p11_inspect_login(struct p11_key *key, bool *logged_in, struct error *error);

/* What a token shows of a key. A flag is 1, 0, or -1 if the token does not show it. */
struct p11_seen_key {
	enum { P11_SEEN_NOTHING, P11_SEEN_HALF, P11_SEEN_PRIVATE } what; /* nothing, or a half, before the login only */
	char *uri;         /* full; NULL if only the public half is visible */
	char type[24];     /* RSA, EC, or the CKK number; empty: unknown */
	char curve[64];    /* of an EC key, as in list.h; empty: unknown */
	unsigned bits;     /* 0: unknown */
	enum alg alg;      /* that it signs with; ALG_AUTO: unknown */
	int sensitive, extractable, local, always_authenticate;
	EVP_PKEY *public;  /* NULL: not shown */
	X509 *certificate; /* of this key, on the token; NULL: none */
	int attested;      /* by request.attester; -1: it has none, or the key is hidden */
	struct error unproven; /* if it is 0: why */
};

/* Looks at the key that the URI names: the request's, or another one on the same token. p11_seen_key_clear frees what
 * it holds, also after a failure. Fails with ERROR_NO_KEY if the token shows no such key, several, or one that
 * does not fit the request's algorithm; with ERROR_TOKEN. */
int p11_inspect_key(struct p11_key *key, const struct uri *uri, struct p11_seen_key *seen, struct error *error);

/* The same for a key that does TLS, whatever the request's algorithm is. */
int p11_inspect_tls_key(struct p11_key *key, const struct uri *uri, struct p11_seen_key *seen, struct error *error);
void p11_seen_key_clear(struct p11_seen_key *seen);

/* *name is the first mechanism that the token shows for the algorithm, which is not ALG_AUTO, or NULL if it shows none
 * but does not deny them. Static. Fails with ERROR_NO_KEY if the token lacks them. */
int p11_inspect_mechanism(const struct p11_key *key, enum alg alg, const char **name, struct error *error);

#endif
