/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the settings file below a folder. */
#include "salesforce/appfile.h"
#include "salesforce/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMED_MOST = 10 }; /* of many files, so many are listed */

struct search {
	char *found;
	size_t count;
};

static int collect(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	struct search *search = context;

	(void)below;
	if (!appfile_has_suffix(path, APPFILE_GLOBAL_OAUTH) || !walk_is_file(path, kind))
		return 0;
	if (search->count++ < NAMED_MOST)
		error_append(error, "\n  %s", path);
	if (search->found == NULL && (search->found = strdup(path)) == NULL)
		return error_memory(error);
	return 0;
}

static int find_below(const char *path, char **found, struct error *error)
{
	const char *suffix = appfile_kinds[APPFILE_GLOBAL_OAUTH].suffix;
	struct search search = { NULL, 0 };
	int result;

	error_set(error, ERROR_CONFIG, "more than one settings file:");
	result = walk_files(path, collect, &search, NULL, error);
	*found = search.found;
	if (result == 0 && search.count == 0) {
		result = error_set(error, ERROR_CONFIG, "there is no settings file (*%s-meta.xml or *%s) in %s", suffix, suffix,
				   path);
	} else if (result == 0 && search.count > 1) {
		error_hint(error, "%s%s", search.count > NAMED_MOST ? "and more; " : "", "name one of them");
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
