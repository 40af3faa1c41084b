/* SPDX-License-Identifier: Apache-2.0 */
/* A profile's sink: the file, and to whom it belongs. */
#include "cmd/cmd-agent.h"

#include "agent/ids.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* USER, USER:GROUP or :GROUP. */
static int take_owner(const char *text, struct agent_profile *profile, struct error *error)
{
	const char *colon = strchrnul(text, ':');
	char *user;
	int result = 0;

	profile->sink_uid = (uid_t)-1;
	profile->sink_gid = (gid_t)-1;
	user = strndup(text, (size_t)(colon - text));
	if (user == NULL)
		return error_memory(error);
	if (*user != '\0')
		result = ids_user(user, &profile->sink_uid, error);
	if (result == 0 && *colon == ':')
		result = ids_group(colon + 1, &profile->sink_gid, error);
	free(user);
	return result;
}

/* A bearer on a disk stays there after its file was removed. */
static int check_folder(const char *folder, struct error *error)
{
	struct statfs system;
	struct stat status;

	if (stat(folder, &status) < 0 || statfs(folder, &system) < 0)
		return error_set(error, ERROR_CONFIG, "cannot use the folder %s: %s", folder, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_set(error, ERROR_CONFIG, "%s is not a folder", folder);
	if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)
		return 0;
	error_set(error, ERROR_CONFIG, "the folder %s is not on tmpfs or ramfs: bearers would be written to a disk",
		  folder);
	error_hint(error, "use a folder in memory, such as one in /run");
	return -ERROR_CONFIG;
}

/* Takes the path without symbolic links in its folder, so that equal files have equal paths. */
static int take_path(const char *path, char **sink, struct error *error)
{
	const char *name = strrchr(path, '/') + 1;
	char *folder, *real;
	int result;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(error, ERROR_CONFIG, "%s is not the path of a file", path);
	folder = strndup(path, (size_t)(name - path));
	if (folder == NULL)
		return error_memory(error);
	result = check_folder(folder, error);
	real = result == 0 ? realpath(folder, NULL) : NULL;
	if (result == 0 && real == NULL)
		result = error_set(error, ERROR_CONFIG, "cannot use the folder %s: %s", folder, strerror(errno));
	if (real != NULL && asprintf(sink, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) < 0) {
		*sink = NULL;
		result = error_memory(error);
	}
	free(real);
	free(folder);
	return result;
}

int cmd_agent_sink(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	const char *path = settings_text(settings, SETTING_SINK), *owner = settings_text(settings, SETTING_SINK_OWNER);
	int result;

	profile->sink_mode = (mode_t)settings_number(settings, SETTING_SINK_MODE);
	if (take_owner(owner != NULL ? owner : "", profile, error) < 0) {
		settings_blame(settings, SETTING_SINK_OWNER, error);
		return error_result(error);
	}
	if (path == NULL)
		return 0;
	result = take_path(path, &profile->sink, error);
	if (result == 0 && profile->username == NULL)
		result = error_set(error, ERROR_CONFIG, "a sink needs the user whose bearer it has: set username");
	if (result < 0)
		settings_blame(settings, SETTING_SINK, error);
	return result < 0 ? error_result(error) : 0;
}
