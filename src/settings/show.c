/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets in values: finds them, wipes them, and shows values without them. */
#include "settings/table.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <string.h>

static const char pin_attribute[] = "pin-value="; /* of a key's URI */

char *settings_find_pin(char *text)
{
	char *found = strcasestr(text, pin_attribute);

	return found != NULL ? found + strlen(pin_attribute) : NULL;
}

static bool is_secret(const char *name, size_t length)
{
	static const char *const names[] = { "client_secret", "password" };
	static const char suffix[] = "_token";
	size_t tail = strlen(suffix);

	/* A blank too many is refused, but the value is a secret nevertheless. */
	for (; length > 0 && name[0] == ' '; name++)
		length--;
	while (length > 0 && name[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == length && strncasecmp(name, names[i], length) == 0)
			return true;
	}
	return length >= tail && strncasecmp(name + length - tail, suffix, tail) == 0;
}

bool settings_is_secret(const char *name)
{
	return is_secret(name, strlen(name));
}

char *settings_find_secret(char *pair)
{
	size_t length = strcspn(pair, "=");

	return pair[length] == '=' && is_secret(pair, length) ? pair + length + 1 : NULL;
}

void settings_forget_pins(const struct settings *settings)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct values *values = &settings->values[id];
		char *pin = settings_table[id].type == TYPE_URI && values->count > 0 ?
			    settings_find_pin(values->list[0].text) : NULL;

		if (pin != NULL)
			OPENSSL_cleanse(pin, strlen(pin));
	}
}

/* The user and password of a proxy's URL, which may lack its scheme, and may be wrong: all up to the last '@'. Returns
 * false for a URL without one. */
static bool find_account(const char *text, const char **begin, const char **end)
{
	const char *scheme = strstr(text, "://");

	*end = strrchr(text, '@');
	*begin = scheme != NULL && scheme < *end ? scheme + strlen("://") : text;
	return *end != NULL;
}

bool settings_show(const struct settings *settings, enum setting_id id, size_t index, char *text, size_t size)
{
	const struct values *values = &settings->values[id];
	const char *value = index < values->count ? values->list[index].text : settings_table[id].fallback;
	const char *begin = value != NULL ? settings_find_pin((char *)value) : NULL, *end = "";
	bool secret = begin != NULL, field = settings_table[id].is_form && index < values->count;

	/* All that follows pin-value= is hidden, because a PIN may contain an '&' that is not encoded. */
	if (value != NULL && !secret && settings_table[id].type == TYPE_PROXY)
		secret = find_account(value, &begin, &end);
	if (field && settings_is_secret(values->list[index].name)) {
		secret = true;
		begin = value;
		end = "";
	}
	if (secret)
		snprintf(text, size, "%.*s***%s", (int)(begin - value), value, end);
	else
		snprintf(text, size, "%s", value != NULL ? value : "");
	text_line(text);
	return secret;
}

const char *settings_pair_origin(const struct settings *settings, enum setting_id id, size_t index)
{
	return settings->values[id].list[index].origin;
}
