/* SPDX-License-Identifier: Apache-2.0 */
/* The refs that an earlier output has answered. */
#include "unit.h"

#include "batch/done.h"

#include <sys/mman.h>

#define BEARER(ref) "{\"line\":1,\"ref\":" ref ",\"jti\":\"j\",\"access_token\":\"t\"}\n"
#define ASSERTION(ref) "{\"line\":1,\"ref\":" ref ",\"assertion\":\"a.b.c\"}\n"
#define FAILURE(ref) "{\"line\":1,\"ref\":" ref ",\"error\":\"e\",\"hint\":null,\"status\":3}\n"

/* Opens a file in memory with this content, whose path has room for a descriptor's number. */
static int memory(const char *text, size_t length, char path[32])
{
	int fd = memfd_create("answers", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	snprintf(path, 32, "/dev/fd/%d", fd);
	assert_int_equal(fchmod(fd, 0600), 0);
	return fd;
}

static void open_text(struct done *done, const char *text, size_t length, bool bearers)
{
	struct error error = { 0 };
	char path[32];
	int fd = memory(text, length, path);

	assert_works(done_open(done, path, bearers, &error), &error);
	close(fd);
}

/* Expects that the output makes this the only ref that is done, or none if it is NULL. */
static void expect_only(const char *output, const char *ref, bool bearers, const char *file, int at)
{
	struct done done;

	open_text(&done, output, strlen(output), bearers);
	if (done.count != (ref != NULL ? 1 : 0) || (ref != NULL && !done_has(&done, ref))) {
		print_error("%zu refs are done by %s", done.count, output);
		_fail(file, at);
	}
	done_close(&done);
}
#define assert_only(output, ref) expect_only((output), (ref), true, __FILE__, __LINE__)
#define assert_nothing(output) expect_only((output), NULL, true, __FILE__, __LINE__)

static void an_answer_makes_its_ref_done(void **state)
{
	(void)state;
	assert_only(BEARER("7"), "7");
	assert_only(BEARER("\"seven\""), "\"seven\"");
	assert_only(BEARER("\"\""), "\"\"");
	assert_only(BEARER("123456789012345678901234567890"), "123456789012345678901234567890");
	assert_only(BEARER("-0"), "-0");
	assert_only(" { \"access_token\" : \"t\" , \"ref\" : 7 } \r\n", "7");
	assert_only("\xef\xbb\xbf" BEARER("7"), "7");
	assert_only("{\"access_token\":\"t\",\"ref\":7}", "7");
	expect_only(ASSERTION("7"), "7", false, __FILE__, __LINE__);
}

static void anything_else_makes_none_done(void **state)
{
	(void)state;
	assert_nothing("");
	assert_nothing("\n\n");
	assert_nothing(FAILURE("7"));
	assert_nothing(ASSERTION("7"));
	expect_only(BEARER("7"), NULL, false, __FILE__, __LINE__);
	assert_nothing("{\"line\":1,\"access_token\":\"t\"}\n");
	assert_nothing("{\"ref\":7,\"access_token\":\"\"}\n");
	assert_nothing("{\"ref\":7,\"access_token\":null}\n");
	assert_nothing("{\"ref\":7,\"access_token\":1}\n");
	assert_nothing("{\"ref\":7,\"error\":{\"access_token\":\"t\"}}\n");
	assert_nothing("{\"ref\":7,\"Access_Token\":\"t\"}\n");
	assert_nothing(BEARER("true") BEARER("null") BEARER("1.5") BEARER("1e3") BEARER("[1]") BEARER("{}") BEARER("007"));
	assert_nothing("\"access_token\"\n[" "{\"ref\":7,\"access_token\":\"t\"}]\n7\nnull\n");
	assert_nothing("{\"line\":1,\"ref\":7,\"access_token\":\"t\"");
	assert_nothing("{\"line\":1,\"ref\":7,\"acc" BEARER("8"));
	assert_nothing("{\"line\":1,\"ref\":7,\"access_token\":\"t" BEARER("8"));
	assert_nothing("\xff\xfe{\0\"");
}

static void a_nul_hides_nothing(void **state)
{
	static const char text[] = "{\"ref\":7,\"access_token\":\"t\"}\0 more\n" BEARER("8") "\0\0\0\0" BEARER("9");
	struct done done;

	(void)state;
	open_text(&done, text, sizeof(text) - 1, true);
	assert_int_equal(done.count, 1);
	assert_true(done_has(&done, "8"));
	done_close(&done);
}

static void strings_are_compared_unescaped(void **state)
{
	struct done done;
	static const char text[] = BEARER("\"\\u00e9\\/\\u202e\\ud83d\\ude00\"") BEARER("\"1\"") BEARER("12");

	(void)state;
	open_text(&done, text, sizeof(text) - 1, true);
	assert_int_equal(done.count, 3);
	assert_true(done_has(&done, "\"é/\xe2\x80\xae😀\""));
	assert_true(done_has(&done, "\"\\u0031\""));
	assert_true(done_has(&done, "12"));
	assert_false(done_has(&done, "1"));
	assert_false(done_has(&done, "\"12\""));
	assert_false(done_has(&done, "\"\""));
	assert_false(done_has(&done, "-12"));
	done_close(&done);
}

static void a_ref_counts_once(void **state)
{
	(void)state;
	assert_only(FAILURE("7") BEARER("7") FAILURE("7") BEARER("7"), "7");
	assert_only(BEARER("\"a\"") BEARER("\"\\u0061\""), "\"a\"");
}

/* A line longer than any answer is skipped, and the next one is read. One as long as an answer can be is taken. */
static void long_lines(void **state)
{
	enum { LONG = 5 << 20, ANSWER = 4 << 20 };
	static const char *const end = "\"}\n";
	char *text = malloc(LONG + ANSWER + 100);
	size_t length = 0;
	struct done done;

	(void)state;
	assert_non_null(text);
	length = (size_t)sprintf(text, "{\"ref\":1,\"access_token\":\"");
	memset(text + length, 'a', LONG);
	length += LONG;
	length += (size_t)sprintf(text + length, "%s{\"ref\":2,\"access_token\":\"", end);
	memset(text + length, 'a', ANSWER - 28);
	length += ANSWER - 28;
	length += (size_t)sprintf(text + length, "%s" BEARER("3"), end);
	open_text(&done, text, length, true);
	assert_int_equal(done.count, 2);
	assert_true(done_has(&done, "2"));
	assert_true(done_has(&done, "3"));
	assert_false(done_has(&done, "1"));
	done_close(&done);
	free(text);
}

static void many_refs(void **state)
{
	enum { COUNT_OF = 20000 };
	struct done done = { .member = "assertion" };
	char text[100];

	(void)state;
	for (int i = 0; i < COUNT_OF; i++) {
		sprintf(text, i % 2 == 0 ? ASSERTION("%d") : ASSERTION("\"%d\""), i);
		assert_int_equal(done_take(&done, text), 0);
	}
	assert_int_equal(done.count, COUNT_OF);
	for (int i = 0; i < COUNT_OF; i++) {
		sprintf(text, i % 2 == 0 ? "%d" : "\"%d\"", i);
		assert_true(done_has(&done, text));
		sprintf(text, i % 2 == 0 ? "\"%d\"" : "%d", i);
		assert_false(done_has(&done, text));
	}
	done_close(&done);
	assert_false(done_has(&done, "0"));
}

static void a_file_that_cannot_be_read(void **state)
{
	struct error error = { 0 };
	struct done done;

	(void)state;
	assert_fails(done_open(&done, "/nonexistent/out", true, &error), ERROR_CONFIG, &error);
	assert_lacks(error.hint, "first run");
	done_close(&done);
	assert_fails(done_open(&done, "/nonexistent", true, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "cannot open /nonexistent: No such file");
	assert_contains(error.hint, "first run");
	done_close(&done);
	assert_fails(done_open(&done, "/", true, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "cannot read /: Is a directory");
	done_close(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_makes_its_ref_done),
		cmocka_unit_test(anything_else_makes_none_done),
		cmocka_unit_test(a_nul_hides_nothing),
		cmocka_unit_test(strings_are_compared_unescaped),
		cmocka_unit_test(a_ref_counts_once),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(many_refs),
		cmocka_unit_test(a_file_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
