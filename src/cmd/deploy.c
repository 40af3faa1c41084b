/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer deploy: deploys an app, or another package, to the org. */
#include "cmd/cmd-app.h"

#include "process/output.h"
#include "salesforce/manifest.h"
#include "salesforce/package.h"
#include "salesforce/release.h"

static int deploy(const struct settings *settings, const struct bearer_request *request,
		  const struct package *package, struct error *error)
{
	const struct deploy_request deploy = {
		.api_version = settings_text(settings, SETTING_API_VERSION),
		.check_only = settings_flag(settings, SETTING_CHECK_ONLY),
		.wait = settings_number(settings, SETTING_WAIT),
	};
	struct deployment deployment;
	struct secret *json;
	struct error why;
	/* It reports the end before the output, which may fail. */
	int result = release_run(request, package, &deploy, &deployment, &json, error);

	if (json != NULL && output_write(secret_data(json), secret_length(json), &why) < 0) {
		if (result == 0)
			*error = why;
		else
			error_append(error, "; the org's answer was lost: %s", why.text);
		result = error_result(error);
	}
	secret_free(&json);
	deployment_clear(&deployment);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	bool check_only = settings_flag(settings, SETTING_CHECK_ONLY);
	const struct release_rules rules = {
		.allow_no_certificate = check_only || settings_flag(settings, SETTING_ALLOW_NO_CERTIFICATE),
		.allow_unfit = settings_flag(settings, SETTING_ALLOW_UNFIT),
	};
	struct bearer_request request;
	struct package *package = NULL;
	int result = cmd_bearer_request(settings, CMD_BEARER, &request, error);

	if (result == 0)
		result = manifest_check_version(settings_text(settings, SETTING_API_VERSION), error);
	if (result == 0)
		result = package_make(settings_operand(settings, 0), settings_text(settings, SETTING_APP),
				      settings_text(settings, SETTING_API_VERSION), &package, error);
	if (result == 0)
		result = release_check(package, &rules, error);
	if (result == 0)
		result = deploy(settings, &request, package, error);
	package_free(&package);
	cmd_bearer_request_clear(&request);
	return result;
}

const struct command command_deploy = { &usage_deploy, run, NULL };
