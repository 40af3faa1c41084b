/* SPDX-License-Identifier: Apache-2.0 */
/* Configures libcurl for a request, and takes the result. */
#include "oauth/http-headers.h"
#include "oauth/http-identity.h"
#include "oauth/http-proxy.h"

#include "base/clock.h"
#include "base/message.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

/* Seconds. During a batch that runs for days, CA certificates are replaced, and orgs move to other addresses. */
enum { CA_LIFE = 60, CONNECTION_LIFE = 3600 };

size_t body_limit(const struct http_request *request)
{
	return request->limit > 0 ? request->limit : HTTP_BODY_MAX;
}

/* Wipes libcurl's buffer, which recent versions keep while a connection is open. */
static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct secret *body = transfer->response->body;
	size_t length = size * count;
	bool taken;

	transfer->http->guard->took = true;
	transfer->too_large = length > body_limit(transfer->request) - secret_length(body);
	taken = !transfer->too_large && secret_append(body, data, length) == 0;
	OPENSSL_cleanse(data, length);
	return taken ? length : 0;
}

/* http-time.c enforces the time limits; libcurl's limit for connecting must not be shorter. */
static bool set_time(CURL *easy, const struct http_options *options)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Otherwise an aborted request would wait for the resolver thread (since 8.20, see handle_many). */
	if (curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_LIFE) != CURLE_OK)
		return false;
#endif
	return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, options->timeout) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

/* Called for each new TLS connection. */
static CURLcode on_tls(CURL *easy, void *tls_context, void *context)
{
	struct transfer *transfer = context;

	(void)easy;
	/* See is_sent_again: this handshake would serve no request. */
	if (transfer->kept && transfer->begun > 0) {
		transfer->begun++;
		return CURLE_ABORTED_BY_CALLBACK;
	}
	SSL_CTX_set_options(tls_context, SSL_OP_CLEANSE_PLAINTEXT);
	guard_connection(transfer->http->guard, tls_context);
	proxy_see_tls(transfer);
	probe_see_tls(transfer, tls_context);
	return identity_begin(transfer, tls_context);
}

/* Called each time the request is about to be sent. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): libcurl sets the signature */
static int is_sent_again(void *context, char *server, char *here, int server_port, int port)
{
	struct transfer *transfer = context;

	(void)server;
	(void)here;
	(void)server_port;
	(void)port;
	if (transfer->begun++ > 0 && transfer->kept)
		return CURL_PREREQFUNC_ABORT;
	identity_join(transfer);
	return CURL_PREREQFUNC_OK;
}

/* If a reused connection turns out to be closed, libcurl repeats the request by itself, with an assertion that the
 * server may have seen. So either connections are not reused, or is_sent_again stops the repetition. A kept connection
 * also keeps what it sent and received in its buffers. */
static bool set_connection(CURL *easy, struct transfer *transfer, bool plain)
{
	if ((!transfer->kept || transfer->request->fresh) &&
	    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK)
		return false;
	if (!transfer->kept && curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) != CURLE_OK)
		return false;
	if (curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, is_sent_again) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) != CURLE_OK)
		return false;
	if (!transfer->kept)
		return true;
	return curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
	       /* Only TLS can negotiate HTTP/2, and only HTTP/2 is worth waiting for. */
	       curl_easy_setopt(easy, CURLOPT_PIPEWAIT, plain ? 0L : 1L) == CURLE_OK;
}

static bool set_options(struct http *http, struct transfer *transfer)
{
	const struct http_options *options = http->options;
	const struct http_url *url = transfer->request->url;
	CURL *easy = http->easy;
	bool plain = url->plain;

	curl_easy_reset(easy);
	/* Only a libcurl built with OpenSSL supports these. */
	return ((curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK &&
		 curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer) == CURLE_OK) || options->identity == NULL) &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->message) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_URL, url->text) == CURLE_OK &&
#if LIBCURL_VERSION_NUM >= 0x075500
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK &&
#else
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS, plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS) == CURLE_OK &&
#endif
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (options->cacert == NULL || (curl_easy_setopt(easy, CURLOPT_CAINFO, options->cacert) == CURLE_OK &&
					    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
	       proxy_set(easy, http->proxy, options->cacert) && probe_set(easy, transfer) &&
	       /* Through a proxy, plain http would leave this machine. */
	       (!plain || curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK) &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       set_connection(easy, transfer, plain) &&
	       curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options->socket) == CURLE_OK &&
	       set_time(easy, options) &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "p11bearer/" P11BEARER_VERSION) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, headers_take) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK;
}

