/* SPDX-License-Identifier: Apache-2.0 */
/* The profile of a rotation: where it is, and which keys it names. */
#include "cmd/cmd-rotate.h"

#include "base/secret.h"
#include "settings/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 5 };

/* Whether the old key (NULL: not known yet) is the TLS client's key too, because the profile names no other, or a
 * rotation has named it. */
static bool key_is_for_tls(const struct settings *settings, const char *old)
{
	const char *key = settings_text(settings, SETTING_TLS_KEY);

	if (settings_text(settings, SETTING_TLS_CERTIFICATE) == NULL)
		return false;
	return key == NULL ||
	       (old != NULL && settings_is_of_profile(settings, SETTING_TLS_KEY) && strcmp(key, old) == 0);
}

int cmd_rotate_place(const struct settings *settings, char **path, struct error *error)
{
	static const enum setting_id ids[CHANGES_MAX] = {
		SETTING_KEY, SETTING_CERTIFICATE, SETTING_NEXT_KEY, SETTING_NEXT_CERTIFICATE, SETTING_TLS_KEY,
	};
	size_t count = key_is_for_tls(settings, NULL) ? CHANGES_MAX : CHANGES_MAX - 1;
	char *named = NULL;
	int result = settings_edit_place(settings, SETTING_KEY, ids, count, &named, error);

	*path = NULL;
	if (result == 0 && (*path = realpath(named, NULL)) == NULL)
		result = error_set(error, ERROR_CONFIG, "cannot find %s: %s", named, strerror(errno));
	free(named);
	return result;
}

/* Whether the profile, as it was read, names this key. */
static bool names(const struct settings *settings, const char *uri)
{
	const char *text = settings_text(settings, SETTING_KEY);
	size_t length = strlen(uri);

	return strncmp(text, uri, length) == 0 && (text[length] == '\0' || text[length] == '?');
}

/* The URI with the query of the profile's key: where the PIN comes from, and the module. */
static int with_query(const struct settings *settings, const char *uri, struct secret **text, struct error *error)
{
	const char *query = strchr(settings_text(settings, SETTING_KEY), '?');

	*text = secret_new(1024);
	if (*text != NULL && secret_append(*text, uri, strlen(uri)) == 0 &&
	    (query == NULL || secret_append(*text, query, strlen(query)) == 0))
		return 0;
	return error_memory(error);
}

/* Calls `edit` with what changes. */
static int change(const struct settings *settings, const struct rotate_record *record, enum rotate_keys keys,
		  int (*edit)(const char *path, const char *section, const struct settings_change *changes,
			      size_t count, struct error *error), struct error *error)
{
	bool both = keys == ROTATE_BOTH, new = keys == ROTATE_NEW;
	struct settings_change changes[CHANGES_MAX] = {
		{ SETTING_NEXT_KEY, both ? record->new_key : NULL },
		{ SETTING_NEXT_CERTIFICATE, both ? record->new_certificate : NULL },
	};
	size_t count = 2;
	struct secret *key = NULL;
	int result = with_query(settings, new ? record->new_key : record->old_key, &key, error);

	/* The old key stays as the user wrote it, unless an interrupted run has replaced it. */
	if (result == 0 && (new || names(settings, record->new_key))) {
		changes[count++] = (struct settings_change){ SETTING_KEY, secret_data(key) };
		changes[count++] = (struct settings_change){
			SETTING_CERTIFICATE, new ? record->new_certificate : record->old_certificate };
	}
	if (key_is_for_tls(settings, record->old_key))
		changes[count++] = (struct settings_change){
			SETTING_TLS_KEY, keys == ROTATE_OLD ? NULL : record->old_key };
	if (result == 0)
		result = edit(record->config, record->profile, changes, count, error);
	secret_free(&key);
	return result;
}

int cmd_rotate_configure(const struct settings *settings, const struct rotate_record *record, enum rotate_keys keys,
			 struct error *error)
{
	return change(settings, record, keys, settings_edit, error);
}

int cmd_rotate_rehearse(const struct settings *settings, const struct rotate_record *record, struct error *error)
{
	int result = change(settings, record, ROTATE_BOTH, settings_edit_rehearse, error);

	return result == 0 ? change(settings, record, ROTATE_NEW, settings_edit_rehearse, error) : result;
}
