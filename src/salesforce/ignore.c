/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/ignore.h"

#include "base/file-hint.h"
#include "base/file.h"
#include "salesforce/ignore-line.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IGNORE_FILE ".forceignore"
#define PROJECT_FILE "sfdx-project.json"

enum { BYTES_MAX = 1 << 20 };

struct pattern {
	char *text;
	char **part; /* of the text, cut at its slashes */
	size_t count;
	bool folders_only;
	size_t line;
};

struct ignore {
	char file[PATH_MAX];
	char prefix[PATH_MAX]; /* from the file's folder to that of ignore_read: empty, or with a final slash */
	struct pattern *patterns;
	size_t count;
	locale_t locale; /* in which '?' matches a character of UTF-8; 0 if not available */
};

/* --- parts ------------------------------------------------------------------------------------------------------- */

/* Splits the text at its slashes. `part` has room for one part per byte. */
static size_t cut(char *text, char **part)
{
	size_t count = 0;
	char *rest = NULL;

	for (char *next = strtok_r(text, "/", &rest); next != NULL; next = strtok_r(NULL, "/", &rest))
		part[count++] = next;
	return count;
}

/* Whether the part consists of two or more asterisks. */
static bool is_any_folders(const char *part)
{
	return part[strspn(part, "*")] == '\0' && strlen(part) >= 2;
}

/* Applies "**". reached[i] says whether the parts so far match the first i names. */
static void reach_any(bool *reached, size_t names, bool is_last)
{
	bool before = false;

	for (size_t i = 0; i <= names; i++) {
		bool here = reached[i];

		/* At the end, "**" matches everything in a folder, but not the folder. */
		reached[i] = before || (here && !is_last);
		before = before || here;
	}
}

static void reach_one(bool *reached, const char *part, char *const *name, size_t names)
{
	for (size_t i = names; i > 0; i--)
		reached[i] = reached[i - 1] && fnmatch(part, name[i - 1], FNM_CASEFOLD) == 0;
	reached[0] = false;
}

