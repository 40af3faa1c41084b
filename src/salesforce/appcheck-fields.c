/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the fields of an app's files for the JWT bearer flow. */
#include "salesforce/appcheck-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_empty(const struct apps_file *file, const char *field)
{
	const char *value = appfile_value(file->file, field);

	return value == NULL || *value == '\0';
}

/* Fields that do not belong in any of the files. */
static int check_foreign(struct appcheck *check, const struct apps_file *file)
{
	static const struct {
		const char *field, *code, *text;
	} warned[] = {
		{ "orgScopedExternalApp", "org-specific",
		  "names an app in one org: remove it before you deploy the file to another" },
		{ "oauthLink", "org-specific", "refers to one org: remove it before you deploy the file to another" },
		{ "consumerSecret", "secret", "is a secret, which this flow does not need: remove it" },
		{ "clientAssertionCertificate", "wrong-field",
		  "is not used by this flow: the certificate belongs in the global OAuth settings" },
	};

	for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
		if (appfile_count(file->file, warned[i].field) > 0 &&
		    appcheck_add(check, APPCHECK_ADVICE, warned[i].code, file->path, "%s %s", warned[i].field,
				 warned[i].text) < 0)
			return -1;
	}
	return 0;
}

/* The org refuses repeated fields. */
static int check_repeated(struct appcheck *check, const struct apps_file *file)
{
	static const char *const fields[] = {
		"callbackUrl", "commaSeparatedOauthScopes", "commaSeparatedPermissionSet", "commaSeparatedProfile",
		"consumerKey", "consumerSecret", "contactEmail", "description", "distributionState",
		"externalClientApplication", "ipRelaxationPolicyType", "isEnabled", "isOauthPluginEnabled", "label",
		"permittedUsersPolicyType", "refreshTokenPolicyType", "sessionTimeoutInMinutes",
		"shouldRotateConsumerKey", "shouldRotateConsumerSecret",
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (appfile_count(file->file, fields[i]) > 1 &&
		    appcheck_add(check, APPCHECK_UNFIT, "repeated-field", file->path, "%s occurs more than once",
				 fields[i]) < 0)
			return -1;
	}
	return 0;
}

/* Checks which app the file names. `file->app` is NULL if there are several apps and the file names none of them. */
static int check_owner(struct appcheck *check, const struct apps_file *file, const struct apps *apps)
{
	if (file->type == APPFILE_APP)
		return 0;
	if (file->names == NULL)
		return appcheck_add(check, APPCHECK_UNFIT, "missing-field", file->path,
				    "externalClientApplication is missing, but the org requires it");
	if (apps->is_folder && (file->app == NULL || strcmp(file->names, file->app) != 0))
		return appcheck_add(check, APPCHECK_UNFIT, "other-app", file->path,
				    "externalClientApplication is %.100s, but %s%.100s", file->names,
				    file->app != NULL ? "the app is " : "there is no such app",
				    file->app != NULL ? file->app : "");
	return 0;
}

/* Booleans are true, false, 1 and 0 (XML Schema part 2, section 3.2.2). Other cases, as in "True", are read but
 * reported, because the org may refuse them. `wrong` is the value that breaks the flow. */
static int check_boolean(struct appcheck *check, const struct apps_file *file, const char *field, bool wrong,
			 const char *code, const char *text)
{
	const char *value = appfile_value(file->file, field);
	bool is_true, is_false;

	if (value == NULL)
		return 0;
	is_true = strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
	is_false = strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0;
	if (!is_true && !is_false)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-boolean", file->path,
				    "%s is \"%.64s\", but must be true or false", field, value);
	if (strpbrk(value, "TRUEFALS") != NULL &&
	    appcheck_add(check, APPCHECK_DOUBT, "bad-boolean", file->path, "%s is %.64s: write it in lower case", field,
			 value) < 0)
		return -1;
	if (is_true != wrong)
		return 0;
	return appcheck_add(check, APPCHECK_UNFIT, code, file->path, "%s is %.64s: %s", field, value, text);
}

static int check_global(struct appcheck *check, const struct apps_file *file, const struct appcheck_given *given)
{
	const char *key;

	if (is_empty(file, "callbackUrl") &&
	    appcheck_add(check, APPCHECK_UNFIT, "missing-field", file->path,
			 "callbackUrl is missing, but the org requires it") < 0)
		return -1;
	if (check_boolean(check, file, "shouldRotateConsumerKey", true, "rotates-key",
			  "deploying the file changes the app's consumer key, which is the client id") < 0)
		return -1;
	key = appfile_value(file->file, "consumerKey");
	if (given->client_id == NULL || key == NULL || *key == '\0' || strcmp(key, given->client_id) == 0)
		return 0;
	return appcheck_add(check, APPCHECK_UNFIT, "other-client-id", file->path,
			    "consumerKey is %.128s, but the configured client id is %.128s", key, given->client_id);
}

static int check_oauth(struct appcheck *check, const struct apps_file *file)
{
	const char *scopes = appfile_text(file->file, "commaSeparatedOauthScopes");

	return appcheck_scopes(check, file->path, scopes != NULL ? scopes : "");
}

static int check_oauth_policies(struct appcheck *check, const struct apps_file *file)
{
	static const char wanted[] = "AdminApprovedPreAuthorized";
	const char *value = appfile_value(file->file, "permittedUsersPolicyType");

	if (value == NULL || strcmp(value, wanted) != 0)
		return appcheck_add(check, APPCHECK_UNFIT, "not-pre-authorized", file->path,
				    "permittedUsersPolicyType is %.128s and admits no user to this flow: set it to %s",
				    value != NULL && *value != '\0' ? value : "missing", wanted);
	if (is_empty(file, "commaSeparatedPermissionSet") && is_empty(file, "commaSeparatedProfile"))
		return appcheck_add(check, APPCHECK_DOUBT, "no-users", file->path,
				    "neither commaSeparatedPermissionSet nor commaSeparatedProfile is set: the app "
				    "admits no user until one is approved in the org");
	return 0;
}

static int check_policies(struct appcheck *check, const struct apps_file *file)
{
	if (check_boolean(check, file, "isEnabled", false, "app-disabled",
			  "the org issues no bearer for an app that is disabled") < 0)
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
