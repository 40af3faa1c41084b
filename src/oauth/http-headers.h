/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to oauth/http*.c: the headers of an answer. */
#ifndef P11BEARER_OAUTH_HTTP_HEADERS_H
#define P11BEARER_OAUTH_HTTP_HEADERS_H

#include "oauth/http-internal.h"

/* Reads one header line, as a CURLOPT_HEADERFUNCTION; `context` is the transfer. Headers of a proxy or of an interim
 * answer such as 103 come first, so only the last answer counts. Fills `location` and `clock` of the response. */
size_t headers_take(char *data, size_t size, size_t count, void *context);

#endif
