/* SPDX-License-Identifier: Apache-2.0 */
/* Where a profile's PIN comes from. The agent never has it: the workers read it. */
#include "cmd/cmd-agent.h"

#include "process/prompt.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int refuse(const struct settings *settings, enum setting_id id, const char *what, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s, and the agent must not hold a PIN", what);
	error_hint(error, "use pin-from = file:PATH, credential:NAME or prompt");
	settings_blame(settings, id, error);
	return error_result(error);
}

/* The value of a URI's attribute in its query, decoded; NULL if there is none, or memory is out. The caller wipes and
 * frees it. */
static char *query_value(const char *uri, const char *name)
{
	size_t length = strlen(name);
	char *value, *to;

	for (uri += strcspn(uri, "?"); *uri != '\0'; uri += strcspn(uri, "&")) {
		uri++; /* '?' or '&' */
		if (strncasecmp(uri, name, length) == 0 && uri[length] == '=')
			break;
	}
	if (*uri == '\0')
		return NULL;
	uri += length + 1;
	value = to = strndup(uri, strcspn(uri, "&"));
	for (const char *from = value; from != NULL && *from != '\0'; from++, to++) {
		int high = from[0] == '%' ? OPENSSL_hexchar2int((unsigned char)from[1]) : -1;
		int low = high >= 0 ? OPENSSL_hexchar2int((unsigned char)from[2]) : -1;

		*to = *from;
		if (low >= 0) {
			*to = (char)(high * 16 + low);
			from += 2;
		}
	}
	if (to != NULL)
		*to = '\0';
	return value;
}

/* Any spelling of a PIN in the URI. */
static bool has_pin_value(const char *uri)
{
	return uri != NULL && strcasestr(uri, "pin-value") != NULL;
}

/* The kind of a source; SOURCE_NONE if the worker would not understand it, which it then says. */
static enum source_type kind_of(const char *text)
{
	struct source source;
	struct error ignored;

	return prompt_parse(&source, "PIN", text, &ignored) == 0 ? source.type : SOURCE_NONE;
}

/* Schemes are case-insensitive in a URI. */
static enum source_type kind_in_uri(char *text)
{
	for (char *c = text; *c != ':' && *c != '\0'; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	return kind_of(text);
}

int cmd_agent_pin(const struct settings *settings, bool *prompt, struct error *error)
{
	const char *key = settings_text(settings, SETTING_KEY), *from = settings_text(settings, SETTING_PIN_FROM);
	char *in_uri = query_value(key, "pin-source");
	enum source_type type = SOURCE_PROMPT;
	enum setting_id id = from != NULL ? SETTING_PIN_FROM : SETTING_KEY;

	if (from != NULL)
		type = kind_of(from);
	else if (in_uri != NULL)
		type = kind_in_uri(in_uri);
	if (in_uri != NULL)
		OPENSSL_cleanse(in_uri, strlen(in_uri));
	free(in_uri);
	*prompt = type == SOURCE_PROMPT;
	if (has_pin_value(key))
		return refuse(settings, SETTING_KEY, "the URI has a pin-value", error);
	if (has_pin_value(settings_text(settings, SETTING_NEXT_KEY)))
		return refuse(settings, SETTING_NEXT_KEY, "the URI has a pin-value", error);
	if (has_pin_value(settings_text(settings, SETTING_TLS_KEY)))
		return refuse(settings, SETTING_TLS_KEY, "the URI has a pin-value", error);
	if (type == SOURCE_VARIABLE)
		return refuse(settings, id, "the PIN is in an environment variable", error);
	if (type == SOURCE_DESCRIPTOR)
		return refuse(settings, id, "the PIN comes from a descriptor", error);
	if (from != NULL && type == SOURCE_NONE) {
		struct source ignored;

		(void)prompt_parse(&ignored, "PIN", from, error);
		settings_blame(settings, SETTING_PIN_FROM, error);
		return error_result(error);
	}
	return 0;
}
