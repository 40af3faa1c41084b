/* SPDX-License-Identifier: Apache-2.0 */
/* The org's refusals in words that lead on. The org's own words are always printed before them. */
#include "salesforce/advice.h"

#include <stddef.h>
#include <string.h>

static const struct salesforce_advice table[] = {
	{ "invalid_grant", "hasn't approved this consumer",
	  "the user is not pre-authorised for the app, or host and audience are not this org's",
	  "set the app's policy to \"Admin approved users are pre-authorized\", give the user its permission set or "
	  "profile, and check --instance-url and --audience" },
	{ "invalid_app_access", NULL, "the app admits pre-authorised users only, and this user is none",
	  "give the user the permission set or profile that the app's policy names" },
	{ "app_not_found", NULL, "the host or the audience is not the org that has the app",
	  "use the org's My Domain URL (https://NAME.my.salesforce.com) for --instance-url, and no other --audience" },
	{ "invalid_grant", "audience is invalid", "the claim aud is not one that this host accepts",
	  "use the org's My Domain URL, https://login.salesforce.com or https://test.salesforce.com for --audience" },
	{ "invalid_grant", "invalid assertion",
	  "the assertion is malformed, its signature is bad, its jti was seen before, or the app has no certificate",
	  "check that the app's settings hold the key's certificate (deploying them without it clears it)" },
	{ "invalid_client", NULL, "the signature does not match the app's certificate",
	  "sign with the key of that certificate, or put this key's certificate into the app; --certificate FILE finds a "
	  "mismatch before anything is sent" },
	{ "invalid_client_id", NULL, "the consumer key is wrong, or the app is too new for this host to know it",
	  "check --client-id; an app's change takes 2 to 10 minutes to arrive everywhere" },
	{ "invalid_grant", "expired authorization code", "the assertion's exp is in the past for the org",
	  "set this machine's clock (NTP)" },
	{ "invalid_request", "refresh_token scope", "the app lacks a scope that this flow needs",
	  "add the RefreshToken scope to the app" },
	{ "unsupported_grant_type", NULL, "the form did not reach the org as it was sent, or the org does not offer the flow",
	  "check that --token-url is the org's token endpoint and that no proxy changes the request" },
	{ "invalid_grant", "inactive user", "the user is not active", "activate the user, or name another one" },
	{ "invalid_grant", "inactive org", "the org is not active", "check the org's state, or name another one" },
	{ "invalid_grant", "IP restricted", "the user may not log in from this address or at this hour",
	  "check the login IP ranges and login hours of the user's profile, and the app's IP relaxation" },
	{ "invalid_grant", "login hours", "the user may not log in from this address or at this hour",
	  "check the login IP ranges and login hours of the user's profile, and the app's IP relaxation" },
	{ "rate_limit_exceeded", NULL, "too many logins", "wait and try again, and use each bearer for as long as it lives" },
	{ "server_error", NULL, "the org has a problem of its own", "wait and try again" },
	{ "service_unavailable", NULL, "the org is not available", "wait and try again" },
	{ "system_down", NULL, "the org is down", "wait and try again" },
	{ "INVALID_SESSION_ID", NULL, "the bearer has expired, was revoked, or is another org's",
	  "get a new one; if that is refused too, the app or its policy does not let the user's sessions use this API" },
	{ "NOT_FOUND", NULL, "the org has no such resource", "check --api-version, and that the host is the org's own" },
	{ "INSUFFICIENT_ACCESS", NULL, "the user may not do this", "give the user the permission \"Modify Metadata Through Metadata "
	  "API Functions\"" },
	{ "API_DISABLED_FOR_ORG", NULL, "the org's edition, or the user's profile, has no API", "use a user with \"API Enabled\"" },
	{ "invalid_token", NULL, "the org does not know this access token, or it has ended already",
	  "check that --instance-url is the org that gave it; one that has expired needs no revoking" },
	{ "unsupported_token_type", NULL, "this is no access token of the org",
	  "check that --instance-url is the org that gave it, and that all of it was read" },
	{ "slow_down", NULL, "requests come too fast", "wait and try again" },
};

const struct salesforce_advice *salesforce_advice(const char *error, const char *description)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].error, error) == 0 &&
		    (table[i].description == NULL || strcasestr(description, table[i].description) != NULL))
			return &table[i];
	}
	return NULL;
}
