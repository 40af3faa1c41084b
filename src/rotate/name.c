/* SPDX-License-Identifier: Apache-2.0 */
/* Names with a date for the new key and its certificate. */
#include "rotate/key.h"

#include "base/file-hint.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DATE_SIZE = 16, /* "2026-11-26" */
	COUNT_MAX = 99, /* names of one day */
};

static void write_date(time_t now, char date[DATE_SIZE])
{
	struct tm day;

	localtime_r(&now, &day);
	strftime(date, DATE_SIZE, "%Y-%m-%d", &day);
}

static const char date_form[] = "-dddd-dd-dd";
enum { DATE_LENGTH = sizeof(date_form) - 1 };

static bool ends_with_date(const char *name, size_t length)
{
	const char *end;
	size_t i = 0;

	if (length < DATE_LENGTH)
		return false;
	end = name + length - DATE_LENGTH;
	while (i < DATE_LENGTH && (date_form[i] == 'd' ? isdigit((unsigned char)end[i]) != 0 : end[i] == '-'))
		i++;
	return i == DATE_LENGTH;
}

/* The length of a name without the "-2026-11-26" or "-2026-11-26-2" at its end. */
static size_t undated(const char *name, size_t length)
{
	size_t end = length;

	while (end > 0 && isdigit((unsigned char)name[end - 1]) != 0)
		end--;
	if (end > 0 && end < length && name[end - 1] == '-' && ends_with_date(name, end - 1))
		return end - 1 - DATE_LENGTH;
	return ends_with_date(name, length) ? length - DATE_LENGTH : length;
}

/* NAME-DATE, or NAME-DATE-2 and so on; DATE if there is no name. NULL if memory is exhausted. */
static char *dated(const char *name, size_t length, const char *date, int count, const char *suffix)
{
	char number[16] = "", *text;

	if (count > 1)
		snprintf(number, sizeof(number), "-%d", count);
	if (asprintf(&text, "%.*s%s%s%s%s", (int)length, name, length > 0 && name[length - 1] != '/' ? "-" : "", date,
		     number, suffix) < 0)
		return NULL;
	return text;
}

int rotate_name_key(const char *old_uri, time_t now, char **uri, struct error *error)
{
	char date[DATE_SIZE], *old, *new = NULL;
	int result = p11_uri_label(old_uri, &old, error);

	*uri = NULL;
	if (result < 0)
		return result;
	write_date(now, date);
	for (int count = 1; count <= COUNT_MAX && (new == NULL || strcmp(new, old) == 0); count++) {
		free(new);
		new = dated(old, undated(old, strlen(old)), date, count, "");
		if (new == NULL)
			break;
	}
	result = new != NULL ? p11_uri_rename(old_uri, new, uri, error) : error_memory(error);
	free(old);
	free(new);
	return result;
}

/* --- the certificate --------------------------------------------------------------------------------------------- */

/* The path that the new one is made from: the old certificate's, or PROFILE.pem beside the configuration file.
 * NULL if memory is exhausted. */
static char *choose_model(const char *old, const char *config, const char *profile)
{
	const char *slash = strrchr(config, '/');
	char *path;
	struct stat status;

	if (old != NULL && stat(old, &status) == 0 && S_ISREG(status.st_mode) && strncmp(old, "/dev/", 5) != 0 &&
	    strncmp(old, "/proc/", 6) != 0)
		return file_absolute(old); /* a later run may start in another folder */
	if (asprintf(&path, "%.*s%s.pem", slash != NULL ? (int)(slash - config) + 1 : 0, config, profile) < 0)
		return NULL;
	for (char *c = path + (slash != NULL ? slash - config + 1 : 0); *c != '\0'; c++) {
		if (isalnum((unsigned char)*c) == 0 && strchr("-_.", *c) == NULL)
			*c = '_';
	}
	return path;
}

/* Where the suffix of the file's name begins, or the end. */
static const char *find_suffix(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	const char *dot = *name != '\0' ? strrchr(name + 1, '.') : NULL;

	return dot != NULL ? dot : path + strlen(path);
}

/* Checks, before anything is changed, that a file can be made in the folder of `path`. */
static int check_folder(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, slash > path ? (size_t)(slash - path) : 1);
	int result = folder != NULL ? 0 : error_memory(error);

	if (result == 0 && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
		result = file_cannot("put the new certificate into", folder, FILE_WRITE, ERROR_CONFIG, error);
	free(folder);
	return result;
}

int rotate_name_certificate(const char *old, const char *config, const char *profile, time_t now, char **path,
			    struct error *error)
{
	char date[DATE_SIZE], *model = choose_model(old, config, profile), *chosen = NULL;
	const char *suffix;
	int result = model != NULL ? check_folder(model, error) : error_memory(error);

	*path = NULL;
	suffix = model != NULL ? find_suffix(model) : NULL;
	write_date(now, date);
	for (int count = 1; result == 0 && *path == NULL; count++) {
		free(chosen);
		chosen = dated(model, undated(model, (size_t)(suffix - model)), date, count, suffix);
		if (chosen == NULL)
			result = error_memory(error);
		else if (faccessat(AT_FDCWD, chosen, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
			*path = chosen;
		else if (count == COUNT_MAX)
			result = error_set(error, ERROR_CONFIG, "cannot name the new certificate: %s exists", chosen);
	}
	if (*path == NULL)
		free(chosen);
	free(model);
	return result;
}
