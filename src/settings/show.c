/* SPDX-License-Identifier: Apache-2.0 */
/* Shows values without the secrets in them. */
#include "settings/table.h"

#include "base/text.h"

#include <string.h>

/* The user and password of a proxy's URL, which may lack its scheme, and may be wrong: all up to the last '@'. Returns
 * false if there is none. */
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
