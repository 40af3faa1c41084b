/* SPDX-License-Identifier: Apache-2.0 */
#include "base/snapshot.h"

#include "base/file-hint.h"
#include "base/file.h"
#include "base/place.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Reading changes only st_atime. Timestamps have a granularity of some milliseconds, so they do not show every
 * change. */
static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return place_is_same_file(a, b) && a->st_size == b->st_size && a->st_mode == b->st_mode &&
	       a->st_uid == b->st_uid && a->st_gid == b->st_gid && a->st_nlink == b->st_nlink &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int refuse_changed(const char *path, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s has changed since it was read; nothing is written", path);
	error_hint(error, "run the command again");
	return -ERROR_CONFIG;
}

static int check_links(const struct stat *status, const char *path, struct error *error)
{
	if (status->st_nlink <= 1)
		return 0;
	error_set(error, ERROR_CONFIG, "%s has %lu hard links: the file would be replaced under this name only", path,
		  (unsigned long)status->st_nlink);
	error_hint(error, "remove the others (\"find -samefile\" lists them), or replace this one with a copy");
	return -ERROR_CONFIG;
}

static int take(struct snapshot *snapshot, int fd, const char *path, size_t limit, struct error *error)
{
	struct stat after;

	if (fstat(fd, &snapshot->status) < 0)
		return file_cannot("read", path, FILE_READ, ERROR_CONFIG, error);
	if (!S_ISREG(snapshot->status.st_mode))
		return error_set(error, ERROR_CONFIG, "%s is not a regular file", path);
	if (check_links(&snapshot->status, path, error) < 0 ||
	    file_read_descriptor(fd, path, limit, &snapshot->data, &snapshot->length, error) < 0)
		return error_result(error);
	if (fstat(fd, &after) < 0 || !is_unchanged(&snapshot->status, &after))
		return refuse_changed(path, error);
	return 0;
}

int snapshot_take(struct snapshot *snapshot, const char *path, size_t limit, struct error *error)
{
	/* O_NONBLOCK, to refuse a FIFO without waiting for it. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), result;

	memset(snapshot, 0, sizeof(*snapshot));
	if (fd < 0)
		return file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
	result = take(snapshot, fd, path, limit, error);
	close(fd);
	return result;
}

void snapshot_clear(struct snapshot *snapshot)
{
	wipe_free(snapshot->data);
	memset(snapshot, 0, sizeof(*snapshot));
}

static int check_unchanged(const struct place *place, const void *context, struct error *error)
{
	const struct snapshot *snapshot = context;
	struct stat opened, named;
	size_t length = 0;
	char *data = NULL;
	bool same;

	if (lseek(place->old, 0, SEEK_SET) < 0 ||
	    file_read_descriptor(place->old, place->path, snapshot->length, &data, &length, error) < 0)
		return refuse_changed(place->path, error);
	same = length == snapshot->length && memcmp(data, snapshot->data, length) == 0;
	wipe_free(data);
	same = same && fstat(place->old, &opened) == 0 && is_unchanged(&snapshot->status, &opened) &&
	       fstatat(place->folder, place->name, &named, AT_SYMLINK_NOFOLLOW) == 0 && is_unchanged(&opened, &named);
	return same ? 0 : refuse_changed(place->path, error);
}

/* Puts the data into the place if `check` agrees. */
static int put(const struct snapshot *snapshot, const char *path, const void *data, size_t length, place_check *check,
	       const void *context, struct error *error)
{
	struct place place = PLACE(path);
	struct stat status;
	int result;

	if (stat(path, &status) < 0 || !is_unchanged(&snapshot->status, &status))
		return refuse_changed(path, error);
	result = place_open(&place, &status, error);
	if (result == 0)
		result = place_put(&place, data, length, 0600, false, check, context, error);
	place_close(&place);
	return result;
}

int snapshot_replace(const struct snapshot *snapshot, const char *path, const void *data, size_t length,
		     struct error *error)
{
	return put(snapshot, path, data, length, check_unchanged, snapshot, error);
}

/* --- the rehearsal ----------------------------------------------------------------------------------------------- */

struct rehearsal {
	const struct snapshot *snapshot;
	bool *complete; /* nothing has failed before the file would have been replaced */
};

/* What makes only the rename fail. */
static int check_attributes(int fd, const char *what, const struct place *place, struct error *error)
{
	const unsigned long long fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status) < 0)
		return 0;
	if ((status.stx_attributes & fixed) != 0) {
		error_set(error, ERROR_CONFIG, "cannot replace %s: %s is immutable or append-only", place->path, what);
		error_hint(error, "remove the attribute with chattr -i or chattr -a");
		return -ERROR_CONFIG;
	}
	if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 && fd == place->old) {
		error_set(error, ERROR_CONFIG, "cannot replace %s: the file itself is mounted", place->path);
		error_hint(error, "mount the folder that has the file instead");
		return -ERROR_CONFIG;
	}
	return 0;
}

/* Fails even if all is well, so that the file stays. */
static int end_rehearsal(const struct place *place, const void *context, struct error *error)
{
	const struct rehearsal *rehearsal = context;

	if (check_unchanged(place, rehearsal->snapshot, error) < 0 ||
	    check_attributes(place->old, "it", place, error) < 0 ||
	    check_attributes(place->folder, "its folder", place, error) < 0)
		return error_result(error);
	*rehearsal->complete = true;
	return -ERROR_CONFIG;
}

int snapshot_rehearse(const struct snapshot *snapshot, const char *path, struct error *error)
{
	bool complete = false;
	const struct rehearsal rehearsal = { snapshot, &complete };
	int result = put(snapshot, path, snapshot->data, snapshot->length, end_rehearsal, &rehearsal, error);

	return complete ? 0 : result;
}
