/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writers.h"

#include <endian.h>
#include <errno.h>
#include <grp.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { ACL_ENTRIES_MAX = 1024 }; /* a longer ACL counts as one that lets others write */

/* Returns whether the number stands for all users that are not mapped into the user namespace. */
static bool is_unmapped(uid_t owner)
{
	FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned long first, outside, count, overflow = 0;
	bool unmapped = file != NULL && fscanf(file, "%lu", &overflow) == 1 && overflow == owner;

	if (file != NULL)
		fclose(file);
	file = unmapped ? fopen("/proc/self/uid_map", "re") : NULL;
	if (file == NULL)
		return false;
	while (unmapped && fscanf(file, "%lu %lu %lu", &first, &outside, &count) == 3)
		unmapped = owner < first || owner - first >= count;
	fclose(file);
	return unmapped;
}

static bool is_ours(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

bool writers_owner_is_ours(uid_t owner)
{
	return is_ours(owner) || is_unmapped(owner);
}

/* Returns whether the group is the login group of root or the user and has that user's name. */
static bool is_own_group(const struct group *group)
{
	const struct passwd *user = getpwnam(group->gr_name);

	return user != NULL && is_ours(user->pw_uid) && user->pw_gid == group->gr_gid;
}

/* Returns whether an entry of the group database lists a user other than root and this one. */
static bool lists_others(const struct group *group)
{
	bool others = false;

	for (char **member = group->gr_mem; *member != NULL && !others; member++) {
		const struct passwd *user = getpwnam(*member);

		others = user == NULL || !is_ours(user->pw_uid);
	}
	return others;
}

/* Returns whether other users are in the group. Several entries may have its number, and it may be the login group
 * of other users. A name service that does not enumerate has already answered for this group (getgrgid). */
static bool has_other_members(gid_t gid)
{
	const struct passwd *user;
	const struct group *group;
	bool others = false;

	setgrent();
	while (!others && (group = getgrent()) != NULL)
		others = group->gr_gid == gid && lists_others(group);
	endgrent();
	setpwent();
	while (!others && (user = getpwent()) != NULL)
		others = user->pw_gid == gid && !is_ours(user->pw_uid);
	endpwent();
	return others;
}

static bool group_is_ours(gid_t gid, const struct stat *status)
{
	const struct group *group = getgrgid(gid);
	bool own = group != NULL && is_own_group(group);
	bool local = group != NULL && S_ISDIR(status->st_mode) && status->st_uid == 0 &&
		strcmp(group->gr_name, "staff") == 0;

	return (own || local) && !lists_others(group) && !has_other_members(gid);
}

/* Returns whether an ACL entry lets others write. The owner's entry and that for everybody else are in the mode. */
static bool entry_opens(const struct posix_acl_xattr_entry *entry, const struct stat *status)
{
	if ((le16toh(entry->e_perm) & ACL_WRITE) == 0)
		return false;
	switch (le16toh(entry->e_tag)) {
	case ACL_USER:
		return !is_ours(le32toh(entry->e_id));
	case ACL_GROUP_OBJ:
		return !group_is_ours(status->st_gid, status);
	case ACL_GROUP:
		return !group_is_ours(le32toh(entry->e_id), status);
	default:
		return false;
	}
}

/* Returns whether the ACL lets others write, given its mask, which is shown as the group bits of the mode. Sets *has
 * if there is an ACL. */
static bool acl_opens(const char *path, const struct stat *status, bool *has)
{
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[ACL_ENTRIES_MAX];
	} acl;
	ssize_t length = path != NULL ? lgetxattr(path, "system.posix_acl_access", &acl, sizeof(acl)) : 0;
	size_t count = length > (ssize_t)sizeof(acl.header) ?
		((size_t)length - sizeof(acl.header)) / sizeof(acl.entries[0]) : 0;

	*has = count > 0 || (length < 0 && errno == ERANGE);
	for (size_t i = 0; i < count; i++) {
		if (entry_opens(&acl.entries[i], status))
			return true;
	}
	return *has && count == 0;
}

enum writers writers_find(const struct stat *status, const char *path)
{
	bool has_acl;

	/* In a sticky directory nobody can replace other users' files, and nobody can choose what /dev/null or a
	 * terminal reads as. */
	if ((S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0) || S_ISCHR(status->st_mode))
		return WRITERS_OURS;
	if ((status->st_mode & S_IWOTH) != 0)
		return WRITERS_BY_MODE;
	if ((status->st_mode & S_IWGRP) == 0)
		return WRITERS_OURS;
	if (acl_opens(path, status, &has_acl))
		return WRITERS_BY_ACL;
	return has_acl || group_is_ours(status->st_gid, status) ? WRITERS_OURS : WRITERS_BY_MODE;
}
