/* SPDX-License-Identifier: Apache-2.0 */
/* The refusals of a Salesforce org, each with a stable slug. */
#ifndef ORG_REFUSALS_H
#define ORG_REFUSALS_H

#include <stdbool.h>
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

struct refusal {
	const char *slug;
	unsigned int status;
	const char *error;
	const char *description; /* NULL if the org gives none */
	bool api;                /* in the format of the API: [{"errorCode", "message"}] */
};

/* The row of an id; static. */
const struct refusal *refusal_get(enum refusal_id id);

/* The row of a slug, static, or NULL. */
const struct refusal *refusal_find(const char *slug);

/* Prints every row: slug, status, error, description, separated by tabs. */
void refusals_print(FILE *to);

#endif
