/* SPDX-License-Identifier: Apache-2.0 */
/* The table of refusals. */
#include "refusals.h"

#include <string.h>

#include "vendor.h"

static const struct refusal refusals[REFUSAL_COUNT] = {
	[REFUSAL_NOT_APPROVED] = { "not-approved", 400, "invalid_grant", "user hasn't approved this consumer", IN_OAUTH },
	[REFUSAL_NOT_ADMIN_APPROVED] = { "not-admin-approved", 400, "invalid_app_access",
		"user is not admin approved to access this app", IN_OAUTH },
	[REFUSAL_APP_NOT_INSTALLED] = { "app-not-installed", 400, "app_not_found",
		"External client app is not installed in this org", IN_OAUTH },
	[REFUSAL_AUDIENCE] = { "audience", 400, "invalid_grant", "audience is invalid", IN_OAUTH },
	[REFUSAL_INVALID_ASSERTION] = { "invalid-assertion", 400, "invalid_grant", "invalid assertion", IN_OAUTH },
	[REFUSAL_INVALID_CLIENT] = { "invalid-client", 400, "invalid_client", "invalid client credentials", IN_OAUTH },
	[REFUSAL_INVALID_CLIENT_ID] = { "invalid-client-id", 400, "invalid_client_id", "client identifier invalid", IN_OAUTH },
	[REFUSAL_EXPIRED] = { "expired", 400, "invalid_grant", "expired authorization code", IN_OAUTH },
	[REFUSAL_REFRESH_TOKEN_SCOPE] = { "refresh-token-scope", 400, "invalid_request",
		"refresh_token scope is required and the connected app should be installed and preauthorized", IN_OAUTH },
	[REFUSAL_GRANT_TYPE] = { "grant-type", 400, "unsupported_grant_type", "grant type not supported", IN_OAUTH },
	[REFUSAL_INACTIVE_USER] = { "inactive-user", 400, "invalid_grant", "inactive user", IN_OAUTH },
	[REFUSAL_INACTIVE_ORG] = { "inactive-org", 400, "invalid_grant", "inactive org", IN_OAUTH },
	[REFUSAL_IP_RESTRICTED] = { "ip-restricted", 400, "invalid_grant", "IP restricted or invalid login hours", IN_OAUTH },
	[REFUSAL_RATE_LIMIT] = { "rate-limit", 400, "rate_limit_exceeded", NULL, IN_OAUTH },
	[REFUSAL_SERVER_ERROR] = { "server-error", 400, "server_error", NULL, IN_OAUTH },
	[REFUSAL_SERVICE_UNAVAILABLE] = { "service-unavailable", 400, "service_unavailable", NULL, IN_OAUTH },
	[REFUSAL_SYSTEM_DOWN] = { "system-down", 400, "system_down", NULL, IN_OAUTH },
	[REFUSAL_SLOW_DOWN] = { "slow-down", 400, "slow_down", NULL, IN_OAUTH },
	[REFUSAL_LOGIN_RATE] = { "login-rate", 400, "invalid_grant", "login rate exceeded", IN_OAUTH },
	[REFUSAL_AUDIENCE_VALIDATION] = { "audience-validation", 400, "invalid_grant", "Audience validation failed", IN_OAUTH },
	[REFUSAL_MUTUAL_AUTHENTICATION] = { "mutual-authentication", 401, "MUTUAL_AUTHENTICATION_FAILED",
		"This user must present a client certificate", IN_API },
};

const struct refusal *refusal_get(enum refusal_id id)
{
	return &refusals[id];
}

const struct refusal *refusal_find(const char *slug)
{
	for (size_t i = 0; i < REFUSAL_COUNT; i++) {
		if (strcmp(refusals[i].slug, slug) == 0)
			return &refusals[i];
	}
	return vendor_refusal(slug);
}

void refusals_print(FILE *to)
{
	for (size_t i = 0; i < REFUSAL_COUNT; i++) {
		const struct refusal *row = &refusals[i];
		const char *description = row->description != NULL ? row->description : "";

		fprintf(to, "%s\t%u\t%s\t%s\n", row->slug, row->status, row->error, description);
	}
}
