/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy of a client, for oauth/http*.c. It serves https URLs alone: plain http stays on this machine. */
#ifndef P11BEARER_OAUTH_HTTP_PROXY_H
#define P11BEARER_OAUTH_HTTP_PROXY_H

#include "oauth/http-internal.h"

struct proxy {
	char *url;              /* SCHEME://HOST[:PORT] */
	struct secret *account; /* "USER:PASSWORD", each percent-encoded; NULL: none was given */
	char *origin;           /* what the user has set: "option --proxy", … */
};

/* The proxy of the options, or the environment's; *proxy is NULL if there is none. Fails as http_check_proxy does. */
int proxy_open(struct proxy **proxy, const struct http_options *options, struct error *error);
void proxy_close(struct proxy **proxy);

/* Sets all that libcurl needs to know of the proxy, which may be NULL; `cacert` is as in http_options. */
bool proxy_set(CURL *easy, const struct proxy *proxy, const char *cacert);

/* The ways of authentication that the account can be used with: CURLAUTH_…, or'ed. */
long proxy_methods(const struct proxy *proxy);

/* The URL of the proxy that stands between this machine and `url`, without user and password; NULL: none does. */
const char *proxy_between(const struct proxy *proxy, const char *url);

/* Whether the failure `code` of a request to `url`, which was not sent yet, is the proxy's. Fills `error` then
 * (ERROR_NETWORK); *passing: another try makes sense. There is a proxy in between. */
bool proxy_failed(const struct http *http, const char *url, CURLcode code, bool *passing, struct error *error);

#endif
