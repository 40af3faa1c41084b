/* SPDX-License-Identifier: Apache-2.0 */
/* The servers of other vendors as data: who may get what, by which rules, and in which words they refuse. */
#ifndef ORG_VENDOR_H
#define ORG_VENDOR_H

#include <stdbool.h>
#include <stdio.h>

#include "refusals.h"

/* Where the assertion is. */
enum carrier {
	CARRIER_GRANT,  /* in a form: it is the grant (RFC 7523 section 2.1) */
	CARRIER_CLIENT, /* in a form: it authenticates the client (RFC 7523 section 2.2) */
	CARRIER_BEARER, /* in the header; the body is empty or a JSON object */
	CARRIER_JSON    /* in the member "jwt" of a JSON object */
};

enum place {
	PLACE_END, /* of a list of rules */
	PLACE_HEADER,
	PLACE_CLAIM,
	PLACE_FIELD, /* of the form or the JSON object */
	PLACE_LINE   /* of the request's header */
};

/* One rule about a value. `pattern` is a template, see filling.h, and an extended regular expression for all of it. */
struct rule {
	enum place place;
	const char *name;    /* "?NAME" may be absent; "A|B": one of both must be there */
	const char *pattern; /* of a text, or of other JSON; NULL: any */
	const char *refusal; /* slug; NULL: the first */
};

enum { RULES_MAX = 16, VENDOR_REFUSALS_MAX = 10 };

struct vendor {
	const char *name;
	const char *hosts; /* names or "*.NAME", separated by blanks; in the certificate too */
	const char *path;  /* of the token endpoint: a pattern, see fnmatch(3) */
	const char *userinfo; /* likewise; NULL: there is none */
	enum carrier carrier;
	bool is_api; /* not a token endpoint: any method is answered */
	const char *algorithms; /* separated by blanks */
	long ahead_max;         /* seconds from now to exp; 0: any */
	long span_max;          /* seconds from iat to exp; 0: any */
	bool jti_once, no_other_claims;
	const char *on_signature, *on_expired, *on_ahead, *on_issued, *on_replay; /* slugs; NULL: the first refusal */
	unsigned int status;    /* of the answer */
	const char *answer;     /* JSON; a template, see filling.h */
	struct rule rules[RULES_MAX];
	struct refusal refusals[VENDOR_REFUSALS_MAX]; /* the first is for what has no other */
};

/* A refusal in the vendor's own words. */
#define OWN(slug, status, body) { slug, status, NULL, body, IN_OWN }

extern const struct vendor vendors_grant[], vendors_client[], vendors_direct[]; /* each ends with a NULL name */

/* The vendor with this name, static, or NULL. */
const struct vendor *vendor_find(const char *name);

/* The vendor's refusal with this slug, which is unique among all vendors, or NULL. */
const struct refusal *vendor_refusal(const char *slug);

/* Whether the vendor has this host (or it is loopback, or NULL), and the path fits the pattern, which may be NULL. */
bool vendor_serves(const struct vendor *vendor, const char *host, const char *path, const char *pattern);

/* Prints name, hosts and path of each, separated by tabs. */
void vendors_print(FILE *to);

/* Prints every refusal: slug, status and answer, separated by tabs. */
void vendor_print_refusals(const struct vendor *vendor, FILE *to);

#endif
