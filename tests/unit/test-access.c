/* SPDX-License-Identifier: Apache-2.0 */
/* The base component: the access of a file that is replaced. */
#include "unit.h"

#include "base/snapshot.h"
#include "process/write.h"

#include <errno.h>
#include <grp.h>
#include <sys/xattr.h>

enum { NOBODY = 65534 };

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

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
	assert_string_equal(unit_content(path), "new");
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

static void root_keeps_security_labels_and_capabilities(void **state)
{
	static const char *const names[] = { "security.label", "trusted.note" };
	/* CAP_NET_RAW, permitted and effective (capability.h). */
	static const uint32_t capability[] = { 0x02000001, 1 << 13, 0, 0, 0 };
	uint32_t got[COUNT(capability)];
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
	if (setxattr(path, "security.capability", capability, sizeof(capability), 0) < 0)
		skip();
	replace(path, &error);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(getxattr(path, names[i], value, sizeof(value)), 1);
	assert_int_equal(getxattr(path, "security.capability", got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, capability, sizeof(got));
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
		const char *label, *text, *hint;
	} cases[] = {
		{ 0, 0, NULL, "cannot keep the owner and group", "use a copy of your own" },
		{ NOBODY, 0, NULL, "cannot keep the owner and group", "in its group" },
		{ NOBODY, NOBODY, "security.label", "cannot keep the attribute security.label", "setfattr -x security.label" },
	};
	const char *path = unit_path(state, "file");

	if (geteuid() != 0)
		skip();
	assert_int_equal(setgroups(0, NULL), 0); /* root may be a member of its own group, as after su */
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
		assert_contains(error.hint, cases[i].hint);
		assert_string_equal(unit_content(path), "old");
		assert_int_equal(unit_entries(unit_path(state, ".")), 1);
		assert_int_equal(unlink(path), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(a_file_that_is_replaced_keeps_its_mode_and_owner),
		TEST_IN_FOLDER(a_file_that_is_replaced_keeps_its_attributes),
		TEST_IN_FOLDER(root_keeps_security_labels_and_capabilities),
		TEST_IN_FOLDER(a_folders_default_acl_does_not_widen_access),
		TEST_IN_FOLDER(a_private_file_loses_its_acl),
		TEST_IN_FOLDER(access_that_cannot_be_kept_is_a_refusal),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
