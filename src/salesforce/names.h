/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of salesforce: files that are an app's but for their name, which would be left out without a word. */
#ifndef P11BEARER_SALESFORCE_NAMES_H
#define P11BEARER_SALESFORCE_NAMES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define NAMES_HINT "rename the file, move it out of the folder, or list it in .forceignore"

/* Checks a file. Fails with ERROR_CONFIG, naming it, if appfile_type_of does not know it, but it should: its root element is
 * one of an app's types, or its name is close to that of one (".ecaPolicy-meta.xml", ".ecaPlcy.xml", ".ecaPlcy-meta.xml.bak").
 * A file that cannot be read is judged by its name, and so is a link, which may lead out of the folder. */
int names_check(const char *path, struct error *error);

/* Whether this is an editor's backup, "NAME~" or "#NAME#", of an app's file that is there under its own name. */
bool names_is_backup(const char *path);

/* The wrong names among the files of a folder. Begins as all 0. */
struct names {
	struct names_wrong {
		char *path, *text;
		struct names_inode {
			unsigned long long device, number;
		} inode;
	} *wrong;
	size_t count;
	struct names_inode *linked; /* what links with an app file's name lead to: these files are not left out */
	size_t linked_count;
};

/* Checks one more file, or the link in its place; an editor's backup is none of an app's files. Fails when memory is out. */
int names_add(struct names *names, const char *path, bool is_link, struct error *error);

/* After the last file: the wrong one at or after *index, which moves behind it; NULL: there is none. */
const struct names_wrong *names_next(const struct names *names, size_t *index);

/* After the last file. Fails with ERROR_CONFIG if there are wrong names, and names the first 10. */
int names_refuse(const struct names *names, struct error *error);

void names_clear(struct names *names);

/* The same for all files below a folder. Files that cannot be looked at are passed over. */
int names_refuse_below(const char *folder, struct error *error);

#endif
