/* SPDX-License-Identifier: Apache-2.0 */
/* Salesforce: its limits, and the advice for its errors. Messages quote the org's own words before the advice. */
#include "server/rows.h"

#define IP_RESTRICTED "ip restrict*|restricted/untrusted ip|" \
	"ip ... not/isnt/outside/restrict*/block*/denied/untrusted|outside/denied ... ip|" \
	"not ... allowed/trusted/permitted ip|login/outside/restricted hours|restricted domain/time"
#define TOO_MANY_LOGINS "login/logins rate ... exceed*/limit*/reach*/high|" \
	"loginrate ... exceed*|log in rate ... exceed*|exceed* ... login/logins rate|rate of logins ... exceed*|" \
	"rate limit* ... logins|hourly login/logins limit|too many logins|number of logins ... exceed*|" \
	"exceed* ... number of logins|logins per/in ... exceed*|loginrateexceeded"
#define NOT_APPROVED "approv* ... consumer|consumer ... approv*|user ... approv* ... app/application/client|" \
	"user hasnt/isnt approved|user has/is not approved|" \
	"user ... not/hasnt/isnt authorized/authorised/preauthorized/preauthorised ... app/application/consumer/client"
#define CLIENT_UNKNOWN "invalid/unknown/wrong client/consumer identifier/id/key|unknown client/consumer|" \
	"client/consumer not found|client/consumer identifier/id/key ... invalid/unknown/wrong/found"
#define ASSERTION_BAD "invalid/malformed/bad assertion/jwt|assertion/jwt invalid/malformed|" \
	"assertion/jwt is/was invalid/malformed|assertion/jwt not/isnt valid|assertion/jwt is/was not valid|" \
	"invalid/bad/wrong signature|signature invalid/mismatch|signature is/was/not invalid/wrong/valid|" \
	"signature is/was not valid|" \
	"signature verification/validation/check fail*|signature verification/validation has failed|" \
	"jti ... seen/used/reused/replay*|duplicate jti"

