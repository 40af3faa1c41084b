/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as this program does it: https, or http to this machine only; TLS 1.2 and later, always verified; no redirects;
 * answers of limited size; given up when process/interrupt.h has a signal. The one room that knows libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_H
#define P11BEARER_OAUTH_HTTP_H

#include "base/error.h"
#include "base/redact.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct http; /* a client */

struct http_options {
	const char *cacert; /* file of CA certificates, or NULL: the system's */
	const char *proxy;  /* URL, or NULL: the environment's */
	const char *proxy_origin; /* where `proxy` comes from, for hints: "option --proxy", … */
	long timeout;       /* seconds for one request, from name lookup to the last byte; with parts to send: see http_send */
};

enum { RETRY_AFTER_MOST = 7 * 86400 }; /* seconds: no org means a longer wait */

/* This machine's clock against the server's, by the Date of an answer (RFC 9110 section 6.6.1). */
struct http_clock {
	bool known;    /* there was one Date, a date, and no older than an Age (RFC 9111 section 5.1) tells */
	time_t server; /* the server's time when it answered */
	double ahead;  /* seconds that this machine's clock is ahead; below 0: it is behind */
	double margin; /* seconds that it may be more or less: half of those that the answer took */
};

struct http_response {
	const char *url;     /* the request's */
	long status;         /* 0: there was no answer */
	struct secret *body; /* may hold a bearer */
	struct redactor *redactor; /* of what the request holds that is secret; the text above is not redacted */
	struct http_clock clock;
	long retry_after;    /* seconds, at most RETRY_AFTER_MOST, or -1 */
	char location[512];  /* of a redirect, else empty */
	bool sent;           /* something of the request may have reached the server */
	bool passing;        /* without an answer: the failure may pass (connection refused or lost) */
	bool stale;          /* the same, on a connection that was kept from before, and may have been dead already */
};

enum { HTTP_BODY_MAX = 1 << 20 }; /* bytes of an answer, where the request allows no more */

struct http_field {
	const char *name, *value;
	bool secret; /* the value is masked where the server or libcurl repeats it */
};

/* A part of a body of type multipart/form-data (RFC 7578). */
struct http_part {
	const char *name;
	const char *file; /* file name, or NULL */
	const char *type; /* media type */
	const void *data;
	size_t length;
};

/* One request. Strings, secrets and data are the caller's. At most one kind of body is given. */
struct http_request {
	const char *method;              /* GET, POST, … */
	const char *url;
	const struct secret *bearer;     /* for a header Authorization: Bearer …, or NULL */
	const struct http_field *fields; /* application/x-www-form-urlencoded, or NULL */
	size_t field_count;
	const struct http_part *parts;   /* multipart/form-data, or NULL */
	size_t part_count;
	const char *json;                /* application/json, or NULL */
	size_t limit;                    /* bytes of the answer; 0: HTTP_BODY_MAX */
	bool fresh;                      /* over a connection of its own, where connections are kept */
	bool once_sent_await;            /* a signal gives it up only while it is sent; for the answer it leaves 10 s */
};

/* Fails with ERROR_CONFIG for options that cannot be used. `options` must outlive the client. */
int http_open(struct http **http, const struct http_options *options, struct error *error);
void http_close(struct http **http);

/* Checks that the URL may be used: https, or http to a loopback address; no user and password. ERROR_CONFIG. */
int http_check_url(const char *url, struct error *error);

/* Checks that the proxy, or for NULL the one that the environment names, can be used. The environment's only has to be
 * usable if requests to `url` (NULL: not known yet) take a proxy. Fails with ERROR_CONFIG, for the environment's with
 * the name of its variable; the proxy's URL, which may hold a password, is not in the message. */
int http_check_proxy(const char *proxy, const char *url, struct error *error);

/* What requests to `url` have in common: scheme, host and port, in one spelling. To be freed; NULL when it is not a URL,
 * or memory is out. */
char *http_origin(const char *url);

/* The URL of `path`, which begins with a slash, below `base`, whose slashes at the end do not count. To be freed;
 * NULL when memory is out. */
char *http_url_below(const char *base, const char *path);

/* The URL that a server's instance_url, which is `text`, stands for: its scheme, host and port, and its path only if `base`,
 * the URL that the user gave (may be NULL), has the same. `server` is what was asked. Fails with ERROR_ANSWER if nothing
 * secret may be sent there: as http_check_url says, or because it is http and one of the two others is https. *site is to be freed. */
int http_site(const char *text, const char *server, const char *base, char **site, struct error *error);

/* Ends every later request of the client at `when` (clock_ms) at the latest; 0: no limit. http_end returns that time, or
 * HUGE_VAL if there is no limit. */
void http_end_at(struct http *http, double when);
double http_end(const struct http *http);

/* Sends the request, which is over when its time is, whatever the server sends. While parts of a body are sent the time
 * begins again with each byte that goes over. Any HTTP status is a success; fails with ERROR_NETWORK when there is no
 * whole answer (with error->signal when it was given up for one), ERROR_ANSWER when it is too large, ERROR_CONFIG for the
 * URL. The error is redacted.
 * `response` is filled in either case and to be cleared. */
int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct error *error);
void http_response_clear(struct http_response *response);

/* At most `most` requests at a time, by one thread, over connections that are kept: HTTP/2 streams of one where the
 * server has it. None is sent again when a kept connection turns out to be dead; a signal does not give a request
 * up. */
struct http_pool;
int http_pool_open(struct http_pool **pool, const struct http_options *options, size_t most, struct error *error);
void http_pool_close(struct http_pool **pool); /* what is under way is given up */

/* How many requests are under way. */
size_t http_pool_busy(const struct http_pool *pool);

/* Begins a request, of which the URL must stay until it is taken; there is room for it. `tag` comes back with it.
 * Fails with ERROR_CONFIG for the URL. */
int http_pool_start(struct http_pool *pool, const struct http_request *request, void *tag, struct error *error);

/* Moves what is under way, and takes one that has ended: *result and `error` are as http_send's. NULL when there is
 * none. One whose time is over ends here. Owned by the pool, until the next call. */
const struct http_response *http_pool_take(struct http_pool *pool, void **tag, int *result, struct error *error);

/* Waits until something is to be moved or taken, one of the `count` other descriptors is ready for its event
 * (POLLIN or POLLOUT), or the time is over; below 0 it never is. */
enum { HTTP_POOL_OTHERS = 4 };
struct pollfd;
void http_pool_wait(struct http_pool *pool, const struct pollfd *others, size_t count, int milliseconds);

#endif
