/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy of a client, for oauth/http*.c. It serves https URLs alone: plain http stays on this machine. */
#ifndef P11BEARER_OAUTH_HTTP_PROXY_H
#define P11BEARER_OAUTH_HTTP_PROXY_H

#include "oauth/http-internal.h"

struct proxy {
	char *url;              /* SCHEME://HOST[:PORT]; NULL: see `fault` */
	struct secret *account; /* "USER:PASSWORD", each percent-encoded; NULL: none was given */
	char *origin;           /* what the user has set: "option --proxy", … */
	struct error fault;     /* what is wrong with the environment's URL, which matters only to requests that take a proxy */
	bool opened;            /* it has connected to a server already */
};

/* The URL of the proxy: `given`, or the environment's, and then *variable is the name of its variable; NULL: no proxy. */
const char *proxy_named(const char *given, const char **variable);

/* Splits and checks such a URL. *parts is to be cleaned up, also after a failure. Fails with ERROR_CONFIG. */
int proxy_parse(const char *text, const char *variable, CURLU **parts, struct error *error);

/* The proxy of the options, or the environment's; *proxy is NULL if there is none. Fails with ERROR_CONFIG if that of the
 * options cannot be used. */
int proxy_open(struct proxy **proxy, const struct http_options *options, struct error *error);
void proxy_close(struct proxy **proxy);

/* Whether requests to `url` may go through the proxy. Fails with ERROR_CONFIG if they should, and its URL is broken. */
int proxy_check(const struct proxy *proxy, const char *url, struct error *error);

/* Sets all that libcurl needs to know of the proxy, which may be NULL; `cacert` is as in http_options. */
bool proxy_set(CURL *easy, const struct proxy *proxy, const char *cacert);

/* The ways of authentication that the account can be used with: CURLAUTH_…, or'ed. */
long proxy_methods(const struct proxy *proxy);

/* Masks the proxy's password in what libcurl says. `proxy` may be NULL. The org never gets this password, and it may be a
 * common word, so it is not masked anywhere else. */
void proxy_redact(const struct proxy *proxy, char *text);

/* Whether requests to `url` take a proxy, where there is one: those to https URLs do, unless no_proxy exempts the host. */
bool proxy_is_taken(const char *url);

/* The URL of the proxy that requests to `url` take, without user and password; NULL: they take none. */
const char *proxy_between(const struct proxy *proxy, const char *url);

/* Each line of a head that comes for the transfer, from the proxy or from the server. */
void proxy_hear(struct transfer *transfer, const char *line, size_t length);

/* A connection over TLS begins for the transfer: to the server, or to an https proxy. */
void proxy_see_tls(struct transfer *transfer);

/* Whether the request, which failed with `code`, should be made once more with the same handle: the proxy closed the
 * connection when it asked for user and password. libcurl knows then what it asked for, but gives up if the proxy did not
 * announce the close (RFC 9112, section 9.6). */
bool proxy_wants_more(const struct http *http, struct transfer *transfer, CURLcode code);

/* Whether the failure `code` of a transfer that was not sent yet is the proxy's. If it is, fills `error` (ERROR_NETWORK) and
 * *passing: whether another try makes sense. The transfer takes a proxy. */
bool proxy_failed(const struct http *http, const struct transfer *transfer, CURLcode code, bool *passing,
		  struct error *error);

#endif
