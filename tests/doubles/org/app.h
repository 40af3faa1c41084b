/* SPDX-License-Identifier: Apache-2.0 */
/* The external client app that the org has: the files that were deployed last, in metadata format. */
#ifndef ORG_APP_H
#define ORG_APP_H

#include <openssl/types.h>
#include <stddef.h>

struct app_file {
	char *name; /* folder/NAME.suffix */
	char *data;
	size_t length;
};

struct app {
	struct app_file *files;
	size_t count;
	X509 *certificate; /* of the settings file, once it was asked for */
};

/* The five types of an app's files. */
struct app_type {
	const char *root;
	const char *folder;
	const char *suffix;
};
enum { APP_TYPES = 5 };
extern const struct app_type app_types[APP_TYPES];

/* The type of a file by its name in metadata format; NULL for another file. */
const struct app_type *app_type_of(const char *name);

/* Reads the files of an app in source format below `folder`. Says on stderr what is wrong. Returns 0 or -1. */
int app_load(struct app *app, const char *folder);

/* Puts a copy of the data under the name, in place of what was there. Returns 0, or -1 without memory. */
int app_put(struct app *app, const char *name, const void *data, size_t length);

/* The file of that name, NULL when there is none. */
const struct app_file *app_find(const struct app *app, const char *name);

/* The certificate in a settings file, PEM or base64 of DER; NULL when there is none that can be read. To be freed. */
X509 *app_file_certificate(const struct app_file *file);

/* The one in the app's settings file; owned by the app. */
X509 *app_certificate(struct app *app);

void app_clear(struct app *app);

#endif
