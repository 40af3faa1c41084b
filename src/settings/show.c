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
	bool secret = begin != NULL;

	/* All that follows pin-value= is hidden, because a PIN may contain an '&' that is not encoded. */
	if (value != NULL && !secret && settings_table[id].type == TYPE_PROXY)
		secret = find_account(value, &begin, &end);
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
