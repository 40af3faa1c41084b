/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of salesforce/package*.c: a package in the making. */
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
	bool whole;                /* in metadata format: every file belongs to it */
	bool types[APPFILE_TYPES]; /* which are there */
	int folder;                /* what the files are in, or -1 */
	struct package_file manifest; /* one in source format; its path is NULL when there is none */
	struct leftout *leftout;   /* in source format */
	char links[512];           /* the first of the symbolic links that are left out */
	size_t link_count;
	size_t skipped;            /* devices and the like, and folders that are too deep */
	char *zip;
	size_t zip_length;
	char notes[5][768];
	size_t note_count;
};

/* Adds a sentence to what there is to tell. There is room for the few there are. */
void package_add_note(struct package *package, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes over name, path and data, which may be NULL for want of memory, also when it fails. Fails with ERROR_CONFIG for
 * what the org would not take. */
int package_add_file(struct package *package, struct package_file file, struct error *error);

/* Takes the files of `path` (package-files.c): all but a manifest of source format, which is put aside, and fails as
 * package_make does. */
int package_take(struct package *package, const char *path, struct error *error);

/* Wipes and frees what the file holds. */
void package_file_clear(struct package_file *file);

#endif
