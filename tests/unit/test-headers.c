/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer's headers say of the server's clock. */
#include "unit.h"

#include "base/clock.h"
#include "oauth/http-headers.h"

#include <math.h>

/* Headers, a line each; %D is the time ten minutes ago as RFC 9110 wants it, %O as RFC 850 and %A as asctime() had it, %N is
 * now. */
struct row {
	const char *headers;
	bool known;
	double ahead; /* seconds, to within two */
};

static const struct row rows[] = {
	{ "HTTP/1.1 400 Bad Request\nDate: %D\n\n", true, 600 },
	{ "HTTP/2 400\ndate: %D\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nDATE:\t %D  \n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nDate: %O\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nDate: %A\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nDate: %N\n\n", true, 0 },
	/* Caches. */
	{ "HTTP/1.1 400 Bad Request\nDate: %D\nAge: 600\n\n", true, 0 },
	{ "HTTP/1.1 400 Bad Request\nAge: 600\nDate: %D\n\n", true, 0 },
	{ "HTTP/1.1 400 Bad Request\nAge: 0\nDate: %D\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nAge: 1 day\nDate: %D\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nAge: -600\nDate: %D\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nAge: 600, 600\nDate: %D\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: %D\nAge: 18446744073709551616\n\n", false, 0 },
	/* Another answer first, or another one's headers. */
	{ "HTTP/1.1 103 Early Hints\nDate: %N\n\nHTTP/1.1 400 Bad Request\nDate: %D\n\n", true, 600 },
	{ "HTTP/1.1 200 Connection established\nDate: %D\n\nHTTP/1.1 400 Bad Request\n\n", false, 0 },
	{ "HTTP/1.1 200 Connection established\nAge: 600\n\nHTTP/1.1 400 Bad Request\nDate: %D\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nX-Date: %D\nDated: %D\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nLast-Modified: %D\n\n", false, 0 },
	/* More than one. */
	{ "HTTP/1.1 400 Bad Request\nDate: %D\nDate: %D\n\n", true, 600 },
	{ "HTTP/1.1 400 Bad Request\nDate: %D\nDate: %N\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: %D\nDate: %N\nDate: %D\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: %D, %D\n\n", false, 0 },
	/* None. */
	{ "HTTP/1.1 400 Bad Request\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate:\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: 0\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: -1\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: 1790000000\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: 12:00:00\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: Monday\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: 20261125\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: Thu, 01 Jan 1970 00:00:00 GMT\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: Mon, 01 Jan 2007 00:00:00 GMT\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: Fri, 31 Dec 2027 25:61:00 GMT\n\n", false, 0 },
	{ "HTTP/1.1 400 Bad Request\nDate: %D+1\n\n", false, 0 },
};

static size_t print_time(char *text, size_t size, char form)
{
	time_t when = time(NULL) - (form == 'N' ? 0 : 600);
	struct tm parts;

	assert_non_null(gmtime_r(&when, &parts));
	if (form == 'O') {
		char before[32], after[32];

		strftime(before, sizeof(before), "%A, %d-%b-", &parts);
		strftime(after, sizeof(after), " %H:%M:%S GMT", &parts);
		return (size_t)snprintf(text, size, "%s%02d%s", before, parts.tm_year % 100, after);
	}
	if (form == 'A')
		return strftime(text, size, "%a %b %e %H:%M:%S %Y", &parts);
	return strftime(text, size, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

/* Replaces each %D and so on. */
static void fill(char *text, size_t size, const char *format)
{
	size_t used = 0;

	for (; *format != '\0' && used + 1 < size; format++) {
		if (*format == '%')
			used += print_time(text + used, size - used, *++format);
		else
			text[used++] = *format;
	}
	text[used] = '\0';
}

/* Hands the headers over line by line, as libcurl does. */
static void take(struct transfer *transfer, char *text)
{
	for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		char line[512];
		int length = snprintf(line, sizeof(line), "%.*s\r\n", (int)(end - text), text);

		assert_int_equal(headers_take(line, 1, (size_t)length, transfer), length);
	}
}

static void the_clock_is_read(void **state)
{
	struct guard guard = { .is_over = NULL };
	const struct http http = { .guard = &guard };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_response response = { .status = 0 };
		struct transfer transfer = { .response = &response, .http = &http, .begun_at = clock_ms() };
		char text[1024];

		fill(text, sizeof(text), rows[i].headers);
		take(&transfer, text);
		if (response.clock.known != rows[i].known)
			fail_msg("%s is%s known", text, response.clock.known ? "" : " not");
		if (rows[i].known && fabs(response.clock.ahead - rows[i].ahead) > 2)
			fail_msg("%s is %f s", text, response.clock.ahead);
	}
}

/* The Date may have been written when the request had just left, or when the answer was about to come. */
static void half_of_the_time_is_in_doubt(void **state)
{
	struct guard guard = { .is_over = NULL };
	const struct http http = { .guard = &guard };
	struct http_response response = { .status = 0 };
	struct transfer transfer = { .response = &response, .http = &http, .begun_at = clock_ms() - 400e3 };
	char text[256];

	(void)state;
	fill(text, sizeof(text), "HTTP/1.1 400 Bad Request\nDate: %D\n\n");
	take(&transfer, text);
	assert_true(response.clock.known);
	assert_true(fabs(response.clock.ahead - 400) < 2);
	assert_true(fabs(response.clock.margin - 200.5) < 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_is_read),
		cmocka_unit_test(half_of_the_time_is_in_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
