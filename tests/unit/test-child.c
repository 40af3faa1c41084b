/* SPDX-License-Identifier: Apache-2.0 */
/* What a command that is run gets to see: its environment and its descriptors; where secrets are read from; signals that are put off. */
#include "unit.h"

#include "base/clock.h"
#include "base/source.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/environment.h"
#include "process/interrupt.h"

#include <signal.h>
#include <sys/wait.h>

static struct error error;

static char *const from[] = { "A=1", "AB=2", "A=3", "noequals", "EMPTY=", NULL };

static void an_environment_begins_as_it_was(void **state)
{
	struct environment *environment;

	(void)state;
	assert_works(environment_new(&environment, from, &error), &error);
	for (size_t i = 0; i < COUNT(from); i++)
		assert_ptr_equal(environment_list(environment)[i], from[i]);
	environment_free(&environment);
	assert_null(environment);
	environment_free(&environment);
}

static void an_empty_one_can_be_filled(void **state)
{
	char *const nothing[] = { NULL };
	struct environment *environment;

	(void)state;
	assert_works(environment_new(&environment, nothing, &error), &error);
	assert_null(environment_list(environment)[0]);
	assert_works(environment_set(environment, "X", "y=z", &error), &error);
	assert_string_equal(environment_list(environment)[0], "X=y=z");
	assert_null(environment_list(environment)[1]);
	environment_free(&environment);
}

static void a_variable_takes_the_place_of_all_of_its_name(void **state)
{
	static const char *const wanted[] = { "AB=2", "noequals", "EMPTY=", "B=", "A=5" };
	struct environment *environment;

	(void)state;
	assert_works(environment_new(&environment, from, &error), &error);
	assert_works(environment_set(environment, "A", "4", &error), &error);
	assert_works(environment_set(environment, "B", "", &error), &error);
	assert_works(environment_set(environment, "A", "5", &error), &error);
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_string_equal(environment_list(environment)[i], wanted[i]);
	assert_null(environment_list(environment)[COUNT(wanted)]);
	environment_free(&environment);
}

static void what_is_taken_out_is_gone(void **state)
{
	static const char *const wanted[] = { "AB=2", "noequals" };
	struct environment *environment;

	(void)state;
	assert_works(environment_new(&environment, from, &error), &error);
	environment_unset(environment, "A");
	environment_unset(environment, "EMPTY");
	environment_unset(environment, "noequals");
	environment_unset(environment, "ABC");
	environment_unset(environment, "");
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_string_equal(environment_list(environment)[i], wanted[i]);
	assert_null(environment_list(environment)[COUNT(wanted)]);
	environment_free(&environment);
}

static void statuses_are_a_shells(void **state)
{
	(void)state;
	assert_int_equal(child_status(W_EXITCODE(0, 0)), 0);
	assert_int_equal(child_status(W_EXITCODE(255, 0)), 255);
	assert_int_equal(child_status(W_EXITCODE(0, SIGKILL)), 137);
	assert_int_equal(child_status(W_EXITCODE(0, SIGSEGV) | WCOREFLAG), 139);
}

static void only_what_was_open_stays_open(void **state)
{
	struct descriptors *before;
	int old = open("/dev/null", O_RDONLY), new, dropped;

	(void)state;
	assert_true(old > STDERR_FILENO);
	assert_works(descriptors_note(&before, &error), &error);
	new = open("/dev/null", O_RDONLY);
	dropped = open("/dev/null", O_RDONLY);
	assert_works(descriptors_close_others(before, &error), &error);
	assert_int_equal(fcntl(old, F_GETFD), 0);
	assert_int_equal(fcntl(new, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFD), 0);
	descriptors_drop(dropped);
	assert_int_equal(fcntl(dropped, F_GETFD), -1);
	descriptors_free(&before);
	assert_null(before);
	close(new);
	close(old);
}

