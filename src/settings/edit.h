/* SPDX-License-Identifier: Apache-2.0 */
/* Changes values in a configuration file. They are spliced in: all other bytes stay the same. */
#ifndef P11BEARER_SETTINGS_EDIT_H
#define P11BEARER_SETTINGS_EDIT_H

#include "settings/settings.h"

struct settings_change {
	enum setting_id id;
	const char *value; /* NULL: remove the key */
};

/* Finds the file in which the chosen profile's section can set the values of `ids`, so that they take effect: the one
 * that sets `key`, in the profile's section or in [default]. The path is absolute. Changes nothing. Fails with
 * ERROR_CONFIG, with the lines to set by hand below the sentence, if an option or the environment sets one of them, a
 * later file does, no profile is chosen, or the file cannot be replaced; also if another section or file sets one of
 * next-*, which could then not be removed. Fails with ERROR_UNEXPECTED if the current folder has no path. The caller
 * frees *path. */
int settings_edit_place(const struct settings *settings, enum setting_id key, const enum setting_id *ids, size_t count,
			char **path, struct error *error);

/* The text of the file with the changes in `section`, which is added at the end if it is missing. Understands the whole
 * syntax of config(5): continued lines, comments, quotes, a section in several parts, "section::key". Parses the result
 * with OpenSSL and compares every value of every section. A NUL follows `text` and the result, which the caller frees
 * with wipe_free. Fails with ERROR_CONFIG, with the lines to set by hand below the sentence if the file cannot have
 * them. */
int settings_edit_text(const char *path, const char *text, size_t length, const char *section,
		       const struct settings_change *changes, size_t count, char **result, size_t *result_length,
		       struct error *error);

/* Makes the changes in the file at `path`: atomically, with the file's access, and only if nobody else changes it
 * meanwhile. Does nothing if the file already has these values. Fails as settings_edit_text and snapshot_replace do. */
int settings_edit(const char *path, const char *section, const struct settings_change *changes, size_t count,
		  struct error *error);

/* Fails with ERROR_CONFIG if settings_edit would, because of how the file is written. Changes nothing. */
int settings_edit_rehearse(const char *path, const char *section, const struct settings_change *changes, size_t count,
			   struct error *error);

#endif
