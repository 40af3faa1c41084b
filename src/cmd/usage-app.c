/* SPDX-License-Identifier: Apache-2.0 */
/* The usages of the commands that p11bearer-app implements. p11bearer has them too, for help and for typos. */
#include "cmd/cmd.h"

static const struct settings_needed set_cert_needs[] = {
	{ .id = SETTING_CERTIFICATE, .instead = { SETTING_KEY } },
	{ .id = SETTING_NONE },
};

const struct settings_usage usage_app_set_cert = {
	.command = "app set-cert",
	.check = cmd_needs_org,
	.operands = "PATH",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Puts a certificate into an app's settings file.",
	.details = "Changes nothing else in the file. PATH is this file, another file of the app, or\n"
		   "a folder that contains the app. The certificate comes from --certificate; it\n"
		   "must match --key if both are given. With only --key, it comes from the token.",
	.example = "p11bearer app set-cert force-app --certificate cert.pem",
	.needed = set_cert_needs,
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_APP, SETTING_CERTIFICATE, SETTING_DRY_RUN },
};

const struct settings_usage usage_app_check = {
	.command = "app check",
	.check = cmd_needs_org,
	.operands = "PATH",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Checks an app's files and reports errors and warnings.",
	.details = "PATH is a folder or one of the app's files; the app's other files are checked\n"
		   "too. If --key is on the command line, the certificate must match it. If a client\n"
		   "id is set, the consumer key must be the same.",
	.example = "p11bearer app check force-app",
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_APP, SETTING_CLIENT_ID, SETTING_JSON },
};

static const struct settings_needed init_needs[] = {
	{ .id = SETTING_DIR },
	{ .id = SETTING_CERTIFICATE, .instead = { SETTING_KEY } },
	{ .id = SETTING_NONE },
};

const struct settings_usage usage_app_init = {
	.command = "app init",
	.check = cmd_needs_org,
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Writes the files of a new app for the JWT bearer flow.",
	.details = "The files are in source format, with a manifest. The certificate comes from\n"
		   "--certificate; it must match --key if both are given. With only --key, it comes\n"
		   "from the token.",
	.example = "p11bearer app init MyApp --dir force-app --certificate cert.pem",
	.needed = init_needs,
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_CERTIFICATE, SETTING_DIR, SETTING_LABEL, SETTING_CONTACT_EMAIL, SETTING_CALLBACK_URL,
		 SETTING_SCOPES, SETTING_PERMISSION_SET, SETTING_SESSION_MINUTES, SETTING_API_VERSION, SETTING_FORCE },
};

const struct settings_usage usage_deploy = {
	.command = "deploy",
	.check = cmd_needs_org,
	.operands = "PATH",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Deploys an app to the org and waits for the result.",
	.details = "Gets a bearer for this, and prints the org's result as JSON. PATH is one of an\n"
		   "app's files; a folder in source format, of which only the files of apps are\n"
		   "deployed; or a folder in metadata format, of which all files are deployed. With\n"
		   "--agent, nothing is required.",
	.example = "p11bearer deploy force-app --profile production",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_APP, SETTING_CHECK_ONLY, SETTING_WAIT, SETTING_API_VERSION, SETTING_ALLOW_NO_CERTIFICATE,
		 SETTING_ALLOW_UNFIT },
};

const struct settings_usage usage_rotate = {
	.command = "rotate",
	.check = cmd_needs_org,
	.operands = "PATH",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Replaces an app's key, without an outage.",
	.details = "Makes a new key and its certificate, deploys the app with it, waits until every\n"
		   "host of the org accepts the new key, and changes the profile. May be interrupted\n"
		   "at any time: the same command continues. PATH is as for deploy. Prints a report\n"
		   "as JSON. Does not destroy the old key.",
	.example = "p11bearer rotate force-app --profile production",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_HTTP | GROUP_AUDIT,
	.own = { SETTING_APP, SETTING_NEW_KEY, SETTING_ACCEPT_WITHIN, SETTING_SETTLE, SETTING_DRY_RUN, SETTING_ABORT,
		 SETTING_API_VERSION, SETTING_WAIT, SETTING_ALLOW_UNFIT, SETTING_SO_PIN_FROM },
};
