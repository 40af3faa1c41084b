/* SPDX-License-Identifier: Apache-2.0 */
/* What the org's refusals mean. The org's own words are always printed before the advice. */
#include "salesforce/advice.h"

#include "salesforce/phrase.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* With these, and with no code at all, the description names the cause, and may contradict the code's usual one. */
static const char vague_codes[] = "invalid_grant invalid_request invalid_client invalid_client_id invalid_scope "
				  "invalid_app_access unauthorized_client unsupported_grant_type rate_limit_exceeded";

#define IP_RESTRICTED "ip restrict*|restricted ip|ip address/range/ranges|ip is/was/not ... allowed/trusted|ip blocked|" \
	"login hours|restricted hours"
#define AUDIENCE_WRONG "audience/aud ... invalid/validation/mismatch*/wrong/unexpected/unknown/unsupported/incorrect|" \
	"audience/aud not|audience/aud is/was/does/claim not|audience/aud claim is/was/does not|" \
	"invalid/wrong/unexpected/unknown/unsupported/incorrect/bad/missing audience/aud|invalid ... audience/aud"

/* A cause whose words may stand beside those of a vaguer one comes first. */
static const struct salesforce_advice table[] = {
	{ SALESFORCE_LOGIN_RATE, NULL,
	  "login/logins rate ... exceed*/limit*/reach*|login/logins rate limit*|exceed* ... login/logins rate|"
	  "rate of logins ... exceed*|rate limit* ... logins|hourly login/logins limit|too many logins|loginrateexceeded",
	  "the user has logged in too often in the last hour (Salesforce allows 3,600 logins)",
	  "wait minutes, not seconds: each try is another login; use a bearer for as long as it lives" },
	{ SALESFORCE_OTHER, NULL, "refresh token ... scope|scope refresh token|scope ... refresh token",
	  "the app lacks a scope that this flow needs", "add the RefreshToken scope to the app" },
	{ SALESFORCE_OTHER, NULL, AUDIENCE_WRONG, "this host does not accept the claim aud",
	  "use the org's My Domain URL, https://login.salesforce.com or https://test.salesforce.com for --audience, "
	  "or the URL of the user's Experience Cloud site" },
	{ SALESFORCE_CLOCK, NULL,
	  "expired authorization/authorisation code|authorization/authorisation code expired|"
	  "authorization/authorisation code is/has expired|expired assertion/jwt|assertion/jwt expired|"
	  "assertion/jwt is/has/was/token expired|assertion/jwt has already/been expired|exp/expiration ... past",
	  "the assertion's exp is in the past by the org's clock", "set this machine's clock (NTP)" },
	{ SALESFORCE_OTHER, "invalid_app_access OAUTH_APP_ACCESS_DENIED", "admin approved",
	  "the app admits only pre-authorised users, and this user is not one of them",
	  "give the user the permission set or profile that the app's policy names" },
	{ SALESFORCE_OTHER, NULL,
	  "approv* ... consumer|consumer ... approv*|user ... approv* ... app/application/client|user hasnt approved|"
	  "user has not approved",
	  "the user is not pre-authorised for the app, is not a user of this org, or the host or the audience is not this "
	  "org's",
	  "set the app's policy to \"Admin approved users are pre-authorized\" and give the user its permission set or "
	  "profile; check --username (a sandbox adds its name to it: user@example.com.uat), --instance-url and --audience" },
	{ SALESFORCE_OTHER, "inactive_user",
	  "inactive user|user inactive/deactivated/frozen|user is/was inactive/deactivated/frozen|user not active|"
	  "user isnt active|user is not active|user has been deactivated/frozen",
	  "the user is not active", "activate the user, or name another with --username" },
	{ SALESFORCE_OTHER, "inactive_org",
	  "inactive org/organization/organisation|org/organization/organisation inactive|"
	  "org/organization/organisation is/was inactive|org/organization/organisation is not active",
	  "the org is not active", "check the org's state, or name another with --instance-url" },
	{ SALESFORCE_OTHER, NULL, IP_RESTRICTED, "the user may not log in from this address or at this hour",
	  "check the login IP ranges and login hours of the user's profile, and the app's IP relaxation" },
	{ SALESFORCE_OTHER, "invalid_client_id",
	  "invalid client/consumer identifier/id/key|client/consumer identifier/id/key invalid|"
	  "client/consumer identifier/id/key is/was invalid",
	  "the consumer key is wrong, or the app is too new for this host to know it",
	  "check --client-id; a change of an app takes 2 to 10 minutes to reach every host" },
	{ SALESFORCE_OTHER, "invalid_client invalid_client_credentials",
	  "invalid client credentials|client credentials invalid|client credentials are/were invalid",
	  "the signature does not match the app's certificate",
	  "sign with the key of that certificate, or put this key's certificate into the app, which takes 2 to 10 minutes to "
	  "reach every host; --certificate FILE finds a mismatch before anything is sent" },
	{ SALESFORCE_OTHER, "app_not_found OAUTH_EC_APP_NOT_FOUND",
	  "app/application not installed|app/application is not installed|app/application isnt installed",
	  "the host or the audience is not the org that has the app",
	  "use the org's My Domain URL (https://NAME.my.salesforce.com) for --instance-url, and no other --audience" },
	{ SALESFORCE_OTHER, "unsupported_grant_type",
	  "unsupported grant type|grant type not supported|grant type is not supported|grant type unsupported",
	  "the form did not reach the org as it was sent, or the org does not offer the flow",
	  "check that --token-url is the org's token endpoint and that no proxy changes the request" },
	{ SALESFORCE_MUTUAL_TLS, "MUTUAL_AUTHENTICATION_FAILED", "mutual authentication ... fail*/required",
	  "the user must present a TLS client certificate, and this program presents none",
	  "use a user without the permission \"Enforce SSL/TLS Mutual Authentication\"" },
	{ SALESFORCE_OTHER, NULL,
	  "invalid/malformed/bad assertion/jwt|assertion/jwt invalid/malformed|assertion/jwt is/was invalid/malformed|"
	  "assertion/jwt not valid|assertion/jwt is/was not valid|assertion/jwt isnt valid",
	  "the assertion is malformed, its signature is bad, its jti was seen before, or the app has no certificate",
	  "check that the app's settings hold the key's certificate (deploying them without it clears it)" },

	{ SALESFORCE_OTHER, "rate_limit_exceeded", NULL, "too many requests",
	  "wait and try again, and use each bearer for as long as it lives" },
	{ SALESFORCE_OTHER, "server_error", NULL, "the org has a problem of its own", "wait and try again" },
	{ SALESFORCE_OTHER, "service_unavailable", NULL, "the org is not available", "wait and try again" },
	{ SALESFORCE_OTHER, "system_down", NULL, "the org is down", "wait and try again" },
	{ SALESFORCE_OTHER, "slow_down", NULL, "requests come too fast", "wait and try again" },
	{ SALESFORCE_OTHER, "INVALID_SESSION_ID", NULL, "the bearer has expired, was revoked, or is another org's",
	  "get a new one; if that is refused too, the app or its policy does not let the user's sessions use this API" },
	{ SALESFORCE_OTHER, "NOT_FOUND", NULL, "the org has no such resource",
	  "check that --instance-url is the org's own URL, and for a deployment --api-version" },
	{ SALESFORCE_OTHER, "INSUFFICIENT_ACCESS", NULL, "the user may not do this",
	  "for a deployment, give the user the permission \"Modify Metadata Through Metadata API Functions\"" },
	{ SALESFORCE_OTHER, "API_DISABLED_FOR_ORG", NULL, "the org's edition has no API, or the user may not use it",
	  "give the user the permission \"API Enabled\"" },
	{ SALESFORCE_OTHER, "invalid_token", NULL, "the org does not know this access token, or it has ended already",
	  "check that --instance-url is the org that gave it; one that has expired needs no revoking" },
	{ SALESFORCE_OTHER, "unsupported_token_type", NULL, "this is not an access token of the org",
	  "check that --instance-url is the org that gave it, and that all of it was read" },
};
enum { ROWS = sizeof(table) / sizeof(table[0]) };

static bool lists(const char *codes, const char *code)
{
	size_t length = strlen(code), one;

	for (; *codes != '\0'; codes += one + (codes[one] == ' ' ? 1 : 0)) {
		one = strcspn(codes, " ");
		if (one == length && strncasecmp(codes, code, length) == 0)
			return true;
	}
	return false;
}

static const struct salesforce_advice *by_words(const char *text)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].words != NULL && phrase_said(table[i].words, text))
			return &table[i];
	}
	return NULL;
}

static const struct salesforce_advice *by_code(const char *code)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].codes != NULL && lists(table[i].codes, code))
			return &table[i];
	}
	return NULL;
}

const struct salesforce_advice *salesforce_advice(const char *error, const char *description)
{
	const struct salesforce_advice *advice = NULL;

	if (*error == '\0' || lists(vague_codes, error))
		advice = by_words(description);
	if (advice == NULL)
		advice = by_code(error);
	return advice != NULL ? advice : by_words(error); /* some senders put the words there */
}
