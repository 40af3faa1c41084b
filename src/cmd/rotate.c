/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer rotate: replaces an app's key. */
#include "cmd/cmd-rotate.h"

#include "base/file.h"
#include "salesforce/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int configure(void *context, const struct rotate_record *record, enum rotate_keys keys, struct error *error)
{
	return cmd_rotate_configure(context, record, keys, error);
}

static int rehearse(void *context, const struct rotate_record *record, struct error *error)
{
	return cmd_rotate_rehearse(context, record, error);
}

static int reload(void *context, const struct secret *pin, struct error *error)
{
	return cmd_rotate_reload(context, pin, error);
}

/* A later run may start in another folder. */
static int make_absolute(const char *path, char **absolute, struct error *error)
{
	*absolute = path != NULL ? file_absolute(path) : NULL;
	if (path == NULL || *absolute != NULL)
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "cannot find the folder of %s: %s", path, strerror(errno));
}

static int check_times(const struct settings *settings, struct error *error)
{
	if (settings_number(settings, SETTING_SETTLE) < settings_number(settings, SETTING_ACCEPT_WITHIN))
		return 0;
	return error_set(error, ERROR_USAGE, "--settle is %ld s, which must be less than the %ld s of --accept-within",
			 settings_number(settings, SETTING_SETTLE), settings_number(settings, SETTING_ACCEPT_WITHIN));
}

static int rotate(const struct settings *settings, const struct bearer_request *request, const char *config,
		  const char *certificate, struct error *error)
{
	const char *key = settings_text(settings, SETTING_KEY);
	/* The query may have a PIN. */
	char *shown = strndup(key, strcspn(key, "?"));
	const struct rotate rotate = {
		.request = request,
		.path = settings_operand(settings, 0), .app = settings_text(settings, SETTING_APP),
		.profile = settings_text(settings, SETTING_PROFILE), .config = config,
		.key = shown, .certificate = certificate, .new_key = settings_text(settings, SETTING_NEW_KEY),
		.next_key = settings_text(settings, SETTING_NEXT_KEY),
		.tls_certificate = settings_text(settings, SETTING_TLS_CERTIFICATE),
		.tls_key = settings_text(settings, SETTING_TLS_KEY),
		.api_version = settings_text(settings, SETTING_API_VERSION),
		.wait = settings_number(settings, SETTING_WAIT),
		.accept_within = settings_number(settings, SETTING_ACCEPT_WITHIN),
		.settle = settings_number(settings, SETTING_SETTLE),
		.allow_unfit = settings_flag(settings, SETTING_ALLOW_UNFIT),
		.dry_run = settings_flag(settings, SETTING_DRY_RUN), .abort = settings_flag(settings, SETTING_ABORT),
		.configure = configure, .rehearse = rehearse, .reload = reload, .context = (void *)settings,
	};
	int result = shown != NULL ? rotate_run(&rotate, error) : error_memory(error);

	free(shown);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct bearer_request request = { .server = NULL };
	char *config = NULL, *certificate = NULL;
	int result = settings_require(settings, cmd_needs_bearer, error);

	if (result == 0)
		result = check_times(settings, error);
	if (result == 0)
		result = cmd_rotate_place(settings, &config, error);
	if (result == 0)
		result = make_absolute(settings_text(settings, SETTING_CERTIFICATE), &certificate, error);
	if (result == 0)
		result = cmd_bearer_request(settings, CMD_BEARER, &request, error);
	if (result == 0)
		result = manifest_check_version(settings_text(settings, SETTING_API_VERSION), error);
	/* Whoever may not reload the agent learns it before anything has changed. */
	if (result == 0 && geteuid() != 0 && !settings_flag(settings, SETTING_DRY_RUN))
		result = cmd_rotate_reload(settings, NULL, error);
	/* Each step chooses its keys itself. */
	p11_uri_free(&request.next_key);
	request.next_certificate = NULL;
	if (result == 0)
		result = rotate(settings, &request, config, certificate, error);
	cmd_bearer_request_clear(&request);
	free(certificate);
	free(config);
	return result;
}

const struct command command_rotate = { &usage_rotate, run, NULL };
