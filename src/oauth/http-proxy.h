/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to oauth/http*.c: the proxy of a client. Only https URLs use it; plain http never leaves this machine. */
#ifndef P11BEARER_OAUTH_HTTP_PROXY_H
#define P11BEARER_OAUTH_HTTP_PROXY_H

#include "oauth/http-internal.h"

struct proxy {
	char *url;              /* SCHEME://HOST[:PORT]; NULL: see `fault` */
	struct secret *account; /* "USER:PASSWORD", each percent-encoded; may be NULL */
	char *origin;           /* where the user set it, such as "option --proxy" */
	struct error fault;     /* of the environment's URL; only affects requests that use a proxy */
	bool opened;            /* it has connected to a server before */
};

/* Returns the URL of the proxy: `given`, or the environment's, in which case *variable is set to the variable's name.
 * Returns NULL if there is no proxy. */
const char *proxy_named(const char *given, const char **variable);

/* Splits and checks the proxy's URL. Fails with ERROR_CONFIG. The caller cleans up *parts even on failure. */
int proxy_parse(const char *text, const char *variable, CURLU **parts, struct error *error);

/* Opens the proxy of the options or of the environment; *proxy is NULL if neither sets one. Fails with ERROR_CONFIG if
 * the URL in the options is unusable; an unusable one in the environment only sets `fault`. */
int proxy_open(struct proxy **proxy, const struct http_options *options, struct error *error);
void proxy_close(struct proxy **proxy);

/* Fails with ERROR_CONFIG if requests to `url` use the proxy and its URL is unusable. */
int proxy_check(const struct proxy *proxy, const char *url, struct error *error);

/* Sets libcurl's options for the proxy, which may be NULL. `cacert` is as in http_options. */
bool proxy_set(CURL *easy, const struct proxy *proxy, const char *cacert);

/* Returns the authentication methods that the account works with: CURLAUTH_* flags. */
long proxy_methods(const struct proxy *proxy);

/* Masks the proxy's password in a message of libcurl. `proxy` may be NULL. Nothing else masks this password: it may be
 * a common word, and the server never receives it. */
void proxy_redact(const struct proxy *proxy, char *text);

/* Whether requests to `url` use a proxy if there is one: https URLs do, unless no_proxy exempts the host. */
bool proxy_is_taken(const char *url);

/* Returns the URL, without user and password, of the proxy that requests to `url` use; NULL if they use none. */
const char *proxy_between(const struct proxy *proxy, const char *url);

/* Called for each header line of the transfer, from the proxy or the server. */
void proxy_hear(struct transfer *transfer, const char *line, size_t length);

/* Called when a TLS connection starts for the transfer, to the server or to an https proxy. */
void proxy_see_tls(struct transfer *transfer);

/* Whether the TLS connection that starts for the transfer is with an https proxy. */
bool proxy_speaks_tls(const struct transfer *transfer);

/* Whether to repeat the failed request with the same handle: if the proxy closed the connection when it asked for user
 * and password. libcurl then knows the methods, but gives up unless the proxy announced the close (RFC 9112 section
 * 9.6). `code` is the result of the request. */
bool proxy_wants_more(const struct http *http, struct transfer *transfer, CURLcode code);

/* Whether the proxy caused the failure `code` of a transfer that uses it and was not sent yet. If so, sets `error`
 * (ERROR_NETWORK), and *transient to whether a retry may succeed. */
bool proxy_failed(const struct http *http, const struct transfer *transfer, CURLcode code, bool *transient,
		  struct error *error);

#endif
