/* SPDX-License-Identifier: Apache-2.0 */
/* Files below a folder, with and without the kernel's help. What deploy makes of it is in tests/e2e/links.test. */
#include "unit.h"

#include "base/beneath.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static int open_folder(void **state)
{
	struct error error;
	int folder;

	assert_int_equal(mkdir(unit_path(state, "f"), 0700), 0);
	assert_int_equal(mkdir(unit_path(state, "f/sub"), 0700), 0);
	unit_put(unit_path(state, "f/sub/file"), "inside", 6, 0600);
	unit_put(unit_path(state, "secret"), "outside", 7, 0600);
	assert_int_equal(symlink("sub/file", unit_path(state, "f/good")), 0);
	assert_int_equal(symlink("sub", unit_path(state, "f/folder")), 0);
	assert_int_equal(symlink("../secret", unit_path(state, "f/bad")), 0);
	assert_int_equal(symlink("..", unit_path(state, "f/up")), 0);
	assert_int_equal(beneath_open(unit_path(state, "f"), &folder, &error), 0);
	return folder;
}

static void no_link_leads_out_of_the_folder(void **state)
{
	static const struct {
		const char *below, *wanted; /* a text of the error, where the file is not read */
		int result;
	} rows[] = {
		{ "sub/file", "inside", 0 },
		{ "good", "inside", 0 },
		{ "folder/file", "inside", 0 },
		{ "bad", "name is a symbolic link that leads out of the folder", -ERROR_CONFIG },
		{ "up/secret", "leads out of the folder", -ERROR_CONFIG },
		{ "../secret", "leads out of the folder", -ERROR_CONFIG },
		{ "/etc/passwd", "leads out of the folder", -ERROR_CONFIG },
		{ "sub", "name is not a regular file", -ERROR_CONFIG },
		{ "missing", "cannot open name: No such file", -ERROR_CONFIG },
	};
	int folder = open_folder(state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error = { .class = ERROR_NONE };
		char *data = NULL;
		size_t length = 0;

		assert_int_equal(beneath_read(folder, rows[i].below, "name", 100, &data, &length, &error), rows[i].result);
		if (rows[i].result == 0)
			assert_string_equal(data, rows[i].wanted);
		else
			assert_non_null(strstr(error.text, rows[i].wanted));
		free(data);
	}
	assert_true(beneath_is_folder(folder, "sub"));
	assert_true(beneath_is_folder(folder, "folder"));
	assert_false(beneath_is_folder(folder, "up"));
	assert_false(beneath_is_folder(folder, "good"));
	close(folder);
}

/* Whoever renames anything on the machine makes the kernel unsure whether ".." still leads where it did. */
static void a_link_is_read_while_others_rename(void **state)
{
	int folder = open_folder(state);
	const char *a = unit_path(state, "a"), *b = unit_path(state, "b");
	struct error error;
	pid_t child;

	assert_int_equal(symlink("../sub/file", unit_path(state, "f/sub/up")), 0);
	unit_put(a, "", 0, 0600);
	child = fork();
	if (child == 0) {
		while (rename(a, b) == 0 && rename(b, a) == 0)
			;
		_exit(1);
	}
	assert_true(child > 0);
	for (int i = 0; i < 20000; i++) {
		char *data;
		size_t length;

		assert_int_equal(beneath_read(folder, "sub/up", "name", 100, &data, &length, &error), 0);
		free(data);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(folder);
}

static void without_openat2_no_link_is_followed(void **state)
{
	static const struct {
		const char *below;
		bool opens;
	} rows[] = { { "sub/file", true }, { "sub", true }, { "good", false }, { "folder/file", false }, { "folder", false },
		     { "bad", false },     { "up/secret", false }, { "sub/missing", false } };
	int folder = open_folder(state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = beneath_open_plain(folder, rows[i].below, O_RDONLY);

		assert_int_equal(fd >= 0, rows[i].opens);
		if (fd >= 0)
			close(fd);
	}
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(no_link_leads_out_of_the_folder),
		TEST_IN_FOLDER(a_link_is_read_while_others_rename),
		TEST_IN_FOLDER(without_openat2_no_link_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
