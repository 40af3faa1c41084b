/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a worker's answer (see struct job). */
#ifndef P11BEARER_AGENT_MEMBERS_H
#define P11BEARER_AGENT_MEMBERS_H

#include "base/secret.h"

struct cJSON;
struct error;

/* Puts the members into `text`, which is empty, as an object with its opening brace, and parses it (RFC 8259,
 * strictly). The caller frees the object with cJSON_Delete. Returns NULL, with `error` filled, if they are no object
 * (ERROR_ANSWER), or if memory is exhausted (ERROR_UNEXPECTED). */
struct cJSON *members_parse(struct secret *text, const char *members, size_t length, struct error *error);

#endif
