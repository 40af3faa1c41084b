/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to oauth/http*.c, the only files that use libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_INTERNAL_H
#define P11BEARER_OAUTH_HTTP_INTERNAL_H

#include "oauth/http.h"

#include <curl/curl.h>

struct proxy; /* http-proxy.h */

struct http_url {
	char *text, *origin;
	CURLU *parts; /* may be made before http_ready, whose allocator can free what malloc returned */
	bool plain; /* http, not https */
};

/* What a client or pool shares with the callbacks of its connections. Lives as long as they do. */
struct guard {
	bool (*is_over)(void *context); /* whether to end the call of libcurl, see http-time.c */
	void (*prolong)(void *context); /* gives the connections in progress more time, see guard_resume */
	void *context;
	bool took; /* part of an answer arrived, see handle_move */
	/* What http_identity.key said last: for later connections. */
	bool tls12;
	const char *sigalgs;
	/* (http-time.c) Milliseconds spent on the key, and since when (clock_ms) it is in use; 0: it is not. */
	double paused, paused_since;
};

struct connection; /* http-identity.c */
struct transfer;

struct http {
	CURL *easy;
	const struct http_options *options;
	struct proxy *proxy; /* may be NULL; owned by the client or the pool */
	struct guard *guard; /* the client's own, or the pool's */
	double end;          /* clock_ms, see http_end_at */
	char message[CURL_ERROR_SIZE];
	/* The rest is not used in a pool. */
	CURLM *multi;
	struct transfer *transfer; /* in progress, or NULL */
	struct guard own_guard;
};

/* (http-failure.c) What messages call the server. */
const char *party_of(const struct http *http);

/* Initialises libcurl with an allocator that wipes memory when it is freed. Fails with ERROR_UNEXPECTED. */
int http_ready(struct error *error);

/* Calls http_ready, checks the options, and opens their proxy (http-proxy.h), which the caller closes. Fails as
 * http_open does. */
int http_begin(const struct http_options *options, struct proxy **proxy, struct error *error);

/* Whether the URL has the part. */
bool url_has(CURLU *parts, CURLUPart part);

/* A request in progress, and the data that libcurl uses without copying it. Request and response belong to the
 * caller. */
struct transfer {
	const struct http_request *request;
	struct http_response *response; /* its body is allocated and reused */
	bool too_large;                 /* the answer exceeds its limit */
	bool kept;                      /* connections are reused, see set_connection */
	struct curl_slist *headers;
	struct secret *form;            /* reused if `kept` */
	unsigned begun;                 /* how often libcurl was about to send it */
	const struct http *http;        /* the client or slot that sends it */
	bool passed;                    /* the proxy has connected to the server */
	bool asks;                      /* the header of a 407 answer from the proxy is being read */
	unsigned asked;                 /* complete headers of such answers */
	bool again;                     /* see proxy_wants_more */
	struct connection *connection;  /* with the server; NULL: none, or without TLS */
	curl_mime *mime;
	time_t date;                    /* (http-headers.c) the answer's Date; 0: none yet; -1: unusable */
	long age;                       /* (http-headers.c) its Age in seconds; -1: unusable */
	/* (http-time.c) Times are clock_ms less guard_paused. */
	double begun_at, due;
	curl_off_t uploaded;            /* bytes */
	bool hurried;                   /* a signal arrived while waiting for the answer */
};

/* Adds all secrets of the request to the response's redactor. Fails with ERROR_UNEXPECTED if memory is exhausted. */
int response_guard(struct http_response *response, const struct http_request *request, struct error *error);

/* Builds header fields and body of the request; the transfer owns them. Fails with ERROR_UNEXPECTED if memory is
 * exhausted. */
int request_prepare(struct http *http, struct transfer *transfer, struct error *error);

/* Passes header fields and body to libcurl. Returns false if libcurl refuses them. */
bool request_set(CURL *easy, const struct transfer *transfer);

/* Sets all options. Fails as proxy_check does. Clear the transfer even on failure. */
int transfer_begin(struct http *http, struct transfer *transfer, struct error *error);

/* Whether to repeat the request with the same handle after libcurl ended with `code`. */
bool transfer_wants_more(const struct http *http, struct transfer *transfer, CURLcode code);

/* Sets `error` after libcurl ended with `code`, and response->transient. Fails as http_send does. */
int transfer_explain(const struct http *http, const struct transfer *transfer, CURLcode code, struct error *error);

/* Returns how many bytes the answer may have. */
size_t body_limit(const struct http_request *request);

/* Fills the response after libcurl ended with `code`. Fails as http_send does. */
int transfer_end(struct http *http, struct transfer *transfer, CURLcode code, struct error *error);
void transfer_clear(struct http *http, struct transfer *transfer);

/* Returns a handle for several requests; NULL if memory is exhausted. Freeing it does not wait for the resolver
 * thread. */
CURLM *handle_many(void);

/* Calls curl_multi_perform, and once more if part of an answer arrived: libcurl 7.88 misses the end of an HTTP/2 answer
 * that it has already read if one of its timers expires at that moment, as one does 200 ms after it starts to connect.
 * It would notice only when the request times out. */
void handle_move(CURLM *multi, struct guard *guard);

/* Replaces a handle whose request has ended. libcurl 8.7 and later keep a request in the handle's buffers until it
 * sends the next one. If memory is exhausted, the old handle stays. */
void handle_renew(CURL **easy);

/* --- what happens on the way (http-probe.c); all do nothing without request->probe ------------------------------- */

/* Sets libcurl's options. */
bool probe_set(CURL *easy, const struct transfer *transfer);

/* Called when a TLS connection starts for the transfer, with its SSL_CTX. */
void probe_see_tls(const struct transfer *transfer, void *tls_context);

/* Called when libcurl has ended with `code`, after the failure was explained. */
void probe_end(const struct http *http, const struct transfer *transfer, CURLcode code);

/* --- time (http-time.c) ------------------------------------------------------------------------------------------ */

/* Starts the request's time limit. */
void transfer_start_clock(const struct http *http, struct transfer *transfer);

/* The key is used from guard_pause to guard_resume. A person may have to enter a PIN or touch the token, which does not
 * count for the time limits. guard_paused returns the milliseconds that this has taken so far. */
void guard_pause(struct guard *guard);
void guard_resume(struct guard *guard);
double guard_paused(const struct guard *guard);

/* Allows libcurl more time to connect after the key was used. */
void transfer_prolong(const struct http *http);

/* Returns the time (clock_ms) at which the request times out, unless the key is used before. */
double transfer_due(const struct http *http, const struct transfer *transfer);

/* Returns CURLE_OK if the request may go on at `now`, CURLE_OPERATION_TIMEDOUT, or CURLE_ABORTED_BY_CALLBACK for a
 * signal. */
CURLcode transfer_over(const struct http *http, struct transfer *transfer, double now);

/* Writes into http->message how long the request took and how far it got. */
void transfer_report_time(struct http *http, const struct transfer *transfer);

/* Calls guard->is_over at each TLS record of the connections of `tls_context` (SSL_CTX *). */
void guard_connection(struct guard *guard, void *tls_context);

#endif
