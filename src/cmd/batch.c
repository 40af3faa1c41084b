/* SPDX-License-Identifier: Apache-2.0 */
/* The option --batch of jwt and token. */
#include "cmd/cmd.h"

#include "batch/batch.h"
#include "base/descriptor.h"

enum { MODULE_WAIT = 30 }; /* seconds; default of batches */

int cmd_is_batch(const struct settings *settings, enum setting_id without, bool *batch, struct error *error)
{
	static const enum setting_id only[] = {
		SETTING_ANSWERED_OK, SETTING_DONE, SETTING_FAIL_FAST, SETTING_JSON, SETTING_ORDERED,
		SETTING_SESSIONS, SETTING_PARALLEL,
	};

	*batch = settings_flag(settings, SETTING_BATCH);
	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]) && !*batch; i++) {
		if (settings_is_option(settings, only[i]))
			return error_set(error, ERROR_USAGE, "--%s requires --batch", settings_name(only[i]));
	}
	if (*batch && settings_is_option(settings, without))
		return error_set(error, ERROR_USAGE, "--%s cannot be combined with --batch", settings_name(without));
	return 0;
}

static int check_together(const struct settings *settings, enum cmd_purpose purpose, struct error *error)
{
	if (settings_flag(settings, SETTING_ANSWERED_OK) && settings_flag(settings, SETTING_FAIL_FAST))
		return error_set(error, ERROR_USAGE, "--answered-ok cannot be combined with --fail-fast");
	if (purpose == CMD_ASSERTION && settings_text(settings, SETTING_DONE) != NULL &&
	    !settings_flag(settings, SETTING_JSON))
		return error_set(error, ERROR_USAGE, "--done requires --json: an assertion alone has no ref");
	return 0;
}

int cmd_batch(const struct settings *settings, enum cmd_purpose purpose, struct error *error)
{
	struct bearer_request request;
	struct batch_options options = {
		.bearers = purpose == CMD_BEARER,
		.json = settings_flag(settings, SETTING_JSON),
		.ordered = purpose == CMD_ASSERTION || settings_flag(settings, SETTING_ORDERED),
		/* The agent starts its workers so; it waits for each user itself. */
		.no_brake = descriptor_is_sealed(settings_text(settings, SETTING_CONFIG)),
		.fail_fast = settings_flag(settings, SETTING_FAIL_FAST),
		.answered_ok = settings_flag(settings, SETTING_ANSWERED_OK),
		.done = settings_text(settings, SETTING_DONE),
		.sessions = (size_t)settings_number(settings, SETTING_SESSIONS),
		.parallel = (size_t)settings_number(settings, SETTING_PARALLEL),
		.parse = cmd_parse_line,
	};
	int result = check_together(settings, purpose, error);

	if (result < 0)
		return result;
	result = cmd_bearer_request(settings, purpose, &request, error);
	if (settings_text(settings, SETTING_MODULE_WAIT) == NULL)
		request.key.module_wait = MODULE_WAIT;
	if (result == 0)
		result = batch_run(&request, &options, error);
	cmd_bearer_request_clear(&request);
	return result;
}
