/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(FTS *tree, size_t prefix, walk_visit *visit, void *context, struct error *error)
{
	FTSENT *entry;

	while ((errno = 0, entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_D && entry->fts_level > 0 &&
		    (entry->fts_level >= DEPTH_MAX || entry->fts_name[0] == '.'))
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			return error_set(error, ERROR_CONFIG, "cannot read %s: %s", entry->fts_path, strerror(entry->fts_errno));
		if (entry->fts_info == FTS_F && visit(context, entry->fts_path, entry->fts_path + prefix, error) < 0)
			return error_result(error);
	}
	return errno == 0 ? 0 : error_set(error, ERROR_CONFIG, "cannot read all folders: %s", strerror(errno));
}

int walk_files(const char *folder, walk_visit *visit, void *context, struct error *error)
{
	size_t length = strlen(folder);
	char *copy, *paths[2] = { NULL, NULL };
	FTS *tree;
	int result;

	while (length > 1 && folder[length - 1] == '/')
		length--;
	/* fts_open takes no const; it copies the path. */
	copy = paths[0] = strndup(folder, length);
	tree = copy != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
	if (tree == NULL) {
		free(copy);
		return error_memory(error);
	}
	result = walk(tree, copy[length - 1] == '/' ? length : length + 1, visit, context, error);
	fts_close(tree);
	free(copy);
	return result;
}
