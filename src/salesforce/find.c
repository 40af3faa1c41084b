/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the settings file below a folder. */
#include "salesforce/appfile.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DEPTH_MAX = 8,   /* force-app/main/default/extlClntAppGlobalOauthSets/FILE is five deep */
	NAMED_MOST = 10, /* of many files, so many are listed */
};

static int collect(FTS *tree, char **found, size_t *count, struct error *error)
{
	FTSENT *entry;

	error_set(error, ERROR_CONFIG, "more than one settings file:");
	while ((errno = 0, entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_D && entry->fts_level > 0 &&
		    (entry->fts_level >= DEPTH_MAX || entry->fts_name[0] == '.'))
			fts_set(tree, entry, FTS_SKIP);
		if ((entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) && entry->fts_level == 0)
			return error_set(error, ERROR_CONFIG, "cannot read %s: %s", entry->fts_path, strerror(entry->fts_errno));
		if (entry->fts_info != FTS_F || !appfile_has_suffix(entry->fts_name, APPFILE_GLOBAL_OAUTH))
			continue;
		if ((*count)++ < NAMED_MOST)
			error_append(error, "\n  %s", entry->fts_path);
		if (*found == NULL && (*found = strdup(entry->fts_path)) == NULL)
			return error_memory(error);
	}
	return 0;
}

static int find_below(const char *path, char **found, struct error *error)
{
	/* fts_open takes no const; it copies the path. */
	char *copy = strdup(path), *paths[] = { copy, NULL };
	FTS *tree = copy != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL) : NULL;
	size_t count = 0;
	int result;

	if (tree == NULL) {
		free(copy);
		return error_memory(error);
	}
	result = collect(tree, found, &count, error);
	fts_close(tree);
	free(copy);
	if (result == 0 && count == 0) {
		result = error_set(error, ERROR_CONFIG, "there is no settings file (*%s-meta.xml or *%s) in %s",
				   appfile_kinds[APPFILE_GLOBAL_OAUTH].suffix, appfile_kinds[APPFILE_GLOBAL_OAUTH].suffix, path);
	} else if (result == 0 && count > 1) {
		error_hint(error, "%s%s", count > NAMED_MOST ? "and more; " : "", "name one of them");
		result = -ERROR_CONFIG;
	}
	return result;
}

int appfile_find(const char *path, char **found, struct error *error)
{
	struct stat status;
	int result;

	*found = NULL;
	if (stat(path, &status) < 0)
		return error_set(error, ERROR_CONFIG, "cannot open %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return error_set(error, ERROR_CONFIG, "%s is neither a file nor a folder", path);
	if (S_ISREG(status.st_mode)) {
		*found = strdup(path);
		return *found != NULL ? 0 : error_memory(error);
	}
	result = find_below(path, found, error);
	if (result < 0) {
		free(*found);
		*found = NULL;
	}
	return result;
}
