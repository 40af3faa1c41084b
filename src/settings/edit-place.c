/* SPDX-License-Identifier: Apache-2.0 */
/* Which file can set the values of a profile. */
#include "settings/edit.h"

#include "base/descriptor.h"
#include "base/file.h"
#include "base/snapshot.h"
#include "settings/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct search {
	const struct settings *settings;
	const char *profile;
	const enum setting_id *ids;
	size_t count;
};

static enum layer layer_of(const struct settings *settings, enum setting_id id)
{
	const struct values *values = &settings->values[id];

	return values->count > 0 ? values->list[0].layer : LAYER_NONE;
}

/* Adds the lines to set to an error. `path` is NULL if no file can have them. */
static int name_lines(const struct search *search, const char *path, struct error *error)
{
	error_append(error, "; the lines to set are:");
	error_append(error, "\n  [%s]", search->profile);
	for (size_t i = 0; i < search->count; i++)
		error_append(error, "\n  %s = …", settings_name(search->ids[i]));
	if (error->hint[0] == '\0' && path != NULL)
		error_hint(error, "let someone who can replace %s set them", path);
	else if (error->hint[0] == '\0')
		error_hint(error, "set them in a configuration file, and nowhere else");
	return error_result(error);
}

/* Fails if the profile's section in the file cannot set one of the values, because something later does; or cannot
 * remove it, because something earlier does. */
static int check_layers(const struct search *search, enum layer layer, struct error *error)
{
	for (size_t i = 0; i < search->count; i++) {
		enum setting_id id = search->ids[i];
		bool is_next = id == SETTING_NEXT_KEY || id == SETTING_NEXT_CERTIFICATE; /* which is removed at last */
		unsigned layers = search->settings->values[id].layers;

		if (layer_of(search->settings, id) > layer)
			error_set(error, ERROR_CONFIG, "cannot change profile %s: %s sets %s", search->profile,
				  settings_origin(search->settings, id), settings_name(id));
		else if (is_next && (layers & ((1U << layer) - 1)) != 0)
			error_set(error, ERROR_CONFIG, "cannot change profile %s: another section or file sets %s too",
				  search->profile, settings_name(id));
		else
			continue;
		return name_lines(search, NULL, error);
	}
	return 0;
}

/* Checks that the file can be replaced, and changes nothing. */
static int check_file(const struct search *search, const char *path, struct error *error)
{
	struct snapshot snapshot;
	int descriptor, result;

	if (descriptor_path(path, &descriptor)) {
		error_set(error, ERROR_CONFIG, "cannot replace %s: it is a descriptor of this process", path);
		return name_lines(search, NULL, error);
	}
	result = snapshot_take(&snapshot, path, CONFIG_MAX, error);
	if (result == 0)
		result = snapshot_rehearse(&snapshot, path, error);
	snapshot_clear(&snapshot);
	if (result == 0)
		return 0;
	error->class = ERROR_CONFIG;
	return name_lines(search, path, error);
}

static int choose(const struct search *search, enum setting_id key, char user[PATH_MAX], const char **path,
		  struct error *error)
{
	enum layer found = layer_of(search->settings, key), layer;

	*path = CONFIG_SYSTEM_PATH;
	if (found == LAYER_NONE) {
		error_set(error, ERROR_CONFIG, "cannot change profile %s: no configuration file sets %s",
			  search->profile, settings_name(key));
		return name_lines(search, NULL, error);
	}
	if (found > LAYER_USER_PROFILE) {
		error_set(error, ERROR_CONFIG, "cannot change profile %s: %s sets %s", search->profile,
			  settings_origin(search->settings, key), settings_name(key));
		return name_lines(search, NULL, error);
	}
	layer = found <= LAYER_SYSTEM_PROFILE ? LAYER_SYSTEM_PROFILE : LAYER_USER_PROFILE;
	if (layer == LAYER_USER_PROFILE)
		*path = config_user_path(search->settings, user, PATH_MAX) ? user : "";
	return check_layers(search, layer, error);
}

int settings_edit_place(const struct settings *settings, enum setting_id key, const enum setting_id *ids, size_t count,
			char **path, struct error *error)
{
	const struct search search = { settings, settings_text(settings, SETTING_PROFILE), ids, count };
	char user[PATH_MAX];
	const char *chosen;

	*path = NULL;
	/* The section [default] is for all profiles. */
	if (search.profile == NULL || strcmp(search.profile, "default") == 0) {
		error_set(error, ERROR_CONFIG, "no profile is chosen, so no section can have the values");
		error_hint(error, "choose one with --profile; put %s into a section of its own",
			   settings_name(key));
		return -ERROR_CONFIG;
	}
	if (choose(&search, key, user, &chosen, error) < 0)
		return error_result(error);
	*path = file_absolute(chosen); /* a later run may start in another folder */
	if (*path == NULL)
		return error_set(error, ERROR_UNEXPECTED, "cannot find the folder of %s: %s", chosen, strerror(errno));
	if (check_file(&search, *path, error) == 0)
		return 0;
	free(*path);
	*path = NULL;
	return error_result(error);
}
