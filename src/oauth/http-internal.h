/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of oauth/http*.c, which alone know libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_INTERNAL_H
#define P11BEARER_OAUTH_HTTP_INTERNAL_H

#include "oauth/http.h"

#include <curl/curl.h>

struct proxy; /* http-proxy.h */

struct http {
	CURL *easy;
	const struct http_options *options;
	struct proxy *proxy; /* or NULL; owned by the client or the pool */
	char message[CURL_ERROR_SIZE];
};

/* Readies libcurl, whose allocator then wipes what it frees. Fails with ERROR_UNEXPECTED. */
int http_ready(struct error *error);

/* Does that, checks what of the options can be wrong, and opens their proxy (http-proxy.h), which is the caller's to
 * close. Fails as http_open does. */
int http_begin(const struct http_options *options, struct proxy **proxy, struct error *error);

/* Whether the URL has that part. */
bool url_has(CURLU *parts, CURLUPart part);

/* One request and its answer, which are the caller's, and what libcurl is handed for it and keeps no copy of. */
struct transfer {
	const struct http_request *request;
	struct http_response *response; /* its body is there, and used again */
	bool too_large;                 /* the answer */
	bool kept;                      /* connections are: see set_connection */
	struct curl_slist *headers;
	struct secret *form;            /* used again where `kept` */
	unsigned begun;                 /* how often it was about to be sent */
	struct proxy *proxy;            /* the client's, or NULL */
	unsigned asked;                 /* how often a proxy answered with 407 */
	bool again;                     /* see proxy_wants_more */
	curl_mime *mime;
};

/* Hands all secrets of the request to the response's redactor. Fails with ERROR_UNEXPECTED when memory is out. */
int response_guard(struct http_response *response, const struct http_request *request, const struct proxy *proxy,
		   struct error *error);

/* Makes TLS wipe what it has decrypted as soon as it is handed on. */
void http_cleanse(CURL *easy);

/* Sets all options. Fails with ERROR_CONFIG for the URL. To be cleared in either case. */
int transfer_begin(struct http *http, struct transfer *transfer, struct error *error);

/* libcurl has ended with `code`: fills the response, and fails as http_send does. */
int transfer_end(struct http *http, struct transfer *transfer, CURLcode code, struct error *error);
void transfer_clear(struct http *http, struct transfer *transfer);

#endif
