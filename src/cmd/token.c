/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer token: exchanges an assertion for a bearer and prints it. */
#include "cmd/cmd.h"

#include "cmd/format.h"
#include "cmd/helper.h"
#include "process/output.h"

#include <string.h>
#include <time.h>

static int print(const struct settings *settings, const struct bearer_request *request, const struct helper *helper,
		 struct secret *text, struct error *error)
{
	enum settings_format format = (enum settings_format)settings_number(settings, SETTING_FORMAT);
	const char *version = NULL;
	struct url site = { .text = NULL };
	struct bearer *bearer = NULL;
	long long began = time(NULL), expiry;
	int result = format == FORMAT_EXEC_CREDENTIAL ? format_version(&version, error) : 0;

	if (result == 0)
		result = bearer_get(request, &bearer, error);
	/* Scripts will send the bearer to this URL. */
	if (result == 0 && format == FORMAT_ENV && bearer_instance_url(bearer) != NULL)
		result = bearer_site(bearer, request, &site, error);
	if (result == 0) {
		expiry = format_expiry(bearer, began);
		if ((helper != NULL ? helper_answer(text, helper, request->server->login,
						    secret_data(bearer_access_token(bearer)), expiry) :
				      format_bearer(text, format, bearer, site.text, version, expiry)) < 0)
			result = error_memory(error);
	}
	if (result == 0)
		result = output_write(secret_data(text), secret_length(text), error);
	bearer_free(&bearer);
	return result;
}

/* What is said to docker if there is no credential, with exit status 1. */
static int have_none(const struct helper *helper, struct error *error)
{
	static const char text[] = "credentials not found in native keychain\n";
	int result = helper->format == FORMAT_DOCKER ? output_write(text, sizeof(text) - 1, error) : 0;

	return result < 0 ? result : helper->format == FORMAT_DOCKER ? 1 : 0;
}

static int get(const struct settings *settings, const struct helper *helper, struct error *error)
{
	struct secret *text = secret_new(4096);
	struct bearer_request request;
	bool concerns = true;
	int result = cmd_bearer_request(settings, CMD_BEARER, &request, error);

	if (result == 0 && text == NULL)
		result = error_memory(error);
	if (result == 0 && helper != NULL)
		result = helper_concerns(helper, request.server, &concerns, error);
	if (result == 0)
		result = concerns ? print(settings, &request, helper, text, error) : have_none(helper, error);
	secret_free(&text);
	cmd_bearer_request_clear(&request);
	return result;
}

/* The host has refused the bearer. If it is the agent's, the agent gets another one. */
static int erase(const struct settings *settings, const struct helper *helper, struct error *error)
{
	struct bearer_request request;
	bool concerns = false;
	int result;

	if (helper->password == NULL || !settings_use_agent(settings))
		return 0;
	result = cmd_bearer_request(settings, CMD_BEARER, &request, error);
	if (result == 0)
		result = helper_concerns(helper, request.server, &concerns, error);
	if (result == 0 && concerns)
		result = bearer_replace(&request, helper->password, error);
	cmd_bearer_request_clear(&request);
	return result;
}

/* A bearer is made when it is asked for, so there is nothing to store or list, nor to erase without an agent. */
static int help(const struct settings *settings, enum settings_format format, enum helper_action action,
		struct error *error)
{
	struct helper helper;
	int result;

	if (action == HELPER_LIST)
		return output_write("{}\n", 3, error);
	result = helper_read(format, &helper, error);
	if (result == 0 && action == HELPER_GET)
		result = get(settings, &helper, error);
	else if (result == 0 && action == HELPER_ERASE)
		result = erase(settings, &helper, error);
	secret_free(&helper.password);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	enum settings_format format = (enum settings_format)settings_number(settings, SETTING_FORMAT);
	enum helper_action action;
	bool batch;

	if (cmd_is_batch(settings, SETTING_FORMAT, &batch, error) < 0 ||
	    helper_action(settings, format, &action, error) < 0)
		return error_result(error);
	if (format == FORMAT_GIT || format == FORMAT_DOCKER)
		return help(settings, format, action, error);
	return batch ? cmd_batch(settings, CMD_BEARER, error) : get(settings, NULL, error);
}

static const struct settings_usage usage = {
	.command = "token",
	.operands = "[ACTION]",
	.operands_max = 1,
	.summary = "Exchanges an assertion for a bearer and prints it.",
	.details = "Sends the assertion to the server's token endpoint (RFC 7523). With --batch,\n"
		   "only the key is required; with --agent, nothing is.",
	.example = "p11bearer token -k 'pkcs11:token=prod;object=jwt-key' -i CONSUMER_KEY \\\n"
		   "    -u user@example.com -r https://example.my.salesforce.com",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_FORMAT, SETTING_BATCH, SETTING_SESSIONS, SETTING_PARALLEL, SETTING_ORDERED,
		 SETTING_FAIL_FAST, SETTING_ANSWERED_OK, SETTING_DONE },
};
const struct command command_token = { &usage, run, NULL };
