/* SPDX-License-Identifier: Apache-2.0 */
/* From the org's refusal to the hint of an error: what is known first, then what the refusal may mean. */
#ifndef P11BEARER_BEARER_ADVICE_H
#define P11BEARER_BEARER_ADVICE_H

#include "base/error.h"
#include "oauth/http.h"
#include "server/server.h"
#include "x509/x509.h"

/* Sets the hint: the advice, if there is any (or NULL), and the wait that the org asks for (`retry_after`, seconds or -1),
 * if that is too long to be waited out. */
void advice_hint(const struct server_advice *advice, long retry_after, struct error *error);

/* The org has refused an assertion that lived for `lifetime` seconds: puts a difference of the clocks that may be the reason,
 * or else a lifetime that may be, before the hint. `advice` as above. */
void advice_clock(const struct server *server, const struct server_advice *advice, const struct http_clock *clock, long lifetime,
		  struct error *error);

/* The same for the certificate of the key that signed it, if that is not valid by the org's clock. `path` is its file; NULL:
 * it is on the token. */
void advice_certificate(X509 *certificate, const char *path, const struct http_clock *clock, struct error *error);

#endif
