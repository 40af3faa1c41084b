/* SPDX-License-Identifier: Apache-2.0 */
/* Which apps there are, which file belongs to which, and which app is meant. */
#include "salesforce/apps.h"

#include "salesforce/names.h"

#include <string.h>

enum { NAMED_MOST = 10 }; /* of many, so many are listed */

/* The name by which the file makes an app known. Where there is no file of type ExternalClientApplication at all, what the
 * others name counts. */
static const char *name_from(const struct apps_file *file, bool by_app_files)
{
	if (by_app_files)
		return file->type == APPFILE_APP ? file->base : NULL;
	return file->names;
}

static bool has_app_files(const struct apps *apps)
{
	for (size_t i = 0; i < apps->count; i++) {
		if (apps->list[i].type == APPFILE_APP)
			return true;
	}
	return false;
}

const char *apps_name(const struct apps *apps, size_t index)
{
	bool by_app_files = has_app_files(apps);
	size_t seen = 0;

	for (size_t i = 0; i < apps->count; i++) {
		const char *name = name_from(&apps->list[i], by_app_files);
		bool is_new = name != NULL;

		for (size_t j = 0; j < i && is_new; j++) {
			const char *other = name_from(&apps->list[j], by_app_files);

			is_new = other == NULL || strcmp(other, name) != 0;
		}
		if (is_new && seen++ == index)
			return name;
	}
	return NULL;
}

static const char *app_of(const struct apps *apps, const struct apps_file *file)
{
	const char *best = NULL, *name;
	size_t count = 0;

	for (; (name = apps_name(apps, count)) != NULL; count++) {
		size_t length = strlen(name);

		if (file->type != APPFILE_APP && file->names != NULL && strcmp(file->names, name) == 0)
			return name;
		if (strncmp(file->base, name, length) == 0 &&
		    (file->base[length] == '\0' || (file->type != APPFILE_APP && file->base[length] == '_')) &&
		    (best == NULL || length > strlen(best)))
			best = name;
	}
	return best != NULL || count != 1 ? best : apps_name(apps, 0);
}

void apps_assign(struct apps *apps)
{
	for (size_t i = 0; i < apps->count; i++)
		apps->list[i].app = app_of(apps, &apps->list[i]);
}

static int refuse(const struct apps *apps, struct error *error)
{
	const char *name;

	for (size_t i = 0; (name = apps_name(apps, i)) != NULL && i < NAMED_MOST; i++)
		error_append(error, "\n  %s", name);
	error_hint(error, "%sgive one of them with --app, or the path of one of its files",
		   apps_name(apps, NAMED_MOST) != NULL ? "there are more; " : "");
	return -ERROR_CONFIG;
}

int apps_select(const struct apps *apps, const char *path, const char *name, const char **app, struct error *error)
{
	const char *found;
	size_t count = 0;

	*app = apps->inside;
	for (; (found = apps_name(apps, count)) != NULL; count++) {
		if (name != NULL && apps->inside == NULL && strcmp(found, name) == 0)
			*app = found;
	}
	if (name != NULL && (*app == NULL || strcmp(*app, name) != 0)) {
		error_set(error, ERROR_CONFIG, "there is no app %s in %s%s", name, path, count > 0 ? "; there is:" : "");
		return count > 0 ? refuse(apps, error) : -ERROR_CONFIG;
	}
	if (*app == NULL && count > 1) {
		error_set(error, ERROR_CONFIG, "there is more than one app in %s:", path);
		return refuse(apps, error);
	}
	if (*app == NULL && count == 1)
		*app = apps_name(apps, 0);
	return 0;
}

int apps_settings(const struct apps *apps, const char *path, const char *app, const struct apps_file **file,
		  struct error *error)
{
	const char *suffix = appfile_kinds[APPFILE_GLOBAL_OAUTH].suffix;
	struct error why;
	size_t count = 0;

	*file = NULL;
	error_set(error, ERROR_CONFIG, "more than one settings file:");
	for (size_t i = 0; i < apps->count; i++) {
		const struct apps_file *next = &apps->list[i];

		if (next->type != APPFILE_GLOBAL_OAUTH || next->app != app)
			continue;
		if (count++ < NAMED_MOST)
			error_append(error, "\n  %s", next->path);
		*file = next;
	}
	if (count == 1)
		return 0;
	if (count == 0) {
		error_set(error, ERROR_CONFIG, "there is no settings file (*%s-meta.xml or *%s)%s%s in %s", suffix, suffix,
			  app != NULL ? " of the app " : "", app != NULL ? app : "", path);
		if (names_refuse_below(path, &why) < 0) {
			error_append(error, "\n  %s", why.text);
			error_hint(error, "%s", why.hint);
		}
		return -ERROR_CONFIG;
	}
	error_hint(error, "%sname one of them", count > NAMED_MOST ? "and more; " : "");
	return -ERROR_CONFIG;
}
