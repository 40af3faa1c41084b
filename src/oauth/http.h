/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as this program does it: https, or http to this machine only; TLS 1.2 and later, always verified; no redirects;
 * answers of 1 MiB at most. The one room that knows libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_H
#define P11BEARER_OAUTH_HTTP_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct http; /* a client */

struct http_options {
	const char *cacert; /* file of CA certificates, or NULL: the system's */
	const char *proxy;  /* URL, or NULL: the environment's */
	long timeout;       /* seconds for one request, connection included */
};

struct http_response {
	long status;         /* 0: there was no answer */
	struct secret *body; /* may hold a bearer */
	time_t date;         /* the answer's Date, or -1 */
	long retry_after;    /* seconds, or -1 */
	char location[512];  /* of a redirect, else empty */
	bool sent;           /* something of the request may have reached the server */
	bool passing;        /* without an answer: the failure may pass (connection refused or lost) */
};

struct http_field {
	const char *name, *value;
};

/* One request. Strings and secrets are the caller's. */
struct http_request {
	const char *method;          /* GET, POST, … */
	const char *url;
	const struct secret *bearer; /* for a header Authorization: Bearer …, or NULL */
	const struct http_field *fields; /* application/x-www-form-urlencoded, or NULL: nothing is sent */
	size_t field_count;
};

/* Fails with ERROR_CONFIG for options that cannot be used. */
int http_open(struct http **http, const struct http_options *options, struct error *error);
void http_close(struct http **http);

/* Checks that the URL may be used: https, or http to a loopback address; no user and password. ERROR_CONFIG. */
int http_check_url(const char *url, struct error *error);

/* The URL of `path`, which begins with a slash, below `base`, whose slashes at the end do not count. To be freed; NULL when
 * memory is out. */
char *http_url_below(const char *base, const char *path);

/* Sends the request. Any HTTP status is a success; fails with ERROR_NETWORK when there is no whole answer, ERROR_ANSWER
 * when it is larger than 1 MiB, ERROR_CONFIG for the URL. `response` is filled in either case and to be cleared. */
int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct error *error);
void http_response_clear(struct http_response *response);

#endif
