/* SPDX-License-Identifier: Apache-2.0 */
/* What only Salesforce needs around the token endpoint. */
#ifndef P11BEARER_SALESFORCE_ADVICE_H
#define P11BEARER_SALESFORCE_ADVICE_H

/* Path of the token endpoint below the org's URL. */
#define SALESFORCE_TOKEN_PATH "/services/oauth2/token"

/* What a bearer is sent to: who its user is. */
#define SALESFORCE_USERINFO_PATH "/services/oauth2/userinfo"

/* What ends a bearer. */
#define SALESFORCE_REVOKE_PATH "/services/oauth2/revoke"

struct salesforce_advice {
	const char *error;       /* the org's `error` or `errorCode` */
	const char *description; /* what stands in its `error_description`, any case; NULL: whatever stands there */
	const char *meaning;
	const char *remedy;
};

/* What a refusal means and what to do about it; NULL for one that is not known. Static. */
const struct salesforce_advice *salesforce_advice(const char *error, const char *description);

#endif