/* Whether the pattern matches the path, whose parts are `name`, or a folder on it. */
static bool matches(const struct pattern *pattern, char *const *name, size_t names)
{
	size_t last = names - (pattern->folders_only ? 1 : 0);
	bool reached[PATH_MAX];

	memset(reached, 0, (names + 1) * sizeof(*reached));
	reached[0] = true;
	for (size_t i = 0; i < pattern->count; i++) {
		if (is_any_folders(pattern->part[i]))
			reach_any(reached, names, i + 1 == pattern->count);
		else
			reach_one(reached, pattern->part[i], name, names);
	}
	for (size_t i = 1; i <= last; i++) {
		if (reached[i])
			return true;
	}
	return false;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

static int add_line(struct ignore *ignore, char *text, size_t line, struct error *error)
{
	struct pattern *grown, *pattern;
	const char *fault;
	bool anywhere;

	ignore_line_trim(text);
	/* Some files have comments that begin with "//". In git, a pattern with two slashes matches nothing. */
	if (text[strspn(text, "/")] == '\0' || text[0] == '#' || strncmp(text, "//", 2) == 0)
		return 0;
	fault = ignore_line_fault(text);
	if (fault != NULL) {
		error_set(error, ERROR_CONFIG, "cannot apply line %zu of %s: it %s", line, ignore->file, fault);
		error_hint(error, "change the line; see FILE NAMES AND .FORCEIGNORE in p11bearer(1)");
		return -ERROR_CONFIG;
	}
	if (strstr(text, "//") != NULL)
		return 0;
	grown = realloc(ignore->patterns, (ignore->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return error_memory(error);
	ignore->patterns = grown;
	pattern = &grown[ignore->count++];
	*pattern = (struct pattern){ .line = line, .folders_only = text[strlen(text) - 1] == '/' };
	/* A slash that is not at the end anchors the pattern to the folder of .forceignore. */
	anywhere = strcspn(text, "/") >= strlen(text) - (pattern->folders_only ? 1 : 0);
	pattern->part = malloc((strlen(text) + 1) * sizeof(*pattern->part));
	if (asprintf(&pattern->text, "%s%s", anywhere ? "**/" : "", text) < 0)
		pattern->text = NULL;
	if (pattern->part == NULL || pattern->text == NULL)
		return error_memory(error);
	pattern->count = cut(pattern->text, pattern->part);
	return 0;
}

static int read_lines(struct ignore *ignore, struct error *error)
{
	char *data, *text, *rest;
	size_t length, line = 0;
	int result = file_read(ignore->file, BYTES_MAX, &data, &length, error);

	if (result < 0)
		return result;
	if (memchr(data, '\0', length) != NULL)
		result = error_set(error, ERROR_CONFIG, "%s is not UTF-8 text", ignore->file);
	rest = data + (strncmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	while (result == 0 && (text = strsep(&rest, "\n")) != NULL)
		result = add_line(ignore, text, ++line, error);
	free(data);
	return result;
}

/* --- the file ---------------------------------------------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name, char path[PATH_MAX])
{
	struct stat status;

	/* lstat, so that a dangling link is found here, and reported when it is read. */
	return snprintf(path, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < PATH_MAX &&
	       lstat(path, &status) == 0;
}

/* Searches `folder`, an absolute path, and its parents. Sets file, empty if it finds no file, and prefix. */
static void find_file(struct ignore *ignore, const char *folder)
{
	char at[PATH_MAX], path[PATH_MAX], found[PATH_MAX] = "";
	size_t length;
	bool is_first = true;

	snprintf(at, sizeof(at), "%s", folder);
	for (;; is_first = false) {
		bool is_project = has_file(at, PROJECT_FILE, path);

		if (found[0] == '\0' && has_file(at, IGNORE_FILE, path)) {
			snprintf(found, sizeof(found), "%s", path);
			length = strlen(at);
			snprintf(ignore->prefix, sizeof(ignore->prefix), "%s",
				 folder + length + (folder[length] == '/' ? 1 : 0));
			if (is_first)
				snprintf(ignore->file, sizeof(ignore->file), "%s", found);
		}
		if (is_project) {
			snprintf(ignore->file, sizeof(ignore->file), "%s", found);
			break;
		}
		if (strrchr(at, '/') == at)
			break;
		*strrchr(at, '/') = '\0';
	}
	if (ignore->prefix[0] != '\0')
		strncat(ignore->prefix, "/", sizeof(ignore->prefix) - strlen(ignore->prefix) - 1);
}

int ignore_read(const char *path, struct ignore **ignore, struct error *error)
{
	struct ignore *fresh = calloc(1, sizeof(*fresh));
	char *real = realpath(path, NULL);
	struct stat status;
	int result = 0;

	*ignore = NULL;
	if (fresh == NULL || real == NULL) {
		result = file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
		goto out;
	}
	if (stat(real, &status) == 0 && !S_ISDIR(status.st_mode))
		*strrchr(real, '/') = '\0';
	find_file(fresh, real[0] != '\0' ? real : "/");
	fresh->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (fresh->file[0] != '\0')
		result = read_lines(fresh, error);
out:
	free(real);
	if (result < 0)
		ignore_free(&fresh);
	*ignore = fresh;
	return result;
}

void ignore_free(struct ignore **ignore)
{
	struct ignore *old = *ignore;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++) {
		free(old->patterns[i].text);
		free(old->patterns[i].part);
	}
	free(old->patterns);
	if (old->locale != (locale_t)0)
		freelocale(old->locale);
	free(old);
	*ignore = NULL;
}

size_t ignore_line(const struct ignore *ignore, const char *below)
{
	locale_t before = ignore->locale != (locale_t)0 ? uselocale(ignore->locale) : (locale_t)0;
	char path[2 * PATH_MAX], *name[PATH_MAX];
	size_t names, line = 0;

	snprintf(path, sizeof(path), "%s%s", ignore->prefix, below);
	names = cut(path, name);
	for (size_t i = 0; i < ignore->count && line == 0; i++) {
		if (matches(&ignore->patterns[i], name, names))
			line = ignore->patterns[i].line;
	}
	if (before != (locale_t)0)
		uselocale(before);
	return line;
}

const char *ignore_path(const struct ignore *ignore)
{
	return ignore->file;
}
