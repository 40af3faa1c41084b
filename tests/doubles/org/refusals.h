/* SPDX-License-Identifier: Apache-2.0 */
/* The refusals of a Salesforce org and of the vendors' servers, each with a stable slug. */
#ifndef ORG_REFUSALS_H
#define ORG_REFUSALS_H

#include <stdio.h>

enum refusal_id {
	REFUSAL_NOT_APPROVED,
	REFUSAL_NOT_ADMIN_APPROVED,
	REFUSAL_APP_NOT_INSTALLED,
	REFUSAL_AUDIENCE,
	REFUSAL_INVALID_ASSERTION,
	REFUSAL_INVALID_CLIENT,
	REFUSAL_INVALID_CLIENT_ID,
	REFUSAL_EXPIRED,
	REFUSAL_REFRESH_TOKEN_SCOPE,
	REFUSAL_GRANT_TYPE,
	REFUSAL_INACTIVE_USER,
	REFUSAL_INACTIVE_ORG,
	REFUSAL_IP_RESTRICTED,
	REFUSAL_RATE_LIMIT,
	REFUSAL_SERVER_ERROR,
	REFUSAL_SERVICE_UNAVAILABLE,
	REFUSAL_SYSTEM_DOWN,
	REFUSAL_SLOW_DOWN,
	REFUSAL_LOGIN_RATE,
	REFUSAL_AUDIENCE_VALIDATION,
	REFUSAL_MUTUAL_AUTHENTICATION,
	REFUSAL_COUNT
};

enum refusal_form {
	IN_OAUTH,
	IN_API, /* [{"errorCode", "message"}] */
	IN_OWN  /* a vendor's: `description` is the whole answer */
};

struct refusal {
	const char *slug;
	unsigned int status;
	const char *error;       /* IN_OWN: one more line of the header, NAME:VALUE, or NULL */
	const char *description; /* NULL if the org gives none */
	enum refusal_form form;
};

/* The row of an id; static. */
const struct refusal *refusal_get(enum refusal_id id);

/* The row of a slug, the org's or a vendor's, static, or NULL. */
const struct refusal *refusal_find(const char *slug);

/* Prints every row of the org: slug, status, error, description, separated by tabs. */
void refusals_print(FILE *to);

#endif
