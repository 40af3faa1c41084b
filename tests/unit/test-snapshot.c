/* SPDX-License-Identifier: Apache-2.0 */
/* The base component: a file that is changed between the reading and the replacement. */
#include "unit.h"

#include "base/snapshot.h"

#include <sys/xattr.h>

static void append_byte(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static void touch(const char *path)
{
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
}

static void change_mode(const char *path)
{
	assert_int_equal(chmod(path, 0600), 0);
}

static void take_permission(const char *path)
{
	assert_int_equal(chmod(path, 0), 0);
}

static void remove_file(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static void put_another(const char *path)
{
	remove_file(path);
	unit_put(path, "old", 3, 0644);
}

static void put_folder(const char *path)
{
	remove_file(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void put_fifo(const char *path)
{
	remove_file(path);
	assert_int_equal(mkfifo(path, 0700), 0);
}

/* Only st_ctime shows this one, once its clock has moved on. */
static void add_attribute(const char *path)
{
	struct stat before, after;

	assert_int_equal(stat(path, &before), 0);
	do {
		assert_int_equal(setxattr(path, "user.x", "x", 1, 0), 0);
		assert_int_equal(stat(path, &after), 0);
	} while (after.st_ctim.tv_sec == before.st_ctim.tv_sec && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

static void move_behind_link(const char *path)
{
	char other[512];

	snprintf(other, sizeof(other), "%s.moved", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
}

static void add_hard_link(const char *path)
{
	char other[512];

	snprintf(other, sizeof(other), "%s.linked", path);
	assert_int_equal(link(path, other), 0);
}

/* Another content of the same size, with the time put back: st_ctime shows it. */
static void edit_in_secret(const char *path)
{
	struct stat status;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(pwrite(fd, "odd", 3, 0), 3);
	assert_int_equal(futimens(fd, (struct timespec[2]){ status.st_atim, status.st_mtim }), 0);
	close(fd);
}

static void a_file_that_was_changed_is_not_replaced(void **state)
{
	static const struct {
		const char *name;
		void (*change)(const char *path);
	} changes[] = {
		{ "append", append_byte }, { "touch", touch },		   { "mode", change_mode },
		{ "closed", take_permission }, { "removed", remove_file },   { "another", put_another },
		{ "folder", put_folder },      { "fifo", put_fifo },	     { "attribute", add_attribute },
		{ "link", move_behind_link },  { "hard-link", add_hard_link }, { "secret", edit_in_secret },
	};

	for (size_t i = 0; i < COUNT(changes); i++) {
		const char *path = unit_path(state, changes[i].name);
		struct error error = { 0 };
		struct snapshot snapshot;
		size_t before;

		unit_put(path, "old", 3, 0644);
		assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){ { .tv_sec = 1 }, { .tv_sec = 1 } }, 0), 0);
		assert_works(snapshot_take(&snapshot, path, 100, &error), &error);
		changes[i].change(path);
		before = unit_entries(unit_path(state, "."));
		assert_fails(snapshot_replace(&snapshot, path, "new", 3, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, changes[i].name);
		assert_contains(error.text, "nothing is written");
		assert_int_equal(unit_entries(unit_path(state, ".")), before);
		snapshot_clear(&snapshot);
	}
}

/* Times are no help against an edit within their grain. */
static void a_change_shows_without_its_time(void **state)
{
	const char *path = unit_path(state, "file");
	struct error error = { 0 };
	struct snapshot snapshot;
	int fd;

	unit_put(path, "old", 3, 0644);
	assert_works(snapshot_take(&snapshot, path, 100, &error), &error);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "odd", 3, 0), 3);
	close(fd);
	assert_int_equal(stat(path, &snapshot.status), 0);
	assert_fails(snapshot_replace(&snapshot, path, "new", 3, &error), ERROR_CONFIG, &error);
	assert_string_equal(unit_content(path), "odd");
	snapshot_clear(&snapshot);
}

static void what_is_no_regular_file_with_one_name_is_not_read(void **state)
{
	struct error error = { 0 };
	struct snapshot snapshot;

	unit_put(unit_path(state, "file"), "old", 3, 0600);
	assert_int_equal(link(unit_path(state, "file"), unit_path(state, "other")), 0);
	assert_int_equal(mkfifo(unit_path(state, "fifo"), 0600), 0);
	assert_int_equal(symlink("other", unit_path(state, "link")), 0);
	assert_int_equal(symlink("none", unit_path(state, "dangling")), 0);
	assert_fails(snapshot_take(&snapshot, unit_path(state, "file"), 100, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "2 hard links");
	assert_contains(error.hint, "-samefile");
	assert_fails(snapshot_take(&snapshot, unit_path(state, "link"), 100, &error), ERROR_CONFIG, &error);
	assert_fails(snapshot_take(&snapshot, unit_path(state, "fifo"), 100, &error), ERROR_CONFIG, &error);
	assert_fails(snapshot_take(&snapshot, unit_path(state, "."), 100, &error), ERROR_CONFIG, &error);
	assert_fails(snapshot_take(&snapshot, unit_path(state, "dangling"), 100, &error), ERROR_CONFIG, &error);
	assert_fails(snapshot_take(&snapshot, "/dev/null", 100, &error), ERROR_CONFIG, &error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(a_file_that_was_changed_is_not_replaced),
		TEST_IN_FOLDER(a_change_shows_without_its_time),
		TEST_IN_FOLDER(what_is_no_regular_file_with_one_name_is_not_read),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
