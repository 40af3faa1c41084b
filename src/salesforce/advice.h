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

/* Causes that the program acts on. */
enum salesforce_cause {
	SALESFORCE_OTHER,
	SALESFORCE_LOGIN_RATE, /* the user's logins of the last hour are used up: no try helps for minutes */
	SALESFORCE_EXPIRED,    /* the assertion is too old by the org's clock */
	SALESFORCE_TOO_NEW,    /* its exp is too far ahead by that clock, or it was issued in the future */
	SALESFORCE_ASSERTION,  /* something is wrong with the assertion or its signature, and the org does not say what */
	SALESFORCE_MUTUAL_TLS, /* the user must present a client certificate: another bearer does not help */
};

struct salesforce_advice {
	enum salesforce_cause cause;
	const char *codes; /* values of `error` or `errorCode` that name the cause, blanks between them; NULL: none does */
	const char *words; /* what `error_description` says, as phrase_said takes it; NULL: the code alone tells */
	const char *meaning;
	const char *remedy;
};

/* What a refusal means and what to do about it; NULL when it is not known. Strings may be empty. Static. */
const struct salesforce_advice *salesforce_advice(const char *error, const char *description);

#endif
