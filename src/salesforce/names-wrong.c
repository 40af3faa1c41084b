/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the wrong names in a folder. */
#include "salesforce/names.h"

#include "salesforce/appfile.h"
#include "salesforce/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMED_MAX = 10 }; /* so that an error has room for them */

static int add_linked(struct names *names, const char *path, struct error *error)
{
	struct names_inode *grown = realloc(names->linked, (names->linked_count + 1) * sizeof(*grown));
	struct stat status;

	if (grown == NULL)
		return error_memory(error);
	names->linked = grown;
	if (stat(path, &status) == 0)
		grown[names->linked_count++] = (struct names_inode){ status.st_dev, status.st_ino };
	return 0;
}

static int add_wrong(struct names *names, const char *path, const struct error *why, struct error *error)
{
	struct names_wrong *grown = realloc(names->wrong, (names->count + 1) * sizeof(*grown)), *wrong;
	struct stat status;

	if (grown == NULL)
		return error_memory(error);
	names->wrong = grown;
	wrong = &grown[names->count++];
	*wrong = (struct names_wrong){ .path = strdup(path), .text = strdup(why->text) };
	if (lstat(path, &status) == 0)
		wrong->inode = (struct names_inode){ status.st_dev, status.st_ino };
	return wrong->path != NULL && wrong->text != NULL ? 0 : error_memory(error);
}

int names_add(struct names *names, const char *path, bool is_link, struct error *error)
{
	enum appfile_type type;
	struct error why;

	if (is_link && appfile_type_of(path, &type))
		return add_linked(names, path, error);
	return names_is_backup(path) || names_check(path, &why) == 0 ? 0 : add_wrong(names, path, &why, error);
}

const struct names_wrong *names_next(const struct names *names, size_t *index)
{
	while (*index < names->count) {
		const struct names_wrong *wrong = &names->wrong[(*index)++];
		bool is_linked = false;

		for (size_t i = 0; i < names->linked_count && !is_linked; i++)
			is_linked = wrong->inode.device == names->linked[i].device &&
				    wrong->inode.number == names->linked[i].number;
		if (!is_linked)
			return wrong;
	}
	return NULL;
}

int names_refuse(const struct names *names, struct error *error)
{
	const struct names_wrong *wrong;
	size_t index = 0, count = 0;

	for (; (wrong = names_next(names, &index)) != NULL; count++) {
		if (count == 0)
			error_set(error, ERROR_CONFIG, "%s", wrong->text);
		else if (count < NAMED_MAX)
			error_append(error, "\n  %s", wrong->text);
	}
	if (count == 0)
		return 0;
	if (count > NAMED_MAX)
		error_append(error, "\n  and %zu more", count - NAMED_MAX);
	error_hint(error, NAMES_HINT);
	return error_result(error);
}

void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->wrong[i].path);
		free(names->wrong[i].text);
	}
	free(names->wrong);
	free(names->linked);
	memset(names, 0, sizeof(*names));
}

static int visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	(void)below;
	return names_add(context, path, kind != WALK_FILE, error);
}

int names_refuse_below(const char *folder, struct error *error)
{
	struct names names = { .count = 0 };
	int result;

	(void)walk_files(folder, visit, &names, NULL, error);
	result = names_refuse(&names, error);
	names_clear(&names);
	return result;
}
