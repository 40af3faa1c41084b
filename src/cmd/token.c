/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer token: exchanges an assertion for a bearer and prints it. */
#include "cmd/cmd.h"

#include "base/json.h"
#include "process/output.h"

#include <string.h>

static int append_line(struct secret *text, const char *before, const char *token)
{
	if (secret_append(text, before, strlen(before)) < 0 || secret_append(text, token, strlen(token)) < 0)
		return -1;
	return secret_append(text, "\n", 1);
}

/* A line `export NAME='value'` for a POSIX shell; '\'' escapes a quote. */
static int append_export(struct secret *text, const char *name, const char *value)
{
	int result = secret_printf(text, "export %s='", name);

	for (; *value != '\0' && result == 0; value++)
		result = *value == '\'' ? secret_append(text, "'\\''", 4) : secret_append(text, value, 1);
	return result == 0 ? secret_append(text, "'\n", 2) : result;
}

static int format_env(struct secret *text, const struct bearer *bearer, const char *url)
{
	if (append_export(text, "ACCESS_TOKEN", secret_data(bearer_access_token(bearer))) < 0)
		return -1;
	return url != NULL ? append_export(text, "INSTANCE_URL", url) : 0;
}

/* A line for curl's configuration, whose quoted strings have the escapes \" and \\. */
static int format_curl(struct secret *text, const char *token)
{
	int result = secret_printf(text, "header = \"Authorization: Bearer ");

	for (; *token != '\0' && result == 0; token++) {
		if (*token == '"' || *token == '\\')
			result = secret_append(text, "\\", 1);
		if (result == 0)
			result = secret_append(text, token, 1);
	}
	return result == 0 ? secret_append(text, "\"\n", 2) : result;
}

static int format_bearer(struct secret *text, enum settings_format format, const struct bearer *bearer,
			 const char *site)
{
	const char *token = secret_data(bearer_access_token(bearer));

	switch (format) {
	case FORMAT_TOKEN:
		return append_line(text, "", token);
	case FORMAT_HEADER:
		return append_line(text, "Authorization: Bearer ", token);
	case FORMAT_ENV:
		return format_env(text, bearer, site);
	case FORMAT_CURL:
		return format_curl(text, token);
	case FORMAT_JSON:
		break;
	}
	return json_indent(text, secret_data(bearer_json(bearer)), NULL) == 0 ? secret_append(text, "\n", 1) : -1;
}

static int get(const struct settings *settings, struct error *error)
{
	struct secret *text = secret_new(4096);
	struct bearer_request request;
	enum settings_format format = (enum settings_format)settings_number(settings, SETTING_FORMAT);
	struct url site = { .text = NULL };
	struct bearer *bearer = NULL;
	int result = cmd_bearer_request(settings, CMD_BEARER, &request, error);

	if (result == 0)
		result = bearer_get(&request, &bearer, error);
	/* Scripts will send the bearer to this URL. */
	if (result == 0 && format == FORMAT_ENV && bearer_instance_url(bearer) != NULL)
		result = bearer_site(bearer, &request, &site, error);
	if (result == 0 && (text == NULL || format_bearer(text, format, bearer, site.text) < 0))
		result = error_memory(error);
	if (result == 0)
		result = output_write(secret_data(text), secret_length(text), error);
	bearer_free(&bearer);
	secret_free(&text);
	cmd_bearer_request_clear(&request);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	bool batch;

	if (cmd_is_batch(settings, SETTING_FORMAT, &batch, error) < 0)
		return error_result(error);
	return batch ? cmd_batch(settings, CMD_BEARER, error) : get(settings, error);
}

static const struct settings_usage usage = {
	.command = "token",
	.operands = "",
	.summary = "Exchanges an assertion for a bearer and prints it.",
	.details = "Sends the assertion to the org's token endpoint (RFC 7523). With --batch, only\n"
		   "the key is required; with --agent, nothing is.",
	.example = "p11bearer token -k 'pkcs11:token=prod;object=jwt-key' -i CONSUMER_KEY \\\n"
		   "    -u user@example.com -r https://example.my.salesforce.com",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_FORMAT, SETTING_BATCH, SETTING_SESSIONS, SETTING_PARALLEL, SETTING_ORDERED,
		 SETTING_FAIL_FAST },
};
const struct command command_token = { &usage, run, NULL };
