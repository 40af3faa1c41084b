/* SPDX-License-Identifier: Apache-2.0 */
/* What a token request consists of, for oauth_exchange. */
#ifndef P11BEARER_BEARER_GRANT_H
#define P11BEARER_BEARER_GRANT_H

#include "bearer/bearer.h"
#include "oauth/exchange.h"

/* The grant of a request with this assertion; points into both. Not for SERVER_NONE. */
struct oauth_grant bearer_grant(const struct bearer_request *request, const struct assertion *assertion);

/* With SERVER_NONE, the assertion is the bearer: fills in the answer as if a server had exchanged it. Fails if memory
 * is exhausted. */
int bearer_unexchanged(const struct assertion *assertion, struct oauth_answer *answer, struct error *error);

#endif
