/* SPDX-License-Identifier: Apache-2.0 */
/* The journal and its lock. The lock is on a file beside the journal, because each save replaces the journal. */
#include "rotate/journal-record.h"

#include "base/file-hint.h"
#include "base/file.h"
#include "base/place.h"
#include "base/trust.h"
#include "process/write.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	JOURNAL_MAX = 1 << 20, /* bytes */
	NAME_BYTES = 16,       /* of the path's SHA-256 */
	NAME_SIZE = 64,
	PID_SIZE = 16,
};

struct journal {
	char folder_path[PATH_MAX];
	char name[NAME_SIZE], lock_name[NAME_SIZE];
	char path[PATH_MAX + NAME_SIZE], lock_path[PATH_MAX + NAME_SIZE];
	int folder, lock; /* descriptors; negative: none */
	bool exists;
	struct rotate_record record;
};

/* --- where it is ------------------------------------------------------------------------------------------------- */

/* $STATE_DIRECTORY may list several folders (systemd.exec(5)). The XDG specification says to ignore relative paths. */
static bool choose_folder(char path[PATH_MAX])
{
	const char *state = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length = -1;

	if (state != NULL && state[0] == '/')
		length = snprintf(path, PATH_MAX, "%.*s", (int)strcspn(state, ":"), state);
	else if (xdg != NULL && xdg[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/p11bearer", xdg);
	else if (home != NULL && home[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/.local/state/p11bearer", home);
	return length > 0 && length < PATH_MAX;
}

/* Makes the folder, and those that lead to it. Returns 0, or -1 with errno set. */
static int make_folder(char *path)
{
	for (char *end = path; *end != '\0';) {
		char next;
		bool is_there;

		end += 1 + strcspn(end + 1, "/");
		next = *end;
		*end = '\0';
		is_there = access(path, F_OK) == 0 || mkdir(path, 0700) == 0 || errno == EEXIST;
		*end = next;
		if (!is_there)
			return -1;
	}
	return 0;
}

/* Opens the folder, and `makes` it if it is missing; otherwise the descriptor of a missing one stays negative. */
static int open_folder(struct journal *journal, bool makes, struct error *error)
{
	char *path = journal->folder_path;

	if (!choose_folder(path)) {
		error_set(error, ERROR_CONFIG, "there is no folder for the journal of the rotation");
		error_hint(error, "set HOME, XDG_STATE_HOME or STATE_DIRECTORY to an absolute path");
		return -ERROR_CONFIG;
	}
	if (makes && make_folder(path) < 0)
		return file_cannot("make the folder", path, FILE_WRITE, ERROR_CONFIG, error);
	journal->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (journal->folder < 0 && !makes && errno == ENOENT)
		return 0;
	if (journal->folder < 0)
		return file_cannot("open the folder", path, FILE_READ, ERROR_CONFIG, error);
	return trust_check(path, journal->folder, ERROR_CONFIG, error);
}

static int name_files(struct journal *journal, const char *app, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * NAME_BYTES + 1];

	if (EVP_Digest(app, strlen(app), digest, NULL, EVP_sha256(), NULL) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot name the journal of the rotation");
	for (size_t i = 0; i < NAME_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	snprintf(journal->name, sizeof(journal->name), "rotate-%s.json", hex);
	snprintf(journal->lock_name, sizeof(journal->lock_name), "rotate-%s.lock", hex);
	snprintf(journal->path, sizeof(journal->path), "%s/%s", journal->folder_path, journal->name);
	snprintf(journal->lock_path, sizeof(journal->lock_path), "%s/%s", journal->folder_path, journal->lock_name);
	return 0;
}

/* Opens a file in the folder, which must be a regular one that only root and the user can change. Returns its
 * descriptor. */
static int open_file(const struct journal *journal, const char *name, const char *path, int flags, struct error *error)
{
	int fd = openat(journal->folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat status;
	int result;

	if (fd < 0 && errno == ELOOP) {
		error_set(error, ERROR_CONFIG, "%s is a link", path);
		error_hint(error, "find out who made it, and remove it");
		return -ERROR_CONFIG;
	}
	if (fd < 0)
		return file_cannot("open", path, FILE_WRITE, ERROR_CONFIG, error);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		result = error_set(error, ERROR_CONFIG, "%s is not a regular file", path);
	else
		result = trust_check_descriptor(fd, path, ERROR_CONFIG, error);
	if (result == 0)
		return fd;
	close(fd);
	return result;
}

/* --- the lock ---------------------------------------------------------------------------------------------------- */

static int refuse_locked(int lock, const char *app, struct error *error)
{
	char pid[PID_SIZE] = "";
	ssize_t length = pread(lock, pid, sizeof(pid) - 1, 0);

	pid[length > 0 ? strspn(pid, "0123456789") : 0] = '\0';
	error_set(error, ERROR_CONFIG, "another process rotates the key of %s", app);
	if (pid[0] != '\0') /* it may not have written it yet */
		error_append(error, ": pid %s", pid);
	error_hint(error, "wait until it has ended");
	return -ERROR_CONFIG;
}

static int write_pid(const struct journal *journal, struct error *error)
{
	char pid[PID_SIZE];
	int length = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

	if (ftruncate(journal->lock, 0) < 0 || pwrite(journal->lock, pid, (size_t)length, 0) != length)
		return place_cannot_write(journal->lock_path, error);
	return 0;
}

/* The holder removes the file before it gives up the lock, so the file that was locked may no longer have the name.
 * Then others lock another file: tries again. */
static int take_lock(struct journal *journal, const char *app, struct error *error)
{
	while (true) {
		struct stat locked, named;
		int lock = open_file(journal, journal->lock_name, journal->lock_path, O_RDWR | O_CREAT, error);

		if (lock < 0)
			return lock;
		if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
			int result = errno == EWOULDBLOCK ? refuse_locked(lock, app, error) :
				     file_cannot("lock", journal->lock_path, FILE_WRITE, ERROR_CONFIG, error);

			close(lock);
			return result;
		}
		if (fstat(lock, &locked) == 0 &&
		    fstatat(journal->folder, journal->lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    place_is_same_file(&locked, &named)) {
			journal->lock = lock;
			return write_pid(journal, error);
		}
		close(lock);
	}
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

static int parse(struct journal *journal, const char *app, const char *text, size_t length, struct error *error)
{
	errno = 0;
	if (strlen(text) == length && record_parse(&journal->record, text) &&
	    strcmp(journal->record.settings_file, app) == 0)
		return 0;
	if (errno == ENOMEM)
		return error_memory(error);
	error_set(error, ERROR_CONFIG, "the journal %s is damaged", journal->path);
	error_hint(error, "restore it, or remove it after you have found out which key the org accepts and which one "
			  "the profile names");
	return -ERROR_CONFIG;
}

static int read_journal(struct journal *journal, const char *app, struct error *error)
{
	char *text = NULL;
	size_t length;
	int fd, result;

	if (faccessat(journal->folder, journal->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	fd = open_file(journal, journal->name, journal->path, O_RDONLY, error);
	if (fd < 0)
		return fd;
	result = file_read_descriptor(fd, journal->path, JOURNAL_MAX, &text, &length, error);
	close(fd);
	if (result == 0)
		result = parse(journal, app, text, length, error);
	free(text);
	journal->exists = result == 0;
	return result;
}

static int open_in(struct journal **journal, const char *app, bool writable, struct error *error)
{
	struct journal *new = calloc(1, sizeof(*new));

	*journal = new;
	if (new == NULL)
		return error_memory(error);
	new->folder = new->lock = -1;
	if (open_folder(new, writable, error) < 0 || name_files(new, app, error) < 0 ||
	    (writable && take_lock(new, app, error) < 0))
		return error_result(error);
	return new->folder >= 0 ? read_journal(new, app, error) : 0;
}

int journal_open(struct journal **journal, const char *app, struct error *error)
{
	return open_in(journal, app, true, error);
}

int journal_look(struct journal **journal, const char *app, struct error *error)
{
	return open_in(journal, app, false, error);
}

void journal_close(struct journal **journal)
{
	struct journal *old = *journal;

	if (old == NULL)
		return;
	if (old->lock >= 0) {
		unlinkat(old->folder, old->lock_name, 0);
		close(old->lock);
	}
	if (old->folder >= 0)
		close(old->folder);
	record_clear(&old->record);
	free(old);
	*journal = NULL;
}

struct rotate_record *journal_record(struct journal *journal)
{
	return &journal->record;
}

bool journal_exists(const struct journal *journal)
{
	return journal->exists;
}

const char *journal_path(const struct journal *journal)
{
	return journal->path;
}

int journal_save(struct journal *journal, struct error *error)
{
	char *text = record_print(&journal->record);
	int result;

	if (text == NULL)
		return error_memory(error);
	result = write_file_in(journal->folder, journal->name, journal->path, text, strlen(text), 0600, error);
	free(text);
	journal->exists |= result == 0;
	return result;
}

int journal_remove(struct journal *journal, struct error *error)
{
	if (unlinkat(journal->folder, journal->name, 0) < 0 && errno != ENOENT)
		return file_cannot("remove", journal->path, FILE_WRITE, ERROR_UNEXPECTED, error);
	(void)fsync(journal->folder); /* or a crash may bring it back */
	journal->exists = false;
	return 0;
}
