/* SPDX-License-Identifier: Apache-2.0 */
/* The base component: whole files written, links on the way, and the access of what is replaced. */
#include "unit.h"

#include "base/file.h"
#include "base/snapshot.h"
#include "base/write.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/xattr.h>

enum { NOBODY = 65534 };

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

static void assert_file(const char *path, const char *content)
{
	struct error error = { 0 };
	size_t length;
	char *text;

	assert_works(file_read(path, 4096, &text, &length, &error), &error);
	assert_string_equal(text, content);
	assert_int_equal(length, strlen(content));
	free(text);
}

static size_t entries(const char *folder)
{
	DIR *stream = opendir(folder);
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream) != NULL)
		count++;
	closedir(stream);
	return count - 2;
}

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
	assert_file(real, "new");
	assert_file(old, "the old content");
	assert_int_equal(lstat(via, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(real, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600); /* the old file's */
	assert_works(write_file(unit_path(state, "fresh"), "", 0, 0640, &error), &error);
	assert_int_equal(stat(unit_path(state, "fresh"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(entries(unit_path(state, ".")), 4);
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
	assert_file(path, "old");
	assert_int_equal(entries(unit_path(state, ".")), 1);
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


/* --- links ------------------------------------------------------------------------------------------------------- */

static const char *content(const char *path)
{
	static char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return NULL;
	text[got] = '\0';
	return text;
}

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
	assert_string_equal(content(unit_path(state, "file")), "old");
	assert_int_equal(entries(unit_path(state, ".")), 2 + COUNT(links) - 1);
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
		assert_string_equal(content(unit_path(state, "folder/file")), text);
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
	assert_string_equal(content(real), "old");
	assert_int_equal(lstat(via, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(entries(unit_path(state, ".")), 2);
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
	assert_string_equal(content(unit_path(state, "real")), "old");
	assert_int_equal(access(unit_path(state, "later"), F_OK), -1);
	assert_int_equal(stat(unit_path(state, "real"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_works(write_file_in(folder, "real", "real", "new", 3, 0600, &error), &error);
	assert_string_equal(content(unit_path(state, "real")), "new");
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
	assert_string_equal(content(path), "newer");
}

/* --- access ------------------------------------------------------------------------------------------------------ */

/* An ACL as the kernel takes it: the owner, user 1000 or nobody, the group, the mask, others. */
struct acl {
	uint32_t version;
	struct {
		uint16_t tag, permissions;
		uint32_t id;
	} entries[5];
};

static struct acl acl_make(uint16_t user, uint16_t group, uint16_t mask, uint16_t other)
{
	return (struct acl){ 2, { { 1, 6, UINT32_MAX }, { 2, user, 1000 }, { 4, group, UINT32_MAX },
				  { 0x10, mask, UINT32_MAX }, { 0x20, other, UINT32_MAX } } };
}

static void replace(const char *path, struct error *error)
{
	struct snapshot snapshot;

	assert_works(snapshot_take(&snapshot, path, 100, error), error);
	assert_works(snapshot_replace(&snapshot, path, "new", 3, error), error);
	snapshot_clear(&snapshot);
	assert_string_equal(content(path), "new");
}

static void a_file_that_is_replaced_keeps_its_mode_and_owner(void **state)
{
	static const mode_t modes[] = { 0400, 0440, 0600, 0640, 0644, 0664, 0777, 04755, 02755, 06711, 01600, 0604 };
	const char *path = unit_path(state, "file");
	struct error error = { 0 };
	struct stat old, new;

	for (size_t i = 0; i < COUNT(modes); i++) {
		unit_put(path, "old", 3, 0600);
		if (geteuid() == 0)
			assert_int_equal(chown(path, NOBODY - 1, NOBODY), 0);
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(stat(path, &old), 0);
		replace(path, &error);
		assert_int_equal(stat(path, &new), 0);
		assert_int_equal(new.st_mode, old.st_mode);
		assert_int_equal(new.st_uid, old.st_uid);
		assert_int_equal(new.st_gid, old.st_gid);
		assert_true(new.st_ino != old.st_ino);
		assert_int_equal(unlink(path), 0);
	}
}

static void a_file_that_is_replaced_keeps_its_attributes(void **state)
{
	static const struct {
		const char *name;
		uint16_t user, group, mask, other;
	} acls[] = { { "denied", 0, 4, 4, 0 }, { "granted", 6, 0, 6, 0 }, { "masked", 6, 6, 0, 4 } };
	const char *path = unit_path(state, "file");
	struct error error = { 0 };
	char value[256];

	for (size_t i = 0; i < COUNT(acls); i++) {
		struct acl acl = acl_make(acls[i].user, acls[i].group, acls[i].mask, acls[i].other), got;

		unit_put(path, "old", 3, 0644);
		if (setxattr(path, ACL, &acl, sizeof(acl), 0) < 0 || setxattr(path, "user.note", "a\0b", 3, 0) < 0 ||
		    setxattr(path, "user.empty", "", 0, 0) < 0)
			skip(); /* not on this file system */
		replace(path, &error);
		assert_int_equal(getxattr(path, ACL, &got, sizeof(got)), sizeof(got));
		assert_memory_equal(&got, &acl, sizeof(got));
		assert_int_equal(getxattr(path, "user.note", value, sizeof(value)), 3);
		assert_memory_equal(value, "a\0b", 3);
		assert_int_equal(getxattr(path, "user.empty", value, sizeof(value)), 0);
		assert_works(write_file(path, "other", 5, 0644, &error), &error);
		assert_int_equal(getxattr(path, ACL, &got, sizeof(got)), sizeof(got));
		assert_int_equal(unlink(path), 0);
	}
}

static void root_keeps_security_labels(void **state)
{
	static const char *const names[] = { "security.label", "trusted.note" };
	const char *path = unit_path(state, "file");
	struct error error = { 0 };
	char value[16];

	if (geteuid() != 0)
		skip();
	unit_put(path, "old", 3, 0644);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (setxattr(path, names[i], "x", 1, 0) < 0)
			skip();
	}
	replace(path, &error);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(getxattr(path, names[i], value, sizeof(value)), 1);
}

/* A new file in such a folder has an ACL, which the mode 0640 of the old file would put into force. */
static void a_folders_default_acl_does_not_widen_access(void **state)
{
	struct acl acl = acl_make(7, 7, 7, 7);
	const char *path = unit_path(state, "file");
	struct error error = { 0 };
	struct stat status;

	unit_put(path, "old", 3, 0640);
	if (setxattr(unit_path(state, "."), DEFAULT_ACL, &acl, sizeof(acl), 0) < 0)
		skip();
	replace(path, &error);
	assert_int_equal(getxattr(path, ACL, NULL, 0), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

static void a_private_file_loses_its_acl(void **state)
{
	struct acl acl = acl_make(6, 6, 6, 6);
	const char *path = unit_path(state, "file");
	int folder = open(unit_path(state, "."), O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error error = { 0 };
	struct stat status;

	unit_put(path, "old", 3, 0644);
	if (setxattr(path, ACL, &acl, sizeof(acl), 0) < 0)
		skip();
	assert_works(write_file_in(folder, "file", path, "new", 3, 0600, &error), &error);
	assert_int_equal(getxattr(path, ACL, NULL, 0), -1);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	close(folder);
}

/* What cannot be kept: another's file, a group that one is no member of, a label that only root may set. */
static void access_that_cannot_be_kept_is_a_refusal(void **state)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		const char *label, *text;
	} cases[] = {
		{ 0, 0, NULL, "cannot keep the owner and group" },
		{ NOBODY, 0, NULL, "cannot keep the owner and group" },
		{ NOBODY, NOBODY, "security.label", "cannot keep the attribute security.label" },
	};
	const char *path = unit_path(state, "file");

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(unit_path(state, "."), 0777), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snapshot snapshot;
		struct error error = { 0 };

		unit_put(path, "old", 3, 0644);
		assert_int_equal(chown(path, cases[i].uid, cases[i].gid), 0);
		if (cases[i].label != NULL && setxattr(path, cases[i].label, "x", 1, 0) < 0)
			skip();
		assert_int_equal(setegid(NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
		assert_works(snapshot_take(&snapshot, path, 100, &error), &error);
		(void)snapshot_replace(&snapshot, path, "new", 3, &error);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
		snapshot_clear(&snapshot);
		assert_contains(error.text, cases[i].text);
		assert_contains(error.hint, "another file");
		assert_string_equal(content(path), "old");
		assert_int_equal(entries(unit_path(state, ".")), 1);
		assert_int_equal(unlink(path), 0);
	}
}

/* --- changes between the reading and the replacement ------------------------------------------------------------- */

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
		before = entries(unit_path(state, "."));
		assert_fails(snapshot_replace(&snapshot, path, "new", 3, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, changes[i].name);
		assert_contains(error.text, "nothing is written");
		assert_int_equal(entries(unit_path(state, ".")), before);
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
	assert_string_equal(content(path), "odd");
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
		TEST_IN_FOLDER(write_file_replaces_in_one_step),
		TEST_IN_FOLDER(write_file_that_fails_leaves_everything_as_it_was),
		TEST_IN_FOLDER(write_file_writes_into_what_is_no_file),
		TEST_IN_FOLDER(write_file_follows_a_link_to_a_pipe),
		TEST_IN_FOLDER(write_file_follows_no_link_that_the_kernel_does_not),
		TEST_IN_FOLDER(write_file_follows_links_that_lead_to_a_file),
		TEST_IN_FOLDER(write_file_keeps_off_a_link_that_it_may_not_follow),
		TEST_IN_FOLDER(write_file_in_follows_no_link_at_all),
		TEST_IN_FOLDER(write_file_takes_the_longest_name),
		TEST_IN_FOLDER(a_file_that_is_replaced_keeps_its_mode_and_owner),
		TEST_IN_FOLDER(a_file_that_is_replaced_keeps_its_attributes),
		TEST_IN_FOLDER(root_keeps_security_labels),
		TEST_IN_FOLDER(a_folders_default_acl_does_not_widen_access),
		TEST_IN_FOLDER(a_private_file_loses_its_acl),
		TEST_IN_FOLDER(access_that_cannot_be_kept_is_a_refusal),
		TEST_IN_FOLDER(a_file_that_was_changed_is_not_replaced),
		TEST_IN_FOLDER(a_change_shows_without_its_time),
		TEST_IN_FOLDER(what_is_no_regular_file_with_one_name_is_not_read),
	};

	return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
