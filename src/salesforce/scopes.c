/* SPDX-License-Identifier: Apache-2.0 */
/* The OAuth scopes of an app in the spelling of metadata (Metadata API Developer Guide, ExtlClntAppOauthSettings). */
#include "salesforce/appcheck-internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* In the spelling of metadata and of OAuth. Unknown scopes are accepted, because new releases add scopes. */
static const struct scope {
	const char *name, *oauth;
} scopes_known[] = {
	{ "Address", "address" },
	{ "Api", "api" },
	{ "Basic", "id" },
	{ "CDP", "cdp_api" },
	{ "CDPCalculatedInsight", "cdp_calculated_insight_api" },
	{ "CDPIdentityResolution", "cdp_identityresolution_api" },
	{ "CDPIngest", "cdp_ingest_api" },
	{ "CDPProfile", "cdp_profile_api" },
	{ "CDPQuery", "cdp_query_api" },
	{ "CDPSegment", "cdp_segment_api" },
	{ "Chatbot", "chatbot_api" },
	{ "Chatter", "chatter_api" },
	{ "Content", "content" },
	{ "CustomApplications", "custom_applications" },
	{ "CustomPermissions", "custom_permissions" },
	{ "DataCloudUserClaims", "data_cloud_user_claims" },
	{ "Eclair", "eclair_api" },
	{ "EinsteinGPT", "einstein_gpt_api" },
	{ "Email", "email" },
	{ "ForgotPassword", "forgot_password" },
	{ "Full", "full" },
	{ "Interaction", "interaction_api" },
	{ "Lightning", "lightning" },
	{ "MCP", "mcp_api" },
	{ "OfflineAccess", "offline_access" },
	{ "OpenID", "openid" },
	{ "Pardot", "pardot_api" },
	{ "Phone", "phone" },
	{ "Profile", "profile" },
	{ "PwdlessLogin", "pwdless_login_api" },
	{ "RefreshToken", "refresh_token" },
	{ "SCRT", "scrt_api" },
	{ "SFApiPlatform", "sfap_api" },
	{ "UserRegistration", "user_registration_api" },
	{ "Wave", "wave_api" },
	{ "Web", "web" },
};

/* Whether the text is the name, ignoring case, '_' and '-'. */
static bool is_like(const char *text, size_t length, const char *name)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '_' || text[i] == '-')
			continue;
		while (*name == '_')
			name++;
		if (tolower((unsigned char)text[i]) != tolower((unsigned char)*name))
			return false;
		name++;
	}
	return *name == '\0';
}

static const char *find(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(scopes_known) / sizeof(scopes_known[0]); i++) {
		if (is_like(text, length, scopes_known[i].name) || is_like(text, length, scopes_known[i].oauth))
			return scopes_known[i].name;
	}
	return NULL;
}

/* In metadata all scopes begin with a capital and have no '_'. */
static int check_one(struct appcheck *check, const char *path, const char *text, size_t length)
{
	const char *name = find(text, length);
	int shown = length < 64 ? (int)length : 64;

	if (name != NULL && strlen(name) == length && memcmp(name, text, length) == 0)
		return 0;
	if (name != NULL)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-scope", path,
				    "the scope %.*s is spelled %s in metadata", shown, text, name);
	if (memchr(text, ' ', length) != NULL)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-scope", path,
				    "the scopes \"%.*s\" have no comma between them", shown, text);
	if (!isupper((unsigned char)*text) || memchr(text, '_', length) != NULL)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-scope", path,
				    "the scope %.*s is in OAuth's spelling; metadata spells scopes like RefreshToken",
				    shown, text);
	return 0;
}

static bool is_one_of(const char *name, const char *one, const char *other)
{
	return name != NULL && (strcmp(name, one) == 0 || strcmp(name, other) == 0);
}

int appcheck_scopes(struct appcheck *check, const char *path, const char *scopes)
{
	bool refreshes = false, is_useful = false;

	while (*scopes != '\0') {
		size_t length = strcspn(scopes, ","), left = length;
		const char *text = scopes, *name;

		scopes += length + (scopes[length] == ',' ? 1 : 0);
		for (; left > 0 && isspace((unsigned char)*text); left--)
			text++;
		while (left > 0 && isspace((unsigned char)text[left - 1]))
			left--;
		if (left == 0)
			continue;
		if (check_one(check, path, text, left) < 0)
			return -1;
		name = find(text, left);
		/* To an org these two are the same. */
		refreshes = refreshes || is_one_of(name, "RefreshToken", "OfflineAccess");
		is_useful = is_useful || is_one_of(name, "Api", "Full");
	}
	if (!refreshes && appcheck_add(check, APPCHECK_UNFIT, "no-refresh-token", path,
				       "the scope RefreshToken is missing, and this flow requires it") < 0)
		return -1;
	if (!is_useful)
		return appcheck_add(check, APPCHECK_ADVICE, "no-api", path,
				    "neither Api nor Full is among the scopes: the REST APIs will refuse the bearer");
	return 0;
}
