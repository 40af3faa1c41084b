/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer app init: writes the files of a new app. */
#include "cmd/cmd-app.h"

#include "base/message.h"
#include "salesforce/release.h"
#include "salesforce/template.h"
#include "x509/x509.h"

#include <openssl/x509.h>
#include <stdlib.h>

static void take_settings(const struct settings *settings, struct template_app *app)
{
	const char *label = settings_text(settings, SETTING_LABEL);

	*app = (struct template_app){
		.name = settings_operand(settings, 0),
		.contact_email = settings_text(settings, SETTING_CONTACT_EMAIL),
		.callback_url = settings_text(settings, SETTING_CALLBACK_URL),
		.scopes = settings_text(settings, SETTING_SCOPES),
		.permission_set = settings_text(settings, SETTING_PERMISSION_SET),
		.session_minutes = settings_text(settings, SETTING_SESSION_MINUTES),
		.api_version = settings_text(settings, SETTING_API_VERSION),
	};
	app->label = label != NULL ? label : app->name;
}

static void tell(const struct template_app *app, const struct template_file *files, const char *folder)
{
	for (size_t i = 0; i < TEMPLATE_FILES; i++)
		message_note("wrote %s/%s%s", folder, files[i].path,
			     files[i].secret ? "; keep it out of source control: orgs put secrets into it" : "");
	if (app->contact_email == NULL)
		message_warn("the app has no contactEmail, which orgs ask for; give --contact-email");
	if (app->permission_set == NULL)
		message_warn("the app admits only users whom an admin approved; give --permission-set, or approve a "
			     "profile in the org");
}

static int write_app(const struct settings *settings, struct template_app *app, X509 *certificate, const char *folder,
		     struct error *error)
{
	struct template_file files[TEMPLATE_FILES] = { { .path = NULL } };
	char *pem = NULL;
	size_t length;
	int result = x509_certificate_pem(certificate, &pem, &length, error);

	app->certificate = pem;
	if (result == 0)
		result = template_make(app, files, error);
	if (result == 0)
		result = template_write(files, folder, settings_flag(settings, SETTING_FORCE), error);
	if (result == 0)
		result = cmd_app_warn(certificate, length, error);
	if (result == 0) {
		tell(app, files, folder);
		release_certificate("certificate", certificate);
	}
	template_free(files);
	free(pem);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct template_app app;
	X509 *certificate = NULL;
	int result = settings_require(settings, usage_app_init.needed, error);

	take_settings(settings, &app);
	if (result == 0)
		result = template_check(&app, error);
	if (result == 0)
		result = cmd_app_certificate(settings, &certificate, error);
	if (result == 0)
		result = write_app(settings, &app, certificate, settings_text(settings, SETTING_DIR), error);
	X509_free(certificate);
	return result;
}

const struct command command_app_init = { &usage_app_init, run, NULL };
