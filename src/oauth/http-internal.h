/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of oauth/http*.c, which alone know libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_INTERNAL_H
#define P11BEARER_OAUTH_HTTP_INTERNAL_H

#include "oauth/http.h"

#include <curl/curl.h>

struct proxy; /* http-proxy.h */

/* What a call of libcurl shares with the callbacks within it. Lives as long as the connections. */
struct guard {
	bool (*is_over)(void *context); /* whether to end the call: see http-time.c */
	void *context;
	bool took; /* some of an answer has come: see handle_move */
};

struct transfer;

struct http {
	CURL *easy;
	const struct http_options *options;
	struct proxy *proxy; /* or NULL; owned by the client or the pool */
	struct guard *guard; /* the client's own, or the pool's */
	double end;          /* clock_ms: see http_end_at */
	char message[CURL_ERROR_SIZE];
	/* What follows is the client's, and not used in a pool. */
	CURLM *multi;
	struct transfer *transfer; /* under way, or NULL */
	struct guard own_guard;
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
	const struct http *http;        /* whose it is */
	bool passed;                    /* its proxy has opened the way to the server */
	bool asks;                      /* the head of such an answer has begun: the proxy's, with 407 */
	unsigned asked;                 /* how many have come as a whole */
	bool again;                     /* see proxy_wants_more */
	curl_mime *mime;
	time_t date;                    /* of http-headers.c: the answer's Date; 0: none yet; -1: unusable */
	long age;                       /* and its Age, seconds; -1: unusable */
	/* Of http-time.c; times as clock_ms has them. */
	double begun_at, due;
	curl_off_t uploaded;            /* bytes */
	bool hurried;                   /* a signal has come while the answer was awaited */
};

/* Adds all secrets of the request to the response's redactor. Fails with ERROR_UNEXPECTED if memory is out. */
int response_guard(struct http_response *response, const struct http_request *request, struct error *error);

/* Makes header fields and body of the request, which belong to the transfer then. Fails with ERROR_UNEXPECTED when memory is
 * out. */
int request_prepare(struct http *http, struct transfer *transfer, struct error *error);

/* Hands them to libcurl; false: it does not take them. */
bool request_set(CURL *easy, const struct transfer *transfer);

/* Sets all options. Fails with ERROR_CONFIG for the URL. To be cleared in either case. */
int transfer_begin(struct http *http, struct transfer *transfer, struct error *error);

/* libcurl has ended with `code`: fills the response, and fails as http_send does. */
int transfer_end(struct http *http, struct transfer *transfer, CURLcode code, struct error *error);
void transfer_clear(struct http *http, struct transfer *transfer);

/* A handle that moves several requests; when it is freed, it does not wait for a thread that looks up a name. NULL if memory is
 * out. */
CURLM *handle_many(void);

/* Has libcurl do what there is to do (curl_multi_perform), once more if some of an answer has come: libcurl 7.88 loses sight of
 * the end of an HTTP/2 answer that it has read already if a timer of its own runs out at that moment, as one does 200 ms after
 * it began to connect. It would look again only when the time of the request is over. */
void handle_move(CURLM *multi, struct guard *guard);

/* Puts a new handle in the place of one that is done: libcurl 8.7 and later keep a request in the buffers of its handle until
 * the handle sends the next one. If memory is out, the old one stays. */
void handle_renew(CURL **easy);

/* --- time (http-time.c) ------------------------------------------------------------------------------------------ */

/* The request begins now. */
void transfer_start_clock(const struct http *http, struct transfer *transfer);

/* When its time is over, as things are. */
double transfer_due(const struct http *http, const struct transfer *transfer);

/* Whether the request is over at `now`: CURLE_OK, it is not; CURLE_OPERATION_TIMEDOUT; CURLE_ABORTED_BY_CALLBACK, there
 * is a signal. */
CURLcode transfer_over(const struct http *http, struct transfer *transfer, double now);

/* Writes into http->message how long the request took and how far it got. */
void transfer_tell_time(struct http *http, const struct transfer *transfer);

/* Has `guard` asked at each record of the connection that `tls_context` (SSL_CTX *) is for. */
void guard_connection(struct guard *guard, void *tls_context);

#endif
