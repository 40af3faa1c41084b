/* SPDX-License-Identifier: Apache-2.0 */
/* Hints for the server's refusals: known facts first, then what the refusal may mean. */
#ifndef P11BEARER_BEARER_ADVICE_H
#define P11BEARER_BEARER_ADVICE_H

#include "base/error.h"
#include "bearer/bearer.h"
#include "oauth/answer.h"
#include "server/server.h"
#include "x509/x509.h"

enum { ADVICE_CLOCK_NOTED = 5 }; /* seconds: smallest difference of clocks that is worth reporting */

/* Returns the difference in seconds between the clocks that cannot cause a refusal, if `clock` is known. With a larger
 * one, the assertion has expired before it is sent, or its exp is later than the server accepts. */
double advice_clock_allowed(const struct server *server, const struct http_clock *clock, long lifetime);

/* Sets the hint: the server's advice (may be NULL), and the wait that the server asks for (`retry_after`, seconds or
 * -1) if it is too long to wait out. */
void advice_hint(const struct server *server, const struct server_advice *advice, long retry_after,
		 struct error *error);

/* Sets the hint for an assertion that was signed with `alg` and refused. An algorithm that the server does not accept,
 * a clock difference or a lifetime that may be the reason comes first. Returns whether the server judged the assertion,
 * so that its certificate may be the reason too. */
bool advice_refusal(const struct bearer_request *request, enum alg alg, const struct oauth_answer *answer,
		    struct error *error);

/* Puts the certificate of the signing key first in the hint if it is not valid by the server's clock. `path` is its
 * file; NULL: it is on the token. */
void advice_certificate(X509 *certificate, const char *path, const struct http_clock *clock, struct error *error);

#endif
