/* SPDX-License-Identifier: Apache-2.0 */
/* One assertion (a compact JWS with RS256): its parts, and the org's judgement on it. */
#ifndef ORG_ASSERTION_H
#define ORG_ASSERTION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "app.h"
#include "options.h"
#include "refusals.h"

struct assertion {
	const char *text;     /* as it came; not owned */
	size_t signed_length; /* how much of the text the signature covers */
	cJSON *header;        /* owned; NULL when it could not be read */
	cJSON *claims;        /* the same */
	unsigned char *signature;
	size_t signature_length;
};

struct verdict {
	const struct refusal *refusal; /* NULL: the assertion is good */
	const char *reason;            /* in words; static */
};

struct judge {
	const struct options *options; /* what is registered */
	struct app *app;               /* with the certificate, or empty */
	struct certificate_file *certificate;
	const char *url;               /* the audience when no other was named */
	time_t now;
	void *jtis; /* the tree (tsearch(3)) of those that were used up */
};

/*
 * Takes the text apart; `assertion` is to be released with assertion_clear whatever the result, and the text must
 * outlive it. Returns NULL when its form is right, else what is wrong with it (static).
 */
const char *assertion_parse(const char *text, struct assertion *assertion);

/* Checks everything about a well formed assertion; the first failure is the verdict. */
struct verdict assertion_judge(const struct assertion *assertion, const struct judge *judge);

/* Remembers the jti of a good assertion, if it has one, so that it cannot come again. */
void assertion_use_up(const struct assertion *assertion, void **jtis);

/* Frees what the assertion owns. */
void assertion_clear(struct assertion *assertion);

/* Frees the whole tree. */
void jtis_free(void **jtis);

#endif
