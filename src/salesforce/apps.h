/* SPDX-License-Identifier: Apache-2.0 */
/* The files of external client apps in one place, and the app that each belongs to. */
#ifndef P11BEARER_SALESFORCE_APPS_H
#define P11BEARER_SALESFORCE_APPS_H

#include "base/error.h"
#include "salesforce/appfile.h"

#include <stdbool.h>
#include <stddef.h>

struct apps_file {
	char *path;
	enum appfile_type type;
	struct appfile *file; /* NULL if it cannot be used */
	char *why;            /* the reason if `file` is NULL */
	bool leaks;           /* `file` is NULL, and the file holds a private key */
	char *base;           /* the name without folder and suffix */
	char *names;          /* the app in its field externalClientApplication, or NULL */
	const char *app;      /* the app it belongs to, or NULL; owned by this or another file */
};

/* Zero-initialized. Free with apps_clear. */
struct apps {
	struct apps_file *list;
	size_t count;
	const char **names; /* of the apps, sorted, without duplicates; owned by the files */
	size_t name_count;
	bool is_folder;     /* read from a folder, or from that of the file asked for */
	const char *inside; /* the app of the file asked for; NULL for a folder */
};

/* Reads the app files below `path`, if that is a folder. If it is an app file in a folder named as in source or
 * metadata format, reads those in the neighbouring folders too. Any other file is read as a settings file. Files that
 * cannot be used are kept, with the reason. Fails with ERROR_CONFIG if the path cannot be read. */
int apps_read(struct apps *apps, const char *path, struct error *error);

/* Adds a file from memory. */
int apps_add(struct apps *apps, const char *path, enum appfile_type type, const char *data, size_t length,
	     struct error *error);
void apps_clear(struct apps *apps);

/* Assigns each file to an app, after all files are added. A file belongs to the app that it names, else to the app
 * whose name begins its own, else to the only app. Fails if memory is out. */
int apps_assign(struct apps *apps, struct error *error);

/* The name of app number `index`, from 0; NULL past the last. */
const char *apps_name(const struct apps *apps, size_t index);

/* Selects the app called `name`. If that is NULL, selects the app of the file asked for, else the only app; *app is
 * NULL if no file names an app. Fails with ERROR_CONFIG, and lists the apps, if none has that name or there are
 * several. */
int apps_select(const struct apps *apps, const char *path, const char *name, const char **app, struct error *error);

/* Finds the app's settings file. Fails with ERROR_CONFIG unless it finds exactly one; it lists several. */
int apps_settings(const struct apps *apps, const char *path, const char *app, const struct apps_file **file,
		  struct error *error);

#endif
