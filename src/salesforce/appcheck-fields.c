/* SPDX-License-Identifier: Apache-2.0 */
/* What the fields of an app's files must be for the JWT bearer flow. */
#include "salesforce/appcheck-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_MAX = 128 }; /* bytes of a value that is compared, or shown */

/* Takes the field's text without blanks around it, cut to fit. False when the field is missing. */
static bool take(const struct apps_file *file, const char *field, char value[VALUE_MAX])
{
	const char *text = appfile_text(file->file, field);
	size_t length;

	value[0] = '\0';
	if (text == NULL)
		return false;
	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		length--;
	snprintf(value, VALUE_MAX, "%.*s", (int)length, text);
	return true;
}

static bool is_empty(const struct apps_file *file, const char *field)
{
	char value[VALUE_MAX];

	return !take(file, field, value) || value[0] == '\0';
}

/* Fields that are out of place wherever they are. */
static int check_foreign(struct appcheck *check, const struct apps_file *file)
{
	static const struct {
		const char *field, *code, *text;
	} warned[] = {
		{ "orgScopedExternalApp", "org-specific", "names an app in one org: take it out before another org gets the file" },
		{ "oauthLink", "org-specific", "points into one org: take it out before another org gets the file" },
		{ "consumerSecret", "secret", "is a secret of one org, and this flow needs none: take it out" },
		{ "clientAssertionCertificate", "wrong-field",
		  "is not for this flow, whose certificate is the field certificate of the global OAuth settings" },
	};

	for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
		if (appfile_count(file->file, warned[i].field) > 0 &&
		    appcheck_add(check, APPCHECK_ADVICE, warned[i].code, file->path, "%s %s", warned[i].field, warned[i].text) < 0)
			return -1;
	}
	return 0;
}

/* The org refuses a field that is there twice; which one counts is anyone's guess. */
static int check_repeated(struct appcheck *check, const struct apps_file *file)
{
	static const char *const fields[] = { "callbackUrl", "commaSeparatedOauthScopes", "commaSeparatedPermissionSet",
		"commaSeparatedProfile", "consumerKey", "consumerSecret", "contactEmail", "description", "distributionState",
		"externalClientApplication", "ipRelaxationPolicyType", "isEnabled", "isOauthPluginEnabled", "label",
		"permittedUsersPolicyType", "refreshTokenPolicyType", "sessionTimeoutInMinutes", "shouldRotateConsumerKey",
		"shouldRotateConsumerSecret" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (appfile_count(file->file, fields[i]) > 1 &&
		    appcheck_add(check, APPCHECK_UNFIT, "repeated-field", file->path, "%s is there more than once", fields[i]) < 0)
			return -1;
	}
	return 0;
}

/* Which app the file belongs to. `file->app` may be NULL, when it names one of several and there is no such. */
static int check_owner(struct appcheck *check, const struct apps_file *file, const struct apps *apps)
{
	if (file->type == APPFILE_APP)
		return 0;
	if (file->names == NULL)
		return appcheck_add(check, APPCHECK_UNFIT, "missing-field", file->path,
				    "externalClientApplication is missing, and the org requires it");
	if (apps->is_folder && (file->app == NULL || strcmp(file->names, file->app) != 0))
		return appcheck_add(check, APPCHECK_UNFIT, "other-app", file->path,
				    "externalClientApplication is %.100s, and %s%.100s", file->names,
				    file->app != NULL ? "the app is " : "there is no such app",
				    file->app != NULL ? file->app : "");
	return 0;
}

/* Booleans are true, false, 1 and 0 (XML Schema part 2, section 3.2.2). In another case the org may refuse the value; what is
 * meant is plain. `wrong` is the value that breaks the flow. */
static int check_boolean(struct appcheck *check, const struct apps_file *file, const char *field, bool wrong, const char *code,
			 const char *text)
{
	char value[VALUE_MAX];
	bool is_true, is_false;

	if (!take(file, field, value))
		return 0;
	is_true = strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
	is_false = strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0;
	if (!is_true && !is_false)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-boolean", file->path, "%s is \"%.64s\", and must be true or false", field, value);
	if (strpbrk(value, "TRUEFALS") != NULL &&
	    appcheck_add(check, APPCHECK_DOUBT, "bad-boolean", file->path, "%s is %s: write it in lower case", field, value) < 0)
		return -1;
	return is_true == wrong ? appcheck_add(check, APPCHECK_UNFIT, code, file->path, "%s is %s: %s", field, value, text) : 0;
}

static int check_global(struct appcheck *check, const struct apps_file *file, const struct appcheck_given *given)
{
	char value[VALUE_MAX];

	if (is_empty(file, "callbackUrl") &&
	    appcheck_add(check, APPCHECK_UNFIT, "missing-field", file->path, "callbackUrl is missing, and the org requires it") < 0)
		return -1;
	if (check_boolean(check, file, "shouldRotateConsumerKey", true, "rotates-key",
			  "deploying the file changes the app's consumer key, which is the client id") < 0)
		return -1;
	if (given->client_id == NULL || !take(file, "consumerKey", value) || value[0] == '\0' ||
	    strcmp(value, given->client_id) == 0)
		return 0;
	return appcheck_add(check, APPCHECK_UNFIT, "other-client-id", file->path,
			    "consumerKey is %s, and the client id that is set is %.128s", value, given->client_id);
}

static int check_oauth(struct appcheck *check, const struct apps_file *file)
{
	const char *scopes = appfile_text(file->file, "commaSeparatedOauthScopes");

	return appcheck_scopes(check, file->path, scopes != NULL ? scopes : "");
}

static int check_oauth_policies(struct appcheck *check, const struct apps_file *file)
{
	static const char wanted[] = "AdminApprovedPreAuthorized";
	char value[VALUE_MAX];

	if (!take(file, "permittedUsersPolicyType", value) || strcmp(value, wanted) != 0)
		return appcheck_add(check, APPCHECK_UNFIT, "not-pre-authorized", file->path,
				    "permittedUsersPolicyType is %s, and admits no user to this flow: make it %s",
				    value[0] != '\0' ? value : "missing", wanted);
	if (is_empty(file, "commaSeparatedPermissionSet") && is_empty(file, "commaSeparatedProfile"))
		return appcheck_add(check, APPCHECK_DOUBT, "no-users", file->path,
				    "there is neither commaSeparatedPermissionSet nor commaSeparatedProfile: the app admits no user, "
				    "unless one is approved in the org");
	return 0;
}

static int check_policies(struct appcheck *check, const struct apps_file *file)
{
	if (check_boolean(check, file, "isEnabled", false, "app-disabled", "the org issues no bearer for an app that is disabled") < 0)
		return -1;
	return check_boolean(check, file, "isOauthPluginEnabled", false, "oauth-disabled",
			     "the org issues no bearer for an app without OAuth");
}

int appcheck_fields(struct appcheck *check, const struct apps_file *file, const struct apps *apps,
		    const struct appcheck_given *given)
{
	if (check_owner(check, file, apps) < 0 || check_foreign(check, file) < 0 || check_repeated(check, file) < 0 ||
	    appcheck_placeholders(check, file) < 0)
		return -1;
	switch (file->type) {
	case APPFILE_GLOBAL_OAUTH:
		return check_global(check, file, given);
	case APPFILE_OAUTH:
		return check_oauth(check, file);
	case APPFILE_OAUTH_POLICIES:
		return check_oauth_policies(check, file);
	case APPFILE_POLICIES:
		return check_policies(check, file);
	default:
		return 0;
	}
}
