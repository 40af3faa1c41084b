/* SPDX-License-Identifier: Apache-2.0 */
/* What a server's refusal of the client's certificate means, and what to do about it; and pages in place of answers. */
#ifndef P11BEARER_OAUTH_REFUSAL_H
#define P11BEARER_OAUTH_REFUSAL_H

#include "oauth/http.h"

/* Whether the TLS alert (RFC 8446 section 6.2), sent after the server requested a certificate, refuses it. If so, sets
 * `error` (ERROR_ORG) with a hint. */
bool refusal_by_alert(const char *url, int alert, enum http_certificate certificate, struct error *error);

/* Copies the title of an HTML page, without secrets and the status that it begins with; empty: it has none. */
void refusal_title(const struct http_response *response, char *title, size_t size);

/* Whether an answer with this status whose body or reason is `text` speaks of the client's certificate. */
bool refusal_is_named(long status, const char *text);

/* Whether the answer, which is not JSON, refuses the client's certificate, or the lack of one. If so, sets `error`
 * (ERROR_ORG) with a hint; it quotes `line`, or if that is empty, the title of the HTML page. */
bool refusal_by_page(const struct http_response *response, const char *line, struct error *error);

/* Returns a hint for a refusal that says no more than that. */
const char *refusal_hint(enum http_certificate certificate);

#endif
