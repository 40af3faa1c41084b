/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of oauth/http*.c, which alone know libcurl. */
#ifndef P11BEARER_OAUTH_HTTP_INTERNAL_H
#define P11BEARER_OAUTH_HTTP_INTERNAL_H

#include "oauth/http.h"

#include <curl/curl.h>

struct http {
	CURL *easy;
	const struct http_options *options;
	char message[CURL_ERROR_SIZE];
};

/* Readies libcurl, and checks what of the options can be wrong. Fails as http_open does. */
int http_begin(const struct http_options *options, struct error *error);

/* One request and its answer, which are the caller's, and what libcurl is handed for it and keeps no copy of. */
struct transfer {
	const struct http_request *request;
	struct http_response *response; /* its body is there, and used again */
	bool too_large;                 /* the answer */
	bool kept;                      /* connections are: see set_connection */
	struct curl_slist *headers;
	struct secret *form;            /* used again where `kept` */
	unsigned begun;                 /* how often it was about to be sent, where `kept` */
	curl_mime *mime;
};

/* Sets all options. Fails with ERROR_CONFIG for the URL. To be cleared in either case. */
int transfer_begin(struct http *http, struct transfer *transfer, struct error *error);

/* libcurl has ended with `code`: fills the response, and fails as http_send does. */
int transfer_end(struct http *http, struct transfer *transfer, CURLcode code, struct error *error);
void transfer_clear(struct http *http, struct transfer *transfer);

#endif
