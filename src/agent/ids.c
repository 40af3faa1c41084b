/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ids.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *name)
{
	return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

/* The highest number is no id: it means "do not change" to chown(2). */
static int parse_number(const char *name, unsigned *id, struct error *error)
{
	unsigned long number;

	errno = 0;
	number = strtoul(name, NULL, 10);
	*id = (unsigned)number;
	if (errno == 0 && number < UINT32_MAX)
		return 0;
	return error_set(error, ERROR_CONFIG, "cannot use \"%s\": no user or group has such a number", name);
}

static int not_found(const char *kind, const char *name, struct error *error)
{
	if (errno != 0 && errno != ENOENT)
		return error_set(error, ERROR_CONFIG, "cannot find the %s \"%s\": %s", kind, name, strerror(errno));
	return error_set(error, ERROR_CONFIG, "there is no %s \"%s\"", kind, name);
}

int ids_user(const char *name, uid_t *uid, struct error *error)
{
	const struct passwd *user;

	if (is_number(name))
		return parse_number(name, uid, error);
	errno = 0;
	user = getpwnam(name);
	if (user == NULL)
		return not_found("user", name, error);
	*uid = user->pw_uid;
	return 0;
}

int ids_group(const char *name, gid_t *gid, struct error *error)
{
	const struct group *group;

	if (is_number(name))
		return parse_number(name, gid, error);
	errno = 0;
	group = getgrnam(name);
	if (group == NULL)
		return not_found("group", name, error);
	*gid = group->gr_gid;
	return 0;
}
