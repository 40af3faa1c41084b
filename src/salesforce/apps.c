/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the apps, assigns each file to its app, and selects one. */
#include "salesforce/apps.h"

#include "salesforce/names.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED_MAX = 10 }; /* the most names that an error lists */

static int compare(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool has_app_files(const struct apps *apps)
{
	for (size_t i = 0; i < apps->count; i++) {
		if (apps->list[i].type == APPFILE_APP)
			return true;
	}
	return false;
}

/* A file of type ExternalClientApplication is named after its app. Without such files, the apps are those that the
 * other files name. */
static int list_names(struct apps *apps, struct error *error)
{
	bool by_app_files = has_app_files(apps);
	size_t count = 0;

	free(apps->names);
	apps->name_count = 0;
	apps->names = malloc((apps->count + 1) * sizeof(*apps->names));
	if (apps->names == NULL)
		return error_memory(error);
	for (size_t i = 0; i < apps->count; i++) {
		const struct apps_file *file = &apps->list[i];
		const char *name = !by_app_files ? file->names : file->type == APPFILE_APP ? file->base : NULL;

		if (name != NULL)
			apps->names[count++] = name;
	}
	qsort(apps->names, count, sizeof(*apps->names), compare);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(apps->names[i], apps->names[apps->name_count - 1]) != 0)
			apps->names[apps->name_count++] = apps->names[i];
	}
	return 0;
}

const char *apps_name(const struct apps *apps, size_t index)
{
	return index < apps->name_count ? apps->names[index] : NULL;
}

static const char *find(const struct apps *apps, const char *name)
{
	const char **found = bsearch(&name, apps->names, apps->name_count, sizeof(name), compare);

	return found != NULL ? *found : NULL;
}

/* The app whose name is the file's, or the longest beginning of it that a '_' follows. */
static const char *find_by_base(const struct apps *apps, const struct apps_file *file)
{
	char *base = file->base, *end;
	const char *app = find(apps, base);

	if (app != NULL || file->type == APPFILE_APP || (end = strrchr(base, '_')) == NULL)
		return app;
	*end = '\0';
	app = find_by_base(apps, file);
	*end = '_';
	return app;
}

static const char *app_of(const struct apps *apps, const struct apps_file *file)
{
	const char *app = file->names != NULL ? find(apps, file->names) : NULL;

	if (app == NULL)
		app = find_by_base(apps, file);
	return app != NULL || apps->name_count != 1 ? app : apps->names[0];
}

int apps_assign(struct apps *apps, struct error *error)
{
	if (list_names(apps, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < apps->count; i++)
		apps->list[i].app = app_of(apps, &apps->list[i]);
	return 0;
}

static int refuse(const struct apps *apps, struct error *error)
{
	const char *name;

	for (size_t i = 0; (name = apps_name(apps, i)) != NULL && i < NAMED_MAX; i++)
		error_append(error, "\n  %s", name);
	error_hint(error, "%sgive one of them with --app, or the path of one of its files",
		   apps_name(apps, NAMED_MAX) != NULL ? "there are more; " : "");
	return -ERROR_CONFIG;
}

int apps_select(const struct apps *apps, const char *path, const char *name, const char **app, struct error *error)
{
	const char *found = name != NULL ? find(apps, name) : NULL;
	size_t count = apps->name_count;

	*app = apps->inside != NULL ? apps->inside : found;
	if (name != NULL && (found == NULL || *app != found)) {
		error_set(error, ERROR_CONFIG, "there is no app %s in %s%s", name, path,
			  count > 0 ? "; the apps are:" : "");
		return count > 0 ? refuse(apps, error) : -ERROR_CONFIG;
	}
	if (*app == NULL && count > 1) {
		error_set(error, ERROR_CONFIG, "there is more than one app in %s:", path);
		return refuse(apps, error);
	}
	if (*app == NULL && count == 1)
		*app = apps->names[0];
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
		if (count++ < NAMED_MAX)
			error_append(error, "\n  %s", next->path);
		*file = next;
	}
	if (count == 1)
		return 0;
	if (count == 0) {
		error_set(error, ERROR_CONFIG, "there is no settings file (*%s-meta.xml or *%s)%s%s in %s", suffix,
			  suffix, app != NULL ? " of the app " : "", app != NULL ? app : "", path);
		if (names_refuse_below(path, &why) < 0) {
			error_append(error, "\n  %s", why.text);
			error_hint(error, "%s", why.hint);
		} else {
			error_hint(error,
				   "name the folder that contains it, retrieve it from the org, or make a new app with "
				   "\"p11bearer app init\"");
		}
		return -ERROR_CONFIG;
	}
	error_hint(error, "%sname one of them", count > NAMED_MAX ? "there are more; " : "");
	return -ERROR_CONFIG;
}
