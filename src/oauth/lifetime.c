/* SPDX-License-Identifier: Apache-2.0 */
/* A bearer's lifetime, in the forms in which servers state it. */
#include "oauth/judge.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIGITS_MAX = 10 };

static const double LIFETIME_MAX = 1e10; /* seconds: a larger number is not a lifetime */
static const double EPOCH_MIN = 1e9;     /* seconds: from here on it is a time since 1970, not a life of 30 years */

/* Whether each character of the text is as in `form`, where 0 stands for a digit. */
static bool has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++) {
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	}
	return true;
}

/* RFC 3339 section 5.6. Returns whether the text is a time. */
static bool read_time(const char *text, time_t *when)
{
	struct tm parts = { .tm_sec = 0 };
	const char *zone;
	long east = 0;

	if (!has_form(text, "0000-00-00") || strchr("Tt ", text[10]) == NULL || text[10] == '\0' ||
	    !has_form(text + 11, "00:00:00") || strptime(text, "%Y-%m-%d", &parts) == NULL ||
	    strptime(text + 11, "%H:%M:%S", &parts) == NULL)
		return false;
	zone = text + 19;
	if (*zone == '.') {
		size_t digits = strspn(zone + 1, "0123456789");

		if (digits == 0)
			return false;
		zone += 1 + digits;
	}
	if ((*zone == '+' || *zone == '-') && has_form(zone + 1, "00:00") && zone[6] == '\0')
		east = (*zone == '-' ? -60 : 60) * (60 * strtol(zone + 1, NULL, 10) + strtol(zone + 4, NULL, 10));
	else if ((*zone != 'Z' && *zone != 'z') || zone[1] != '\0')
		return false;
	*when = timegm(&parts) - east;
	return true;
}

static long in_range(double life)
{
	return life >= 1 && life <= LIFETIME_MAX ? (long)life : 0;
}

long lifetime_read(const cJSON *item, const struct http_clock *clock)
{
	const char *text = cJSON_GetStringValue(item);
	size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
	double now = (double)(clock->known ? clock->server : time(NULL)), life = 0;
	time_t when;

	if (cJSON_IsNumber(item))
		life = item->valuedouble;
	else if (digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0')
		life = strtod(text, NULL);
	else if (text != NULL && read_time(text, &when))
		return in_range((double)when - now);
	return in_range(life >= EPOCH_MIN ? life - now : life);
}
