/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes: cmocka, and the few helpers that more than one room's tests need. */
#ifndef P11BEARER_TESTS_UNIT_H
#define P11BEARER_TESTS_UNIT_H

/* cmocka.h wants these before it, in this order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Does `text` contain `part`? Shows both if not: a bare "false" helps nobody. */
#define assert_contains(text, part) unit_contains((text), (part), true, __FILE__, __LINE__)
#define assert_lacks(text, part) unit_contains((text), (part), false, __FILE__, __LINE__)
static inline void unit_contains(const char *text, const char *part, bool wanted, const char *file, int line)
{
	if ((strstr(text, part) != NULL) == wanted)
		return;
	print_error("\"%s\" %s \"%s\"\n", text, wanted ? "lacks" : "contains", part);
	_fail(file, line);
}

/* Did the call fail with the class, in its value and in the error, and with a sentence? */
#define assert_fails(call, wanted, error) unit_fails((call), (wanted), (error), __FILE__, __LINE__)
static inline void unit_fails(int result, enum error_class wanted, const struct error *error, const char *file, int line)
{
	if (result == -(int)wanted && error->class == wanted && error->text[0] != '\0')
		return;
	print_error("result %d, class %d, text \"%s\"; wanted class %d\n", result, (int)error->class, error->text,
		    (int)wanted);
	_fail(file, line);
}

/* Did the call succeed? */
#define assert_works(call, error) unit_works((call), (error), __FILE__, __LINE__)
static inline void unit_works(int result, const struct error *error, const char *file, int line)
{
	if (result == 0)
		return;
	print_error("result %d: %s\n", result, error->text);
	_fail(file, line);
}

/* --- a folder for each test, gone after it, also when the test fails --------------------------------------------- */

struct unit_folder {
	char path[64];
};

static inline int unit_folder_make(void **state)
{
	struct unit_folder *folder = calloc(1, sizeof(*folder));

	if (folder == NULL)
		return -1;
	snprintf(folder->path, sizeof(folder->path), "/tmp/p11bearer-unit-XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) != NULL ? 0 : -1;
}

static inline int unit_remove(const char *path, const struct stat *status, int type, struct FTW *position)
{
	(void)status;
	(void)type;
	(void)position;
	return remove(path);
}

static inline int unit_folder_remove(void **state)
{
	struct unit_folder *folder = *state;
	int result = nftw(folder->path, unit_remove, 16, FTW_DEPTH | FTW_PHYS);

	free(folder);
	return result;
}

/* The path of `name` in the test's folder. Of static memory, overwritten by the eighth next call. */
static inline const char *unit_path(void **state, const char *name)
{
	static char paths[8][512];
	static unsigned next;
	const struct unit_folder *folder = *state;
	char *path = paths[next++ % COUNT(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

/* Makes a file with the content and mode. */
static inline void unit_put(const char *path, const void *data, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	assert_int_equal(fchmod(fd, mode), 0); /* whatever the umask is */
	assert_int_equal(close(fd), 0);
}

/* What is in the file, at most 63 bytes; NULL if it cannot be opened. Of static memory, overwritten by the next call. */
static inline const char *unit_content(const char *path)
{
	static char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return NULL;
	text[got] = '\0';
	return text;
}

/* How many entries the folder has. */
static inline size_t unit_entries(const char *folder)
{
	DIR *stream = opendir(folder);
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream) != NULL)
		count++;
	closedir(stream);
	return count - 2;
}

#define TEST_IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, unit_folder_make, unit_folder_remove)

#endif
