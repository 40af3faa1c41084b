/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to settings/edit*.c: whether a changed file says what it should. */
#ifndef P11BEARER_SETTINGS_EDIT_CHECK_H
#define P11BEARER_SETTINGS_EDIT_CHECK_H

#include "settings/edit.h"

#include <openssl/conf.h>

/* The changes of one section. */
struct edit {
	const char *path, *section;
	const struct settings_change *changes;
	size_t count;
	bool is_rehearsal;
};

/* Whether the section has the wanted values. */
bool edit_is_done(const CONF *conf, const struct edit *edit);

/* Whether `after` has them, and is otherwise as `before`: the same sections, values and order. */
bool edit_is_right(const CONF *before, const CONF *after, const struct edit *edit);

#endif
