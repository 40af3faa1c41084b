/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: finds app files that would be left out silently because their names are wrong. */
#ifndef P11BEARER_SALESFORCE_NAMES_H
#define P11BEARER_SALESFORCE_NAMES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define NAMES_HINT "rename the file, move it out of the folder, or list it in .forceignore"

/* Fails with ERROR_CONFIG if appfile_type_of does not know the file although its root element is one of an app's types,
 * or its name is close to that of one (".ecaPolicy-meta.xml", ".ecaPlcy.xml", ".ecaPlcy-meta.xml.bak"). Links, which
 * may lead out of the folder, and files that cannot be read are judged by name only. */
int names_check(const char *path, struct error *error);

/* Whether this is an editor's backup, "NAME~" or "#NAME#", of an app's file that exists under its own name. */
bool names_is_backup(const char *path);

/* The wrong names in a folder. Zero-initialized. */
struct names {
	struct names_wrong {
		char *path, *text;
		struct names_inode {
			unsigned long long device, number;
		} inode;
	} *wrong;
	size_t count;
	struct names_inode *linked; /* targets of links that have an app file's name; these files are not left out */
	size_t linked_count;
};

/* Checks one more file or link. Editors' backups are not reported. Fails if memory is out. */
int names_add(struct names *names, const char *path, bool is_link, struct error *error);

/* After the last file: returns the first wrong name from *index on, or NULL, and moves *index past it. */
const struct names_wrong *names_next(const struct names *names, size_t *index);

/* After the last file: fails with ERROR_CONFIG if there are wrong names, and lists the first 10. */
int names_refuse(const struct names *names, struct error *error);

void names_clear(struct names *names);

/* Checks all files below a folder, skipping those that cannot be read; fails as names_refuse does. */
int names_refuse_below(const char *folder, struct error *error);

#endif