/* The first match counts, so a specific cause comes before a vaguer one that the same description may also name. */
static const struct server_advice advice[] = {
	{ SERVER_LOGIN_RATE, NULL, TOO_MANY_LOGINS,
	  "the user has logged in too often in the last hour (Salesforce allows 3,600 logins)",
	  "wait minutes, not seconds: each try is another login; use each bearer until it expires" },
	{ SERVER_OTHER, NULL, "refresh token ... scope|scope ... refresh token",
	  "the app lacks a scope that this flow needs", "add the RefreshToken scope to the app" },
	{ SERVER_OTHER, NULL, WORDS_AUDIENCE, "this host does not accept the claim aud",
	  "use the org's My Domain URL, https://login.salesforce.com or https://test.salesforce.com for --audience, "
	  "or the URL of the user's Experience Cloud site" },
	{ SERVER_TOO_NEW, NULL, WORDS_TOO_NEW,
	  "by the org's clock, the assertion's exp is too far ahead or it was issued in the future",
	  "set this machine's clock (NTP), give a shorter --lifetime, and check iat and nbf if you set them" },
	{ SERVER_EXPIRED, NULL, WORDS_EXPIRED,
	  "the assertion's exp is in the past by the org's clock", "set this machine's clock (NTP)" },
	{ SERVER_OTHER, "invalid_app_access OAUTH_APP_ACCESS_DENIED", "admin approved",
	  "the app admits only pre-authorised users, and this user is not one of them",
	  "give the user the permission set or profile that the app's policy names" },
	{ SERVER_OTHER, NULL, NOT_APPROVED,
	  "the user is not pre-authorised for the app, is not a user of this org, or the host or the audience is "
	  "not this org's",
	  "set the app's policy to \"Admin approved users are pre-authorized\" and give the user its permission set "
	  "or profile; check --username (a sandbox appends its name: user@example.com.uat), --instance-url and "
	  "--audience" },
	{ SERVER_OTHER, "inactive_org",
	  "inactive org/organization/organisation|org/organization/organisation inactive|"
	  "org/organization/organisation is/was inactive|org/organization/organisation is not active",
	  "the org is not active", "check the org's state, or give another org with --instance-url" },
	{ SERVER_OTHER, "inactive_user",
	  "inactive user|user/account inactive/deactivated/frozen/disabled|user/account not/isnt active|"
	  "user/account is/was/has/account inactive/deactivated/frozen/disabled|user/account is/was not active|"
	  "user/account has been deactivated/frozen/disabled|user account is/was inactive/deactivated/frozen/disabled",
	  "the user is not active", "activate the user, or give another user with --username" },
	{ SERVER_OTHER, "LOGIN_DURING_RESTRICTED_DOMAIN LOGIN_DURING_RESTRICTED_TIME", IP_RESTRICTED,
	  "the user may not log in from this address or at this hour",
	  "check the login IP ranges and login hours of the user's profile, and the app's IP relaxation" },
	{ SERVER_OTHER, "invalid_client_id", CLIENT_UNKNOWN,
	  "the consumer key is wrong, or the app is too new for this host to know it",
	  "check --client-id; a change to an app takes 2 to 10 minutes to reach every host" },
	{ SERVER_SIGNATURE, "invalid_client invalid_client_credentials",
	  "invalid client credentials|client credentials invalid|client credentials are/were invalid",
	  "the signature does not match the app's certificate",
	  "sign with that certificate's key, or put this key's certificate into the app and wait the 2 to 10 "
	  "minutes until every host knows it; give --certificate FILE to find a mismatch before anything is sent" },
	{ SERVER_OTHER, "app_not_found OAUTH_EC_APP_NOT_FOUND",
	  "app/application not installed|app/application is not installed|app/application isnt installed",
	  "the host or the audience belongs to an org that does not have the app",
	  "use the org's My Domain URL (https://NAME.my.salesforce.com) for --instance-url, and no other --audience" },
	{ SERVER_OTHER, "unsupported_grant_type",
	  "unsupported/invalid grant type|grant type not supported/allowed|grant type is not supported/allowed|"
	  "grant type unsupported/invalid",
	  "the form was changed on its way to the org, or the org does not support this flow",
	  "check that --token-url is the org's token endpoint and that no proxy changes the request" },
	{ SERVER_MUTUAL_TLS, "MUTUAL_AUTHENTICATION_FAILED",
	  "mutual authentication/tls/ssl ... fail*/required|client certificate ... required|"
	  "must present ... certificate",
	  "the user must present a TLS client certificate that the org knows",
	  "give one with --tls-certificate, and add port 8443 to the My Domain URL (--instance-url); if you did, "
	  "upload the certificate with its issuers to the org (Setup, Certificate and Key Management, "
	  "Mutual Authentication Certificates); or use a user without the permission \"Enforce SSL/TLS Mutual "
	  "Authentication\"" },
	{ SERVER_ASSERTION, NULL, ASSERTION_BAD,
	  "the assertion is malformed, its signature is bad, its jti was seen before, or the app has no "
	  "certificate or an expired one",
	  "check that the app's settings contain the key's certificate (deploying them without it removes it)" },

	{ SERVER_OTHER, "rate_limit_exceeded", NULL, "too many requests",
	  "wait and try again, and use each bearer until it expires" },
	{ SERVER_OTHER, "server_error", NULL, "the org reports an internal error", "wait and try again" },
	{ SERVER_OTHER, "service_unavailable", NULL, "the org is not available", "wait and try again" },
	{ SERVER_OTHER, "system_down", NULL, "the org is down", "wait and try again" },
	{ SERVER_OTHER, "slow_down", NULL, "this client sends requests too fast", "wait and try again" },
	{ SERVER_OTHER, "INVALID_SESSION_ID", NULL, "the bearer has expired, was revoked, or belongs to another org",
	  "get a new one; if that one fails too, the app or its policy does not let the user's sessions use this API" },
	{ SERVER_OTHER, "NOT_FOUND", NULL, "the org has no such resource",
	  "check that --instance-url is the org's own URL and, for a deployment, that the org has this --api-version" },
	{ SERVER_OTHER, "INSUFFICIENT_ACCESS", NULL, "the user may not do this",
	  "for a deployment, give the user the permission \"Modify Metadata Through Metadata API Functions\"" },
	{ SERVER_OTHER, "API_DISABLED_FOR_ORG", NULL, "the org's edition has no API, or the user may not use it",
	  "give the user the permission \"API Enabled\"" },
	{ SERVER_OTHER, "invalid_token", NULL, "the org does not know this access token, or it has already expired",
	  "check that --instance-url is the org that issued it; an expired token need not be revoked" },
	{ SERVER_OTHER, "unsupported_token_type", NULL, "this is not an access token of this org",
	  "check that --instance-url is the org that issued it, and that the token is complete" },
};

/* What an org and a site have in common. exp_max: the vendor's own examples send this. */
#define ROW .party = "the org", .token_url = "{instance-url}" SERVER_SALESFORCE_TOKEN_PATH, \
	.audience = "{instance-url}", .audience_is_url = true, .is_org = true, \
	.required = "client-id username instance-url", \
	.algs = ALG_BIT(ALG_RS256), .lifetime_max = 180, .exp_max = 300, .certificate_max = 4096, \
	.error_names = { "errorCode", "message" }, \
	.userinfo_url = "{site}/services/oauth2/userinfo", .revoke_url = "{site}/services/oauth2/revoke", \
	.variables = { { "SF_ACCESS_TOKEN", "{bearer}" }, { "SF_ORG_INSTANCE_URL", "{site}" } }, ADVICE(advice)

const struct server server_salesforce = {
	.name = "salesforce",
	.title = "Salesforce",
	ROW,
	.hosts = "*.salesforce.com",
};

/* An Experience Cloud site: its URL, with the prefix of its path, is token host and audience. */
const struct server server_salesforce_site = {
	.name = "salesforce-site",
	.title = "a Salesforce site",
	ROW,
};
