/* SPDX-License-Identifier: Apache-2.0 */
/* What define.c and define-keys.c share: one entry of a section [server NAME], and the row that it goes into. */
#ifndef P11BEARER_SERVER_DEFINE_H
#define P11BEARER_SERVER_DEFINE_H

#include "server/server.h"

struct definition {
	const struct server_entry *entry;
	server_computed *known;
	struct server *server;
	struct error *error;
};

/* Fails with ERROR_CONFIG: the entry's origin, and what is wrong. */
int definition_refuse(const struct definition *definition, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether the value is "none", which unsets what the base has. */
bool definition_is_none(const struct definition *definition);

/* Fails if the value is not a template, or has a field that can have no value. */
int definition_check(const struct definition *definition);

/* The same for a template that is filled in when there is a bearer: it has no computed fields. */
int definition_check_late(const struct definition *definition);

/* Sets the member that the key names. Fails if no member has this name, or the value does not fit it. */
int definition_take_key(const struct definition *definition);

#endif
