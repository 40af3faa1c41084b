/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/edit-check.h"

#include <string.h>

static bool is_changed(const struct edit *edit, const char *key)
{
	for (size_t i = 0; i < edit->count; i++) {
		if (strcmp(settings_name(edit->changes[i].id), key) == 0)
			return true;
	}
	return false;
}

/* The next entry from *index on that no change is about; NULL at the end. `edit` is NULL for another section. */
static const CONF_VALUE *next_kept(const STACK_OF(CONF_VALUE) *entries, int *index, const struct edit *edit)
{
	while (*index < sk_CONF_VALUE_num(entries)) {
		const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, (*index)++);

		if (edit == NULL || !is_changed(edit, entry->name))
			return entry;
	}
	return NULL;
}

/* Whether both have the same values in the same order, except for what changes. */
static bool is_kept(const STACK_OF(CONF_VALUE) *before, const STACK_OF(CONF_VALUE) *after, const struct edit *edit)
{
	int i = 0, j = 0;

	while (true) {
		const CONF_VALUE *old = next_kept(before, &i, edit), *new = next_kept(after, &j, edit);

		if (old == NULL || new == NULL)
			return old == new;
		if (strcmp(old->name, new->name) != 0 || strcmp(old->value, new->value) != 0)
			return false;
	}
}

/* Not NCONF_get_string, which also looks in [default] and the environment. */
static const char *find_value(const STACK_OF(CONF_VALUE) *entries, const char *key)
{
	for (int i = 0; i < sk_CONF_VALUE_num(entries); i++) {
		const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, i);

		if (strcmp(entry->name, key) == 0)
			return entry->value;
	}
	return NULL;
}

bool edit_is_done(const CONF *conf, const struct edit *edit)
{
	const STACK_OF(CONF_VALUE) *entries = NCONF_get_section(conf, edit->section);

	for (size_t i = 0; i < edit->count; i++) {
		const char *wanted = edit->changes[i].value;
		const char *value = find_value(entries, settings_name(edit->changes[i].id));

		if ((value == NULL) != (wanted == NULL) || (value != NULL && strcmp(value, wanted) != 0))
			return false;
	}
	return true;
}

bool edit_is_right(const CONF *before, const CONF *after, const struct edit *edit)
{
	STACK_OF(OPENSSL_CSTRING) *old = NCONF_get_section_names(before), *new = NCONF_get_section_names(after);
	int added = NCONF_get_section(before, edit->section) == NULL &&
		    NCONF_get_section(after, edit->section) != NULL;
	bool right = old != NULL && new != NULL &&
		     sk_OPENSSL_CSTRING_num(new) == sk_OPENSSL_CSTRING_num(old) + added && edit_is_done(after, edit);

	for (int i = 0; right && i < sk_OPENSSL_CSTRING_num(new); i++) {
		const char *name = sk_OPENSSL_CSTRING_value(new, i);

		right = is_kept(NCONF_get_section(before, name), NCONF_get_section(after, name),
				strcmp(name, edit->section) == 0 ? edit : NULL);
	}
	sk_OPENSSL_CSTRING_free(old);
	sk_OPENSSL_CSTRING_free(new);
	return right;
}