static void sources_are_told_by_their_form(void **state)
{
	static const char *const good[] = { "file:x", "file:/x:y", "env:X", "fd:0", "fd:12" };
	static const char *const bad[] = { "", "x", "file:", "env:", "fd:", "fd:x", "fd:-1", "fd: 1", "fd:1x",
					   "fd:99999999999999999999", "prompt", "credential:x", "File:x" };
	struct source source;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(source_parse(&source, good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(source_parse(&source, bad[i]));
	assert_true(source_parse(&source, "fd:12"));
	assert_int_equal(source.type, SOURCE_DESCRIPTOR);
	assert_int_equal(source.fd, 12);
	assert_true(source_parse(&source, "file:/dev/fd/12"));
	assert_int_equal(source.type, SOURCE_DESCRIPTOR);
	assert_int_equal(source.fd, 12);
	assert_true(source_parse(&source, "file:12"));
	assert_int_equal(source.type, SOURCE_FILE);
	assert_true(source_parse(&source, "env:X"));
	assert_int_equal(source.type, SOURCE_VARIABLE);
	assert_string_equal(source.name, "X");
}

/* What is read from a file with the content, or the error. */
static int read_back(void **state, const char *content, size_t length, mode_t mode, struct secret **secret)
{
	static const struct source_kind kind = { .name = "word", .class = ERROR_CONFIG, .max = 8 };
	const char *path = unit_path(state, "word");
	const struct source source = { .type = SOURCE_FILE, .name = path };

	unlink(path);
	unit_put(path, content, length, mode);
	*secret = secret_new(8);
	assert_non_null(*secret);
	return source_read(&source, &kind, *secret, &error);
}

static void one_line_is_read(void **state)
{
	static const struct {
		const char *content;
		const char *wanted; /* NULL: refused with the text */
		const char *text;
	} cases[] = {
		{ "abc", "abc", NULL }, { "abc\n", "abc", NULL }, { "abc\r\n", "abc", NULL }, { " a b ", " a b ", NULL },
		{ "12345678", "12345678", NULL }, { "", NULL, "holds no word" }, { "\n", NULL, "holds no word" },
		{ "a\nb", NULL, "more than one line" }, { "a\n\n", NULL, "more than one line" },
		{ "12345678\r\n", "12345678", NULL }, { "a\xc2\xa0", "a\xc2\xa0", NULL }, { "a\xe2\x80\x80", "a\xe2\x80\x80", NULL },
		{ "a\x80", "a\x80", NULL }, { "\xfe", "\xfe", NULL },
		{ "123456789", NULL, "more than 8 bytes" }, { "123456789\r\n", NULL, "more than 8 bytes" },
		{ "\xef\xbb\xbf" "a", NULL, "byte-order mark" }, { "\xff\xfe" "a", NULL, "byte-order mark" },
		{ "a\t", NULL, "control character" }, { "\x1b", NULL, "control character" },
		{ "a\x7f", NULL, "control character" }, { "\xc2\x9f" "a", NULL, "control character" },
	};
	struct secret *secret;

	for (size_t i = 0; i < COUNT(cases); i++) {
		int result = read_back(state, cases[i].content, strlen(cases[i].content), 0600, &secret);

		if (cases[i].wanted != NULL) {
			assert_works(result, &error);
			assert_string_equal(secret_data(secret), cases[i].wanted);
		} else {
			assert_fails(result, ERROR_CONFIG, &error);
			assert_contains(error.text, cases[i].text);
		}
		secret_free(&secret);
	}
	assert_fails(read_back(state, "a\0b", 3, 0600, &secret), ERROR_CONFIG, &error);
	assert_contains(error.text, "a NUL");
	secret_free(&secret);
	assert_fails(read_back(state, "abc", 3, 0640, &secret), ERROR_CONFIG, &error);
	assert_contains(error.text, "open to others (mode 0640)");
	secret_free(&secret);
}

/* --- signals that are put off ------------------------------------------------------------------------------------ */

static void a_signal_waits_to_be_asked_for(void **state)
{
	double before = clock_ms();

	(void)state;
	interrupt_begin("");
	assert_int_equal(interrupt_signal(), 0);
	assert_int_equal(interrupt_wait(30), 0);
	assert_true(clock_ms() - before >= 30);
	raise(SIGTERM);
	assert_int_equal(interrupt_wait(600000), SIGTERM);
	assert_int_equal(interrupt_signal(), SIGTERM);
	assert_int_equal(interrupt_take(), SIGTERM);
	assert_int_equal(interrupt_signal(), 0);
	assert_int_equal(interrupt_wait(30), 0);
	interrupt_end();
}

/* How a child ends that gets two signals between begin and end, and takes the first if it is to. */
static int two_signals(int first, int second, bool take)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		interrupt_begin("");
		raise(first);
		if (take)
			interrupt_take();
		raise(second);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_second_one_ends_the_program(void **state)
{
	(void)state;
	assert_int_equal(WTERMSIG(two_signals(SIGINT, SIGINT, false)), SIGINT);
	assert_int_equal(WTERMSIG(two_signals(SIGINT, SIGTERM, true)), SIGTERM);
	assert_int_equal(WTERMSIG(two_signals(SIGHUP, SIGINT, true)), SIGINT);
}

static void handlers_are_as_they_were(void **state)
{
	struct sigaction action;

	(void)state;
	signal(SIGTERM, SIG_IGN);
	interrupt_begin("");
	interrupt_end();
	assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	interrupt_begin("");
	interrupt_end();
	assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_DFL);
}

static void one_within_another_takes_no_signal_away(void **state)
{
	struct sigaction action;

	(void)state;
	interrupt_begin("");
	interrupt_begin("");
	raise(SIGTERM);
	interrupt_end();
	assert_int_equal(interrupt_signal(), SIGTERM);
	interrupt_end();
	assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_DFL);
}

static void a_signal_that_is_ignored_stays_so(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	interrupt_begin("");
	raise(SIGHUP);
	assert_int_equal(interrupt_signal(), 0);
	interrupt_end();
	signal(SIGHUP, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_environment_begins_as_it_was),
		cmocka_unit_test(an_empty_one_can_be_filled),
		cmocka_unit_test(a_variable_takes_the_place_of_all_of_its_name),
		cmocka_unit_test(what_is_taken_out_is_gone),
		cmocka_unit_test(statuses_are_a_shells),
		cmocka_unit_test(only_what_was_open_stays_open),
		cmocka_unit_test(sources_are_told_by_their_form),
		TEST_IN_FOLDER(one_line_is_read),
		cmocka_unit_test(a_signal_waits_to_be_asked_for),
		cmocka_unit_test(a_second_one_ends_the_program),
		cmocka_unit_test(handlers_are_as_they_were),
		cmocka_unit_test(one_within_another_takes_no_signal_away),
		cmocka_unit_test(a_signal_that_is_ignored_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
