/* SPDX-License-Identifier: Apache-2.0 */
/* Advice for users who give the URL of a Salesforce page instead of the org's. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "salesforce/org-url.h"

#include <stdio.h>
#include <string.h>

enum {
	ADVICE_SIZE = 1024,
	WARNED_MAX = 8, /* warnings about URLs in the lines of a batch */
};

void cmd_warn_urls(const struct settings *settings, const struct server *server, enum cmd_purpose purpose)
{
	static const enum setting_id ids[] = { SETTING_INSTANCE_URL, SETTING_AUDIENCE, SETTING_TOKEN_URL };
	char advice[ADVICE_SIZE];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && server->is_org; i++) {
		const struct url url = settings_url(settings, ids[i]);
		bool token = ids[i] == SETTING_TOKEN_URL;

		if (url.text != NULL && (!token || purpose == CMD_BEARER) &&
		    salesforce_url_advice(&url, token, advice, sizeof(advice)))
			message_warn("%s: %s", settings_origin(settings, ids[i]), advice);
	}
}

void cmd_advise_url(const struct url *url, struct error *error)
{
	char advice[ADVICE_SIZE];

	if (url != NULL && error->hint[0] == '\0' && salesforce_url_advice(url, false, advice, sizeof(advice)))
		error_hint(error, "%s", advice);
}

/* The same mistake is probably on every line: reports each once, and only the first few. */
static void warn_once(const char *name, const char *advice)
{
	static char warned[WARNED_MAX][ADVICE_SIZE];
	static size_t count;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(warned[i], advice) == 0)
			return;
	}
	if (count == WARNED_MAX)
		return;
	snprintf(warned[count++], ADVICE_SIZE, "%s", advice);
	message_warn("\"%s\" in a line: %s", name, advice);
}

int cmd_parse_line(const char *name, const char *text, long *number, struct url *url, struct error *error)
{
	char advice[ADVICE_SIZE];
	enum setting_id id = settings_find(name);
	int result = url != NULL ? settings_parse_url(id, text, url, error) :
				   settings_parse(id, text, number, NULL, error);

	if (result < 0)
		cmd_advise_url(url, error);
	else if (url != NULL && salesforce_url_advice(url, false, advice, sizeof(advice)))
		warn_once(name, advice);
	return result;
}
