/* SPDX-License-Identifier: Apache-2.0 */
/* The org's external client app: the files deployed last, in metadata format. */
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
	X509 *certificate; /* of the settings file, read on first use */
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

/* Reads the files of an app in source format below `folder`. Returns 0, or -1 after a message on stderr. */
int app_load(struct app *app, const char *folder);

/* Stores a copy of the data under the name, replacing earlier data. Returns 0, or -1 if memory is out. */
int app_put(struct app *app, const char *name, const void *data, size_t length);

/* The file of that name, or NULL. */
const struct app_file *app_find(const struct app *app, const char *name);

/* The certificate in a settings file (PEM or base64 of DER), or NULL if none can be read. The caller frees it. */
X509 *app_file_certificate(const struct app_file *file);

/* The one in the app's settings file; owned by the app. */
X509 *app_certificate(struct app *app);

void app_clear(struct app *app);

#endif
