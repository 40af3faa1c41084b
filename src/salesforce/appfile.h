/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata files of an external client app. A file is read whole and never changed but for its certificate; that
 * change is a splice into the file's own bytes, so that whatever else stands in it stays as it is. */
#ifndef P11BEARER_SALESFORCE_APPFILE_H
#define P11BEARER_SALESFORCE_APPFILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define APPFILE_NAMESPACE "http://soap.sforce.com/2006/04/metadata"

#define APPFILE_SOURCE_END "-meta.xml"

enum { APPFILE_MAX = 1 << 20 }; /* bytes of a file; real ones have some 5 KB */

/* The five files that make an app. */
enum appfile_type {
	APPFILE_APP,
	APPFILE_GLOBAL_OAUTH, /* the settings file: it has the certificate */
	APPFILE_OAUTH,
	APPFILE_OAUTH_POLICIES,
	APPFILE_POLICIES,
	APPFILE_TYPES,
	APPFILE_MANIFEST = APPFILE_TYPES, /* package.xml, which lists what is deployed and is none of the five */
};
struct appfile_kind {
	const char *root;   /* the name of the metadata type */
	const char *folder;
	const char *suffix; /* in metadata format; source format adds APPFILE_SOURCE_END */
};
extern const struct appfile_kind appfile_kinds[APPFILE_TYPES + 1];

/* Whether the path ends as files in source format do. */
bool appfile_is_source(const char *path);

/* Whether the path ends as files of the type do, in source or in metadata format. */
bool appfile_has_suffix(const char *path, enum appfile_type type);

/* Which of the five the path is by its end; false for any other file. */
bool appfile_type_of(const char *path, enum appfile_type *type);

struct appfile;

/* Reads a file of the type. Nothing is fetched, no entity is expanded. Fails with ERROR_CONFIG for a file that cannot be
 * read, is larger than APPFILE_MAX, is not well-formed, has a DTD, an encoding that is not taken, or another root. Free
 * with appfile_free. */
int appfile_read(const char *path, enum appfile_type type, struct appfile **file, struct error *error);

/* The same from memory; `name` is for messages, `data` is copied. */
int appfile_parse(const char *name, const void *data, size_t length, enum appfile_type type, struct appfile **file,
		  struct error *error);
void appfile_free(struct appfile **file);

/* How often the field stands in the file. */
size_t appfile_count(const struct appfile *file, const char *field);

/* The text of the first one, NULL when there is none. Owned by the file, valid until the next call. */
const char *appfile_text(struct appfile *file, const char *field);

/* Called with each field that holds no other one, at any depth: its name and its text. Ends the walk when it returns false. */
typedef bool appfile_visit(void *context, const char *field, const char *text);
void appfile_fields(const struct appfile *file, appfile_visit *visit, void *context);

/* Whether a private key is anywhere in the file: in a field, an attribute, a comment. `where` says in which, such as "the
 * field certificate". */
bool appfile_has_private_key(const struct appfile *file, char *where, size_t size);

/* Puts the certificate (PEM, with "\n") into a copy of the settings file's bytes, in the file's encoding and with its line
 * ends: in place of the value that is there, or where a retrieved file would have it. libxml2 reads the result, which must
 * differ in this value alone. *data is to be freed. Fails with ERROR_CONFIG for a file in which it cannot be done. */
int appfile_splice(const struct appfile *file, const char *pem, char **data, size_t *length, struct error *error);

/* The lines of the certificate's element that differ between the two files, as UTF-8, behind '-' and '+'. What else stands
 * in these lines is left out: it may be a secret. To be freed; NULL when memory is out. */
char *appfile_difference(const struct appfile *old, const struct appfile *new);

#endif
