/* SPDX-License-Identifier: Apache-2.0 */
/* One assertion (a compact JWS): its parts, and the org's judgement on it. */
#ifndef ORG_ASSERTION_H
#define ORG_ASSERTION_H

#include <cjson/cJSON.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "options.h"
#include "refusals.h"

struct assertion {
	const char *text;     /* as received; not owned */
	size_t signed_length; /* how much of the text the signature covers */
	cJSON *header;        /* owned; NULL if unreadable */
	cJSON *claims;        /* the same */
	unsigned char *signature;
	size_t signature_length;
};

struct verdict {
	const struct refusal *refusal; /* NULL if the assertion is valid */
	const char *reason;            /* in words; static */
};

struct judge {
	const struct options *options; /* what is registered */
	X509 *certificate;             /* on the app; NULL if it has none */
	const char *url;               /* the audience if no other is configured */
	time_t now;
	void *jtis; /* those already used, a tsearch(3) tree */
};

/*
 * Parses the text, which must outlive `assertion`. Always free that with assertion_clear. Returns NULL if the form is
 * valid, else the fault (static).
 */
const char *assertion_parse(const char *text, struct assertion *assertion);

/* Checks a well-formed assertion; the first failure is the verdict. */
struct verdict assertion_judge(const struct assertion *assertion, const struct judge *judge);

/* Remembers the jti of a valid assertion, if it has one, to refuse replays. */
void assertion_use_up(const struct assertion *assertion, void **jtis);

/* Whether the jti has been used up. */
bool jtis_have(void *const *jtis, const char *jti);

/* Frees what the assertion owns. */
void assertion_clear(struct assertion *assertion);

/* Frees the whole tree. */
void jtis_free(void **jtis);

#endif
