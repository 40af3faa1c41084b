/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker answers to a line for an assertion. */
#ifndef P11BEARER_AGENT_HTTP_ASSERTION_H
#define P11BEARER_AGENT_HTTP_ASSERTION_H

#include "agent/bearer.h"
#include "agent/failure.h"
#include "base/secret.h"

/* Makes {"assertion":…,"p11bearer":{"profile":…}} of the answer (see struct job), and reads the assertion's jti; "" if
 * it has none. `profile` NULL means "default". Returns -1 and fills `failure` if the answer is unusable. */
int http_assertion_json(struct secret **json, const char *answer, size_t length, const char *profile,
			char jti[JTI_SIZE], struct failure *failure);

#endif
