/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata files of an external client app. Only the certificate is ever changed: it is spliced into the bytes of
 * the file, so that all other bytes stay the same. */
#ifndef P11BEARER_SALESFORCE_APPFILE_H
#define P11BEARER_SALESFORCE_APPFILE_H

#include "base/error.h"
#include "base/snapshot.h"

#include <stdbool.h>
#include <stddef.h>

#define APPFILE_NAMESPACE "http://soap.sforce.com/2006/04/metadata"

#define APPFILE_SOURCE_END "-meta.xml"

enum { APPFILE_MAX = 1 << 20 }; /* bytes of a file; real ones have about 5 KB */

/* The five types of files of an app. */
enum appfile_type {
	APPFILE_APP,
	APPFILE_GLOBAL_OAUTH, /* the settings file, which has the certificate */
	APPFILE_OAUTH,
	APPFILE_OAUTH_POLICIES,
	APPFILE_POLICIES,
	APPFILE_TYPES,
	APPFILE_MANIFEST = APPFILE_TYPES, /* package.xml, which lists what is deployed; not one of the five */
};
struct appfile_kind {
	const char *root;   /* the name of the metadata type */
	const char *folder;
	const char *suffix; /* in metadata format; source format adds APPFILE_SOURCE_END */
};
extern const struct appfile_kind appfile_kinds[APPFILE_TYPES + 1];

/* Whether the path ends as in source format. */
bool appfile_is_source(const char *path);

/* Whether the path ends as files of this type do, in source or metadata format. */
bool appfile_has_suffix(const char *path, enum appfile_type type);

/* Finds the type, one of the five, by the end of the path. False for any other file. */
bool appfile_type_of(const char *path, enum appfile_type *type);

struct appfile;

/* Reads a file of this type. Fetches nothing and expands no entities. Fails with ERROR_CONFIG if the file cannot be
 * read, is larger than APPFILE_MAX, is not well-formed, has a DTD or another root, or is in an encoding other than
 * UTF-8 and those of one byte per character. Free with appfile_free. */
int appfile_read(const char *path, enum appfile_type type, struct appfile **file, struct error *error);

/* Parses a file in memory; fails as appfile_read does. `name` is for messages; `data` is copied. */
int appfile_parse(const char *name, const void *data, size_t length, enum appfile_type type, struct appfile **file,
		  struct error *error);
void appfile_free(struct appfile **file);

/* The number of fields of the root with this name. */
size_t appfile_count(const struct appfile *file, const char *field);

/* The text of the first such field, or NULL. Owned by the file; valid until the next call for the same file. */
const char *appfile_text(struct appfile *file, const char *field);

/* As appfile_text, but without blanks around the text. */
const char *appfile_value(struct appfile *file, const char *field);

/* Calls `visit` with name and text of each field, at any depth, that contains no other field, until `visit` returns
 * false. */
typedef bool appfile_visit(void *context, const char *field, const char *text);
void appfile_fields(const struct appfile *file, appfile_visit *visit, void *context);

/* Whether the file holds a private key in a field, an attribute or a comment. `where` names the place, such as "the
 * field certificate". */
bool appfile_has_private_key(const struct appfile *file, char *where, size_t size);

/* Reads a settings file that is to be changed. Fails as snapshot_take and appfile_parse do, and with ERROR_CONFIG if
 * the file holds a private key. The caller clears the snapshot and frees *file. */
int appfile_take(const char *path, struct snapshot *snapshot, struct appfile **file, struct error *error);

/* Puts the certificate (PEM, with "\n") into a copy of the settings file, with the file's line ends. Replaces the old
 * value, or adds the field where a retrieved file has it. Fails with ERROR_CONFIG if the file has several certificates,
 * no fields, or a certificate that is not plain text, or if libxml2 finds any other change. Free *data with
 * wipe_free. */
int appfile_splice(const struct appfile *file, const char *pem, char **data, size_t *length, struct error *error);

/* The bytes between the tags of the settings file's certificate, with line ends and entities as they are. The caller
 * frees them. Fails with ERROR_CONFIG if the file has no certificate or several, or one that appfile_splice cannot
 * replace. */
int appfile_cut(const struct appfile *file, char **bytes, struct error *error);

/* As appfile_splice, but puts bytes back that appfile_cut has returned. */
int appfile_put_back(const struct appfile *file, const char *bytes, char **data, size_t *length, struct error *error);

/* The lines of the certificate's element that differ between the two files, each prefixed with '-' or '+'. Omits
 * other fields on these lines, which may be secret. The caller frees the text. NULL if memory is out. */
char *appfile_difference(const struct appfile *old, const struct appfile *new);

#endif
