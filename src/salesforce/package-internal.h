/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to package*.c: a package under construction. */
#ifndef P11BEARER_SALESFORCE_PACKAGE_INTERNAL_H
#define P11BEARER_SALESFORCE_PACKAGE_INTERNAL_H

#include "salesforce/leftout.h"
#include "salesforce/package-zip.h"
#include "salesforce/package.h"

#include <stdbool.h>

/* The org's limits (Metadata API Developer Guide, "Metadata Limits"). */
enum {
	PACKAGE_FILES_MAX = 10000,
	PACKAGE_BYTES_MAX = 600000000,
};

#define PACKAGE_MANIFEST "package.xml"

struct package {
	struct package_file *files;
	size_t count, bytes;
	bool whole;                /* in metadata format: every file is taken */
	bool types[APPFILE_TYPES]; /* of the files so far */
	int folder;                /* of the files, or -1 */
	struct package_file manifest; /* the project's, in source format; its path is NULL without a manifest */
	struct leftout *leftout;   /* in source format */
	char links[512];           /* the names of the first links that are left out */
	size_t link_count;
	size_t skipped;            /* special files, and folders that are too deep */
	char *zip;
	size_t zip_length;
	char notes[5][768];
	size_t note_count;
};

/* Adds a note, a sentence. `notes` has room for every possible note. */
void package_add_note(struct package *package, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes ownership of name, path and data, even if it fails. They may be NULL if memory is out. Fails with ERROR_CONFIG
 * if the org would refuse the file. */
int package_add_file(struct package *package, struct package_file file, struct error *error);

/* Collects the files of `path`; a manifest in source format goes to `manifest`. Fails as package_make does. */
int package_take(struct package *package, const char *path, struct error *error);

/* Wipes and frees the file's content. */
void package_file_clear(struct package_file *file);

#endif
