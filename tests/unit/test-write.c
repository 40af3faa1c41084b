/* SPDX-License-Identifier: Apache-2.0 */
/* The base component: whole files written, and links on the way. */
#include "unit.h"

#include "base/place.h"
#include "process/write.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

/* A hard link shows whether the old file was overwritten (a crash would leave it broken) or replaced. */
static void write_file_replaces_in_one_step(void **state)
{
	const char *real = unit_path(state, "real"), *old = unit_path(state, "old"), *via = unit_path(state, "via");
	struct error error = { 0 };
	struct stat status;

	unit_put(real, "the old content", 15, 0600);
	assert_int_equal(link(real, old), 0);
	assert_int_equal(symlink("real", via), 0);
	assert_works(write_file(via, "new", 3, 0644, &error), &error);
	assert_string_equal(unit_content(real), "new");
	assert_string_equal(unit_content(old), "the old content");
	assert_int_equal(lstat(via, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(real, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600); /* the old file's */
	assert_works(write_file(unit_path(state, "fresh"), "", 0, 0640, &error), &error);
	assert_int_equal(stat(unit_path(state, "fresh"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(unit_entries(unit_path(state, ".")), 4);
}

static void write_file_that_fails_leaves_everything_as_it_was(void **state)
{
	const char *path = unit_path(state, "out");
	struct error error = { 0 };
	struct rlimit before;

	unit_put(path, "old", 3, 0600);
	assert_fails(write_file(unit_path(state, "out/x"), "new", 3, 0644, &error), ERROR_UNEXPECTED, &error);
	assert_contains(error.text, unit_path(state, "out/x"));
	assert_fails(write_file(unit_path(state, "."), "new", 3, 0644, &error), ERROR_UNEXPECTED, &error);
	/* Like a full disk: the file is there, and takes but a part. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10, before.rlim_max }), 0);
	assert_fails(write_file(path, "more than ten bytes", 19, 0644, &error), ERROR_UNEXPECTED, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_string_equal(unit_content(path), "old");
	assert_int_equal(unit_entries(unit_path(state, ".")), 1);
}

static void write_file_writes_into_what_is_no_file(void **state)
{
	const char *path = unit_path(state, "fifo");
	struct error error = { 0 };
	struct stat status;
	char text[8] = "";
	int reader;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_works(write_file(path, "new", 3, 0644, &error), &error);
	assert_int_equal(read(reader, text, sizeof(text)), 3);
	assert_string_equal(text, "new");
	close(reader);
	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
	/* Not as root, who would replace the device for everybody where this goes wrong. */
	if (geteuid() != 0)
		assert_works(write_file("/dev/null", "new", 3, 0644, &error), &error);
}

/* /dev/stdout in a pipeline is a link like this one, to something that has no name. */
static void write_file_follows_a_link_to_a_pipe(void **state)
{
	const char *path = unit_path(state, "stdout");
	struct error error = { 0 };
	struct stat status;
	char target[32], text[8] = "";
	int ends[2];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(symlink(target, path), 0);
	assert_works(write_file(path, "new", 3, 0644, &error), &error);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(read(ends[0], text, sizeof(text)), 3);
	close(ends[0]);
	close(ends[1]);
}

static int die(const struct place *place, const void *context, struct error *error)
{
	(void)place, (void)context, (void)error;
	return raise(SIGKILL);
}

/* Whether a file in this folder can be without a name. */
static bool has_nameless_files(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* All is written then but the new file's name. */
static void a_program_that_is_killed_leaves_the_old_file_and_no_other(void **state)
{
	const char *path = unit_path(state, "file");
	pid_t child;
	int status;

	if (!has_nameless_files(unit_path(state, ".")))
		skip();
	unit_put(path, "old", 3, 0644);
	child = fork();
	if (child == 0) {
		struct place place = PLACE(path);
		struct error error;

		_exit(place_open(&place, NULL, &error) == 0 &&
		      place_put(&place, "new", 3, 0600, false, die, NULL, &error) == 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(unit_content(path), "old");
	assert_int_equal(unit_entries(unit_path(state, ".")), 1);
}

static int refuse(const struct place *place, const void *context, struct error *error)
{
	(void)place, (void)context;
	return error_set(error, ERROR_CONFIG, "no");
}

static void a_refusal_at_the_last_moment_leaves_nothing(void **state)
{
	struct place place = PLACE(unit_path(state, "file"));
	struct error error;

	unit_put(place.path, "old", 3, 0644);
	assert_works(place_open(&place, NULL, &error), &error);
	assert_fails(place_put(&place, "new", 3, 0600, false, refuse, NULL, &error), ERROR_CONFIG, &error);
	place_close(&place);
	assert_string_equal(unit_content(place.path), "old");
	assert_int_equal(unit_entries(unit_path(state, ".")), 1);
}

/* --- links ------------------------------------------------------------------------------------------------------- */

/* Links by which a file would be made, or another replaced, that the kernel does not lead to. */
static void write_file_follows_no_link_that_the_kernel_does_not(void **state)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "dangling", "later" },
		{ "chain", "dangling" },
		{ "relative", "folder/../later" },
		{ "loop", "loop2" },
		{ "loop2", "loop" },
		{ "self", "self" },
		{ "through-file", "file/x" },
		{ "no-folder", "none/x" },
		{ "folder/out", "../later" },
	};
	struct error error = { 0 };
	struct stat status;

	unit_put(unit_path(state, "file"), "old", 3, 0600);
	assert_int_equal(mkdir(unit_path(state, "folder"), 0700), 0);
	for (size_t i = 0; i < COUNT(links); i++)
		assert_int_equal(symlink(links[i].target, unit_path(state, links[i].name)), 0);
	for (size_t i = 0; i < COUNT(links); i++) {
		const char *path = unit_path(state, links[i].name);

		assert_fails(write_file(path, "new", 3, 0644, &error), ERROR_UNEXPECTED, &error);
		assert_contains(error.text, path);
		assert_int_equal(lstat(path, &status), 0);
		assert_true(S_ISLNK(status.st_mode));
	}
	assert_int_equal(access(unit_path(state, "later"), F_OK), -1);
	assert_string_equal(unit_content(unit_path(state, "file")), "old");
	assert_int_equal(unit_entries(unit_path(state, ".")), 2 + COUNT(links) - 1);
}

static void write_file_follows_links_that_lead_to_a_file(void **state)
{
	static const struct {
		const char *name, *target;
	} links[] = { { "direct", "folder/file" }, { "chain", "direct" }, { "through", "./by/../folder/file" }, { "by", "folder" } };
	static const char *const paths[] = { "direct", "chain", "through", "by/file", "folder/file", "by/../folder/file" };
	struct error error = { 0 };
	struct stat status;

	assert_int_equal(mkdir(unit_path(state, "folder"), 0700), 0);
	for (size_t i = 0; i < COUNT(links); i++)
		assert_int_equal(symlink(links[i].target, unit_path(state, links[i].name)), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		char text[8];

		unit_put(unit_path(state, "folder/file"), "old", 3, 0640);
		snprintf(text, sizeof(text), "new%zu", i);
		assert_works(write_file(unit_path(state, paths[i]), text, strlen(text), 0600, &error), &error);
		assert_string_equal(unit_content(unit_path(state, "folder/file")), text);
		assert_int_equal(stat(unit_path(state, "folder/file"), &status), 0);
		assert_int_equal(status.st_mode & 07777, 0640);
		assert_int_equal(unlink(unit_path(state, "folder/file")), 0);
	}
	for (size_t i = 0; i < COUNT(links); i++) {
		assert_int_equal(lstat(unit_path(state, links[i].name), &status), 0);
		assert_true(S_ISLNK(status.st_mode));
	}
}

/* A link that this user may not follow: its target is in a folder that is closed to him. fs.protected_symlinks, which a test
 * cannot switch on, answers in the same way. */
static void write_file_keeps_off_a_link_that_it_may_not_follow(void **state)
{
	const char *via = unit_path(state, "via"), *real = unit_path(state, "closed/real");
	struct error error = { 0 };
	struct stat status;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(unit_path(state, "."), 0777), 0);
	assert_int_equal(mkdir(unit_path(state, "closed"), 0700), 0);
	unit_put(real, "old", 3, 0666);
	assert_int_equal(symlink("closed/real", via), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	(void)write_file(via, "new", 3, 0644, &error);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(error.class, ERROR_UNEXPECTED);
	assert_contains(error.text, "Permission denied");
	assert_string_equal(unit_content(real), "old");
	assert_int_equal(lstat(via, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(unit_entries(unit_path(state, ".")), 2);
}

static void write_file_in_follows_no_link_at_all(void **state)
{
	static const char *const names[] = { "link", "dangling", "folder-link", "fifo", "folder" };
	int folder = open(unit_path(state, "."), O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error error = { 0 };
	struct stat status;

	unit_put(unit_path(state, "real"), "old", 3, 0644);
	assert_int_equal(symlink("real", unit_path(state, "link")), 0);
	assert_int_equal(symlink("later", unit_path(state, "dangling")), 0);
	assert_int_equal(symlink("folder", unit_path(state, "folder-link")), 0);
	assert_int_equal(mkdir(unit_path(state, "folder"), 0700), 0);
	assert_int_equal(mkfifo(unit_path(state, "fifo"), 0600), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_fails(write_file_in(folder, names[i], names[i], "new", 3, 0600, &error), ERROR_CONFIG, &error);
	assert_string_equal(unit_content(unit_path(state, "real")), "old");
	assert_int_equal(access(unit_path(state, "later"), F_OK), -1);
	assert_int_equal(stat(unit_path(state, "real"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_works(write_file_in(folder, "real", "real", "new", 3, 0600, &error), &error);
	assert_string_equal(unit_content(unit_path(state, "real")), "new");
	assert_int_equal(stat(unit_path(state, "real"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	close(folder);
}

/* "x.pem.XXXXXX" would be too long for a name. */
static void write_file_takes_the_longest_name(void **state)
{
	struct error error = { 0 };
	char name[256], path[512];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(path, sizeof(path), "%s", unit_path(state, name));
	assert_works(write_file(path, "new", 3, 0644, &error), &error);
	assert_works(write_file(path, "newer", 5, 0644, &error), &error);
	assert_string_equal(unit_content(path), "newer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(write_file_replaces_in_one_step),
		TEST_IN_FOLDER(write_file_that_fails_leaves_everything_as_it_was),
		TEST_IN_FOLDER(write_file_writes_into_what_is_no_file),
		TEST_IN_FOLDER(write_file_follows_a_link_to_a_pipe),
		TEST_IN_FOLDER(a_program_that_is_killed_leaves_the_old_file_and_no_other),
		TEST_IN_FOLDER(a_refusal_at_the_last_moment_leaves_nothing),
		TEST_IN_FOLDER(write_file_follows_no_link_that_the_kernel_does_not),
		TEST_IN_FOLDER(write_file_follows_links_that_lead_to_a_file),
		TEST_IN_FOLDER(write_file_keeps_off_a_link_that_it_may_not_follow),
		TEST_IN_FOLDER(write_file_in_follows_no_link_at_all),
		TEST_IN_FOLDER(write_file_takes_the_longest_name),
	};

	return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
