/* SPDX-License-Identifier: Apache-2.0 */
/* A listing of tokens and their private keys. */
#ifndef P11BEARER_P11_LIST_H
#define P11BEARER_P11_LIST_H

#include "p11/p11.h"

/* A flag is 1, 0, or -1 if the token does not show it. */
struct p11_key_info {
	char *uri;     /* full */
	char label[256];
	char type[24]; /* RSA, EC, …, or the CKK number */
	char curve[64]; /* of an EC key: P-256, another name, or the object identifier; empty: unknown */
	unsigned bits; /* 0: unknown */
	int local, sensitive, never_extractable, always_authenticate, sign;
};

struct p11_token_info {
	char *uri;
	char label[33], manufacturer[33], model[17], serial[17];
	char *module; /* its name */
	bool initialized, login_required, logged_in;
	struct p11_key_info *keys;
	size_t key_count;
};

struct p11_listing {
	struct p11_token_info *tokens;
	size_t token_count;
	char **modules; /* names of all modules that were loaded */
	size_t module_count;
	char hint[1024]; /* what to do next if no token was found */
};

/* What else to list; bits. */
enum p11_list {
	P11_LIST_ALL = 1,    /* tokens that are not initialized, or that have no private key and would show none after a
			      * login */
	P11_LIST_HALVES = 2, /* keys of which the token shows only the public half, as if it were the private one */
};

/* Lists the tokens and private keys that the URI matches, and `more` of them. Logs in only if request->pin_from is set,
 * and to one token at most. Free the listing with p11_listing_free, also after a failure. Fails with ERROR_NO_KEY,
 * ERROR_PIN, ERROR_TOKEN or ERROR_CONFIG. */
int p11_list(const struct p11_request *request, unsigned more, struct p11_listing *listing, struct error *error);
void p11_listing_free(struct p11_listing *listing);

#endif
