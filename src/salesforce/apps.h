/* SPDX-License-Identifier: Apache-2.0 */
/* The files of external client apps that are in one place, and which app each of them belongs to. */
#ifndef P11BEARER_SALESFORCE_APPS_H
#define P11BEARER_SALESFORCE_APPS_H

#include "base/error.h"
#include "salesforce/appfile.h"

#include <stdbool.h>
#include <stddef.h>

struct apps_file {
	char *path;
	enum appfile_type type;
	struct appfile *file; /* NULL: it cannot be used */
	char *why;            /* then: why not */
	bool leaks;           /* and whether a private key is in it */
	char *base;           /* its name without folder and suffix */
	char *names;          /* the app that it says it belongs to (externalClientApplication), or NULL */
	const char *app;      /* the app that it belongs to, NULL: none of those that are there; owned by this or another file */
};

/* All zeros is none. Free with apps_clear. */
struct apps {
	struct apps_file *list;
	size_t count;
	const char **names; /* of the apps, sorted, each of them once; owned by the files */
	size_t name_count;
	bool is_folder;     /* read from a folder, or from one because of a file in it */
	const char *inside; /* the app of the file that was asked for, NULL for a folder */
};

/* Reads what `path` means: a folder's files of apps; one of an app's files, with those of the folders beside its own where
 * these have the names that source and metadata format give them; or another file, taken for a settings file. A file that
 * cannot be used is kept, with the reason. Fails with ERROR_CONFIG for a path that cannot be read. */
int apps_read(struct apps *apps, const char *path, struct error *error);

/* Adds a file from memory. */
int apps_add(struct apps *apps, const char *path, enum appfile_type type, const char *data, size_t length,
	     struct error *error);
void apps_clear(struct apps *apps);

/* Finds out which app each file belongs to, once all are there. A file belongs to the app that it names, if there is one of
 * that name, else to the one whose name its own begins with, else to the only app. Fails when memory is out. */
int apps_assign(struct apps *apps, struct error *error);

/* The name of the index-th app; NULL past the last. */
const char *apps_name(const struct apps *apps, size_t index);

/* The app that is meant: `name`, or without one (NULL) the app of the file that was asked for, else the only app; *app is NULL
 * if no file tells a name. Fails with ERROR_CONFIG, and lists the apps, when there is none of that name, or more than one. */
int apps_select(const struct apps *apps, const char *path, const char *name, const char **app, struct error *error);

/* The app's only settings file. Fails with ERROR_CONFIG when there is none, or more than one, all of them named. */
int apps_settings(const struct apps *apps, const char *path, const char *app, const struct apps_file **file,
		  struct error *error);

#endif
