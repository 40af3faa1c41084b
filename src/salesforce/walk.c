/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/walk.h"

#include "base/file-hint.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A name that is only an app file's suffix is a mistake: its dot is not meant to hide the file. */
static bool is_hidden(const FTSENT *entry)
{
	return entry->fts_name[0] == '.' && strncasecmp(entry->fts_name, ".eca", 4) != 0;
}

int walk_look(const char *path, struct stat *status, struct error *error)
{
	if (stat(path, status) < 0)
		return file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
	if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode))
		return 0;
	error_set(error, ERROR_CONFIG, "%s is neither a file nor a folder", path);
	error_hint(error, "name the app's folder, or one of its files");
	return -ERROR_CONFIG;
}

bool walk_is_file(const char *path, enum walk_kind kind)
{
	struct stat status;

	return kind == WALK_FILE || (kind == WALK_LINK && stat(path, &status) == 0 && S_ISREG(status.st_mode));
}

static enum walk_kind kind_of(const FTSENT *entry)
{
	if (entry->fts_info == FTS_F)
		return WALK_FILE;
	return entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE ? WALK_LINK : WALK_OTHER;
}

static int walk(FTS *tree, size_t prefix, walk_visit *visit, void *context, size_t *left_out, struct error *error)
{
	FTSENT *entry;

	while ((errno = 0, entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_DP || (entry->fts_info == FTS_D && entry->fts_level == 0))
			continue;
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
			errno = entry->fts_errno;
			return file_cannot("read", entry->fts_path, FILE_READ, ERROR_CONFIG, error);
		}
		if (is_hidden(entry) || (entry->fts_info == FTS_D && entry->fts_level > WALK_DEPTH_MAX)) {
			*left_out += is_hidden(entry) ? 0 : 1;
			fts_set(tree, entry, FTS_SKIP);
		} else if (entry->fts_info != FTS_D) {
			if (visit(context, entry->fts_path, entry->fts_path + prefix, kind_of(entry), error) < 0)
				return error_result(error);
		}
	}
	return errno == 0 ? 0 : error_set(error, ERROR_CONFIG, "cannot read all folders: %s", strerror(errno));
}

int walk_files(const char *folder, walk_visit *visit, void *context, size_t *left_out, struct error *error)
{
	size_t length = strlen(folder), ignored = 0;
	char *copy, *paths[2] = { NULL, NULL };
	FTS *tree;
	int result;

	while (length > 1 && folder[length - 1] == '/')
		length--;
	/* fts_open does not take const; it copies the path. */
	copy = paths[0] = strndup(folder, length);
	tree = copy != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
	if (tree == NULL) {
		free(copy);
		return error_memory(error);
	}
	result = walk(tree, copy[length - 1] == '/' ? length : length + 1, visit, context,
		      left_out != NULL ? left_out : &ignored, error);
	fts_close(tree);
	free(copy);
	return result;
}
