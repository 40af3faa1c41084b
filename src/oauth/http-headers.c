/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the target of a redirect and the server's clock from the headers of an answer. */
#include "oauth/http-headers.h"

#include "base/clock.h"
#include "oauth/http-proxy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
	DATE_MIN = 1735689600, /* 2025-01-01: an earlier Date comes from a clock that is not set */
	AGE_MAX = 7 * 86400,   /* seconds: an older answer says nothing about a clock */
	AGE_UNUSABLE = -1,
};

/* Returns whether the line is the header `name`. If so, copies its value to `value`. */
static bool header_is(const char *line, size_t length, const char *name, char *value, size_t room)
{
	size_t name_length = strlen(name);

	if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
		return false;
	line += name_length + 1;
	length -= name_length + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && strchr("\r\n \t", line[length - 1]) != NULL)
		length--;
	snprintf(value, room, "%.*s", (int)length, line);
	return true;
}

/* RFC 9110 section 5.6.7. libcurl's parser accepts more than the three forms defined there, even a bare number. Returns
 * -1 if the text is not a date. */
static time_t read_date(const char *text)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"
	};
	struct tm parts;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *end = strptime(text, forms[i], &parts);

		if (end != NULL && *end == '\0')
			return curl_getdate(text, NULL);
	}
	return -1;
}

/* RFC 9111 section 5.1: the seconds that the answer spent in caches. */
static long read_age(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long age = digits > 0 && digits < 10 && text[digits] == '\0' ? strtol(text, NULL, 10) : AGE_UNUSABLE;

	return age <= AGE_MAX ? age : AGE_UNUSABLE;
}

/* The Date was set between the request and now: assume the middle. */
static void compare_clocks(struct transfer *transfer)
{
	struct http_clock *clock = &transfer->response->clock;
	double waited = (clock_ms() - guard_paused(transfer->http->guard) - transfer->begun_at) / 1e3;
	struct timespec now;

	*clock = (struct http_clock){ .known = false };
	if (transfer->date < DATE_MIN || transfer->age == AGE_UNUSABLE || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return;
	clock->known = true;
	clock->server = transfer->date + transfer->age;
	clock->margin = waited / 2 + 0.5; /* the Date has whole seconds */
	clock->ahead = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)clock->server - clock->margin;
}

static void forget(struct transfer *transfer)
{
	transfer->date = 0;
	transfer->age = 0;
	transfer->response->clock = (struct http_clock){ .known = false };
	transfer->response->location[0] = '\0';
}

size_t headers_take(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct http_response *response = transfer->response;
	size_t length = size * count;
	char value[512];

	transfer->http->guard->took = true;
	if (length > 5 && memcmp(data, "HTTP/", 5) == 0)
		forget(transfer);
	proxy_hear(transfer, data, length);
	if (header_is(data, length, "Date", value, sizeof(value))) {
		time_t date = read_date(value);

		/* Different dates come from different clocks. */
		transfer->date = transfer->date == 0 || transfer->date == date ? date : -1;
		compare_clocks(transfer);
	} else if (header_is(data, length, "Age", value, sizeof(value))) {
		transfer->age = read_age(value);
		compare_clocks(transfer);
	}
	header_is(data, length, "Location", response->location, sizeof(response->location));
	return length;
}
