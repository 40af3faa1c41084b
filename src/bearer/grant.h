/* SPDX-License-Identifier: Apache-2.0 */
/* What a token request consists of, for oauth_exchange. */
#ifndef P11BEARER_BEARER_GRANT_H
#define P11BEARER_BEARER_GRANT_H

#include "bearer/bearer.h"
#include "oauth/exchange.h"

/* The grant of a request; points into the request. Not for SERVER_NONE. */
struct oauth_grant bearer_grant(const struct bearer_request *request);

#endif
