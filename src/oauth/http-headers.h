/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of oauth/http*.c: the headers of an answer. */
#ifndef P11BEARER_OAUTH_HTTP_HEADERS_H
#define P11BEARER_OAUTH_HTTP_HEADERS_H

#include "oauth/http-internal.h"

/* Takes one line of headers, as libcurl's CURLOPT_HEADERFUNCTION has it; `context` is the transfer. The headers of a proxy
 * and of a status such as 103 come first: only the last answer counts. Fills `location` and `clock` of the response. */
size_t headers_take(char *data, size_t size, size_t count, void *context);

#endif