static void report_request(const struct http *http, const struct http_request *request)
{
	const char *url = request->url->text;
	const char *proxy = message_is_verbose() ? proxy_between(http->proxy, url) : NULL;
	const char *through = http->options->socket != NULL ? http->options->socket : proxy;

	message_step("%s %s%s%s", request->method, url, through == NULL ? "" : through == proxy ?
		     " through the proxy " : " through the socket ", through != NULL ? through : "");
}

int transfer_begin(struct http *http, struct transfer *transfer, struct error *error)
{
	struct http_response *response = transfer->response;

	*response = (struct http_response){
		.url = http->options->socket != NULL ? http->options->socket_name : transfer->request->url->text,
		.retry_after = -1,
		.body = response->body,
		.redactor = response->redactor,
	};
	secret_truncate(response->body, 0);
	transfer->begun = transfer->asked = 0;
	transfer->asks = false;
	transfer->again = transfer->passed = false;
	transfer->http = http;
	transfer_start_clock(http, transfer);
	http->message[0] = '\0';
	if (response_guard(response, transfer->request, error) < 0 ||
	    proxy_check(http->proxy, transfer->request->url->text, error) < 0 ||
	    request_prepare(http, transfer, error) < 0)
		return error_result(error);
	if (!set_options(http, transfer) || !request_set(http->easy, transfer))
		return error_set(error, ERROR_UNEXPECTED, "libcurl lacks a required feature");
	report_request(http, transfer->request);
	return 0;
}

/* Whether a reused connection was closed before this request was answered. Some servers send 408 when they close an
 * idle connection. */
static bool was_stale(const struct http *http, const struct transfer *transfer, CURLcode code)
{
	long connections = 0;

	if (transfer->begun != 1)
		return transfer->begun > 1; /* libcurl noticed, and is_sent_again stopped it */
	curl_easy_getinfo(http->easy, CURLINFO_NUM_CONNECTS, &connections);
	return connections == 0 && (code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
				    (code == CURLE_OK && transfer->response->status == 408));
}

bool transfer_wants_more(const struct http *http, struct transfer *transfer, CURLcode code)
{
	if (code == CURLE_OK)
		return false;
	if (proxy_wants_more(http, transfer, code))
		return true;
	if (!identity_wants_more(transfer))
		return false;
	transfer->passed = transfer->asks = transfer->again = false; /* the connection starts over */
	transfer->asked = 0;
	return true;
}

int transfer_end(struct http *http, struct transfer *transfer, CURLcode code, struct error *error)
{
	struct http_response *response = transfer->response;
	long number = 0;
	curl_off_t wait = 0;
	CURLcode over;

	response->sent = transfer->begun > 0;
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &response->status);
	response->stale = was_stale(http, transfer, code);
	if (code != CURLE_OK && identity_failed(transfer, error)) {
		response->status = 0;
		return error_result(error);
	}
	/* After a timeout or a signal, libcurl's own error is only a consequence. */
	if (code != CURLE_OK && code != CURLE_WRITE_ERROR &&
	    (over = transfer_over(http, transfer, clock_ms())) != CURLE_OK)
		code = over;
	if (code == CURLE_OPERATION_TIMEDOUT)
		transfer_report_time(http, transfer);
	if (code == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &number);
	response->number = (int)number;
	if (code != CURLE_OK) {
		response->status = 0;
		proxy_redact(http->proxy, http->message);
		transfer_explain(http, transfer, code, error);
		redact_error(response->redactor, error);
		return error_result(error);
	}
	identity_answered(transfer);
	curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &wait);
	if (wait > 0)
		response->retry_after = wait < RETRY_AFTER_MAX ? (long)wait : RETRY_AFTER_MAX;
	message_step("HTTP status %ld, %zu bytes", response->status, secret_length(response->body));
	return 0;
}

void transfer_clear(struct http *http, struct transfer *transfer)
{
	/* First, because options must not refer to freed memory. */
	curl_easy_reset(http->easy);
	identity_leave(transfer);
	curl_slist_free_all(transfer->headers);
	curl_mime_free(transfer->mime);
	transfer->headers = NULL;
	transfer->mime = NULL;
	if (!transfer->kept)
		secret_free(&transfer->form);
}
