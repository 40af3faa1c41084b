/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/template.h"

#include "salesforce/appcheck-internal.h"
#include "salesforce/appfile.h"
#include "salesforce/manifest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 80 };

/* --- checks ------------------------------------------------------------------------------------------------------ */

/* Fails for scopes that "app check" would refuse. */
static int check_scopes(const char *scopes, struct error *error)
{
	struct appcheck check = { .count = 0 };
	int result = appcheck_scopes(&check, NULL, scopes) == 0 ? 0 : error_memory(error);

	for (size_t i = 0; result == 0 && i < check.count; i++) {
		if (check.findings[i].level >= APPCHECK_UNFIT)
			result = error_set(error, ERROR_USAGE, "cannot make an app with --scopes \"%.200s\": %s",
					   scopes, check.findings[i].text);
	}
	appcheck_clear(&check);
	return result;
}

int template_check(const struct template_app *app, struct error *error)
{
	size_t length = strlen(app->name);

	for (size_t i = 0; i < length; i++) {
		bool good = isalnum((unsigned char)app->name[i]) ||
			    (app->name[i] == '_' && i > 0 && app->name[i - 1] != '_');

		if (!good || (i == 0 && isdigit((unsigned char)app->name[i])))
			length = 0;
	}
	if (length == 0 || length > NAME_MAX_LENGTH || app->name[length - 1] == '_') {
		error_set(error, ERROR_USAGE, "\"%.200s\" cannot be the name of an app", app->name);
		error_hint(error, "use at most %d letters, digits and single underscores, with a letter first and no "
				  "underscore last; --label may be any text", (int)NAME_MAX_LENGTH);
		return -ERROR_USAGE;
	}
	if (check_scopes(app->scopes, error) < 0)
		return error_result(error);
	return manifest_check_version(app->api_version, error);
}

/* --- the files --------------------------------------------------------------------------------------------------- */

static void put_text(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

/* Writes nothing if the text is NULL. */
static void put_field(FILE *stream, const char *name, const char *text)
{
	if (text == NULL)
		return;
	fprintf(stream, "    <%s>", name);
	put_text(stream, text);
	fprintf(stream, "</%s>\n", name);
}

static void put_app(FILE *stream, const struct template_app *app)
{
	put_field(stream, "contactEmail", app->contact_email);
	put_field(stream, "distributionState", "Local");
	put_field(stream, "isProtected", "false");
	put_field(stream, "label", app->label);
}

static void put_global_oauth(FILE *stream, const struct template_app *app)
{
	size_t length = strlen(app->certificate);

	put_field(stream, "callbackUrl", app->callback_url);
	while (length > 0 && app->certificate[length - 1] == '\n')
		length--;
	fprintf(stream, "    <certificate>%.*s</certificate>\n", (int)length, app->certificate);
	put_field(stream, "externalClientApplication", app->name);
	put_field(stream, "isConsumerSecretOptional", "false");
	put_field(stream, "isIntrospectAllTokens", "false");
	put_field(stream, "isNamedUserJwtEnabled", "false");
	put_field(stream, "isPkceRequired", "true");
	put_field(stream, "isSecretRequiredForRefreshToken", "true");
	put_field(stream, "label", app->label);
	put_field(stream, "shouldRotateConsumerKey", "false");
	put_field(stream, "shouldRotateConsumerSecret", "false");
}

static void put_oauth(FILE *stream, const struct template_app *app)
{
	put_field(stream, "commaSeparatedOauthScopes", app->scopes);
	put_field(stream, "externalClientApplication", app->name);
	put_field(stream, "label", app->label);
}

static void put_oauth_policies(FILE *stream, const struct template_app *app)
{
	put_field(stream, "commaSeparatedPermissionSet", app->permission_set);
	put_field(stream, "externalClientApplication", app->name);
	put_field(stream, "ipRelaxationPolicyType", "Enforce");
	put_field(stream, "label", app->label);
	put_field(stream, "permittedUsersPolicyType", "AdminApprovedPreAuthorized");
	put_field(stream, "refreshTokenPolicyType", "Zero");
	put_field(stream, "sessionTimeoutInMinutes", app->session_minutes);
}

static void put_policies(FILE *stream, const struct template_app *app)
{
	put_field(stream, "externalClientApplication", app->name);
	put_field(stream, "isEnabled", "true");
	put_field(stream, "isOauthPluginEnabled", "true");
	put_field(stream, "label", app->label);
	put_field(stream, "startPage", "None");
}

typedef void put_function(FILE *stream, const struct template_app *app);

static int make_file(const struct template_app *app, const char *root, put_function *put, char **text,
		     struct error *error)
{
	size_t length;
	FILE *stream = open_memstream(text, &length);

	if (stream == NULL)
		return error_memory(error);
	fprintf(stream, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"" APPFILE_NAMESPACE "\">\n", root);
	put(stream, app);
	fprintf(stream, "</%s>\n", root);
	return fclose(stream) == 0 ? 0 : error_memory(error);
}

int template_make(const struct template_app *app, struct template_file files[TEMPLATE_FILES], struct error *error)
{
	static put_function *const puts[APPFILE_TYPES] = {
		[APPFILE_APP] = put_app,
		[APPFILE_GLOBAL_OAUTH] = put_global_oauth,
		[APPFILE_OAUTH] = put_oauth,
		[APPFILE_OAUTH_POLICIES] = put_oauth_policies,
		[APPFILE_POLICIES] = put_policies,
	};
	bool all[APPFILE_TYPES];

	memset(files, 0, TEMPLATE_FILES * sizeof(*files));
	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		const struct appfile_kind *kind = &appfile_kinds[i];

		all[i] = true;
		files[i].secret = i == APPFILE_GLOBAL_OAUTH;
		files[i].mode = files[i].secret ? 0600 : 0644;
		if (asprintf(&files[i].path, "%s/%s%s-meta.xml", kind->folder, app->name, kind->suffix) < 0) {
			files[i].path = NULL;
			return error_memory(error);
		}
		if (make_file(app, kind->root, puts[i], &files[i].text, error) < 0)
			return error_result(error);
	}
	files[APPFILE_TYPES].mode = 0644;
	files[APPFILE_TYPES].path = strdup("manifest/package.xml");
	files[APPFILE_TYPES].text = manifest_make(all, app->api_version);
	return files[APPFILE_TYPES].path != NULL && files[APPFILE_TYPES].text != NULL ? 0 : error_memory(error);
}

void template_free(struct template_file files[TEMPLATE_FILES])
{
	for (size_t i = 0; i < TEMPLATE_FILES; i++) {
		free(files[i].path);
		free(files[i].text);
	}
	memset(files, 0, TEMPLATE_FILES * sizeof(*files));
}
