/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/judge.h"
#include "oauth/http-proxy.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "process/interrupt.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const double WAIT_MOST_MS = 60000;

static bool holds_certificates(const char *path)
{
	X509_STORE *store = X509_STORE_new();
	bool loaded = store != NULL && X509_STORE_load_file(store, path) > 0;

	X509_STORE_free(store);
	ERR_clear_error();
	return loaded;
}

/* libcurl would report a bad file only when it connects, after the user has entered a PIN. */
static int check_cacert(const char *path, struct error *error)
{
	int fd = file_open(path, error); /* OpenSSL would block on a FIFO */

	if (fd < 0)
		return fd;
	close(fd);
	if (holds_certificates(path))
		return 0;
	error_set(error, ERROR_CONFIG, "%s cannot be read, or holds no CA certificates", path);
	error_hint(error, "give a file with CA certificates in PEM, or omit --cacert to use the system's");
	return -ERROR_CONFIG;
}

int http_ready(struct error *error)
{
	static bool ready;

	if (!ready && curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipe_malloc, wipe_free, wipe_realloc, wipe_strdup,
					   wipe_calloc) != CURLE_OK)
		return error_set(error, ERROR_UNEXPECTED, "libcurl cannot be initialised");
	ready = true;
	return 0;
}

int http_begin(const struct http_options *options, struct proxy **proxy, struct error *error)
{
	if (http_ready(error) < 0)
		return error_result(error);
	judge_begin();
	if (options->cacert != NULL && check_cacert(options->cacert, error) < 0)
		return error_result(error);
	return proxy_open(proxy, options, error);
}

static bool is_over(void *context)
{
	struct http *http = context;

	return http->transfer != NULL && transfer_over(http, http->transfer, clock_ms()) != CURLE_OK;
}

int http_open(struct http **http, const struct http_options *options, struct error *error)
{
	*http = calloc(1, sizeof(**http));
	if (*http == NULL)
		return error_memory(error);
	(*http)->options = options;
	if (http_begin(options, &(*http)->proxy, error) < 0) {
		http_close(http);
		return error_result(error);
	}
	(*http)->guard = &(*http)->own_guard;
	(*http)->own_guard = (struct guard){ .is_over = is_over, .context = *http };
	(*http)->easy = curl_easy_init();
	(*http)->multi = handle_many();
	if ((*http)->easy == NULL || (*http)->multi == NULL) {
		http_close(http);
		return error_memory(error);
	}
	return 0;
}

void http_close(struct http **http)
{
	if (*http == NULL)
		return;
	wipe_heap(true);
	curl_easy_cleanup((*http)->easy);
	curl_multi_cleanup((*http)->multi);
	wipe_heap(false);
	proxy_close(&(*http)->proxy);
	free(*http);
	*http = NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	char bare[64];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host + (host[0] == '['), "]"), host + (host[0] == '['));
	return inet_pton(AF_INET6, bare, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool url_has(CURLU *parts, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(parts, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* Does not show a URL that cannot be parsed or contains a user and password. */
static int check_parts(CURLU *parts, const char *url, struct error *error)
{
	char *scheme = NULL, *host = NULL;
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, 0);
	int result = 0;

	if (code != CURLUE_OK || curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
		result = error_set(error, ERROR_CONFIG, "the URL cannot be used: %s", curl_url_strerror(code));
	} else if (url_has(parts, CURLUPART_USER) || url_has(parts, CURLUPART_PASSWORD)) {
		result = error_set(error, ERROR_CONFIG, "the URL must not contain a user and password");
	} else if (strcasecmp(scheme, "https") != 0 && (strcasecmp(scheme, "http") != 0 || !is_loopback(host))) {
		result = error_set(error, ERROR_CONFIG, "%s://%s would be reached without encryption", scheme, host);
		error_hint(error, "use https://; plain http is for loopback addresses only");
	}
	curl_free(scheme);
	curl_free(host);
	return result;
}

int http_check_url(const char *url, struct error *error)
{
	CURLU *parts = curl_url();
	int result = parts != NULL ? check_parts(parts, url, error) : error_memory(error);

	curl_url_cleanup(parts);
	return result;
}

char *http_origin(const char *url)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *origin = NULL;
	CURLU *parts = curl_url();
	size_t length;

	if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
		length = strlen(host);
		if (length > 1 && host[length - 1] == '.') /* the DNS root */
			length--;
		if (asprintf(&origin, "%s://%.*s:%s", scheme, (int)length, host, port) < 0)
			origin = NULL;
	}
	if (origin != NULL)
		text_lower(origin, strlen(origin));
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return origin;
}

char *http_url_below(const char *base, const char *path)
{
	size_t length = strlen(base);
	char *url;

	while (length > 0 && base[length - 1] == '/')
		length--;
	return asprintf(&url, "%.*s%s", (int)length, base, path) < 0 ? NULL : url;
}

int response_guard(struct http_response *response, const struct http_request *request, struct error *error)
{
	int result = 0;

	if (response->redactor == NULL)
		response->redactor = redactor_new();
	redactor_reset(response->redactor);
	if (response->redactor == NULL)
		return error_memory(error);
	if (request->bearer != NULL)
		result |= redactor_add(response->redactor, secret_data(request->bearer));
	for (size_t i = 0; i < request->field_count; i++) {
		if (request->fields[i].secret)
			result |= redactor_add(response->redactor, request->fields[i].value);
	}
	return result == 0 ? 0 : error_memory(error);
}

void http_end_at(struct http *http, double when)
{
	http->end = when;
}

double http_end(const struct http *http)
{
	return http->end > 0 ? http->end : HUGE_VAL;
}

/* Waits for libcurl's descriptors, a signal, or the timeout. */
static void await(struct http *http, struct transfer *transfer)
{
	struct curl_waitfd woken = { .fd = interrupt_descriptor(), .events = CURL_WAIT_POLLIN };
	bool listens = woken.fd >= 0 && interrupt_signal() == 0;
	double left = transfer_due(http, transfer) - clock_ms();

	if (left > WAIT_MOST_MS)
		left = WAIT_MOST_MS;
	if (left > 0)
		curl_multi_poll(http->multi, &woken, listens ? 1 : 0, (int)left + 1, NULL);
}

static CURLcode perform(struct http *http, struct transfer *transfer)
{
	const CURLMsg *message = NULL;
	int left;
	CURLcode code;

	if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	http->transfer = transfer;
	while ((code = transfer_over(http, transfer, clock_ms())) == CURLE_OK && message == NULL) {
		handle_move(http->multi, http->guard);
		message = curl_multi_info_read(http->multi, &left);
		if (message == NULL)
			await(http, transfer);
	}
	if (message != NULL)
		code = message->data.result;
	http->transfer = NULL;
	curl_multi_remove_handle(http->multi, http->easy);
	return code;
}

int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct error *error)
{
	struct transfer transfer = { .request = request, .response = response };
	int result;

	*response = (struct http_response){ .retry_after = -1, .body = secret_new(4096) };
	if (response->body == NULL)
		return error_memory(error);
	wipe_heap(true);
	result = transfer_begin(http, &transfer, error);
	if (result == 0) {
		CURLcode code = perform(http, &transfer);

		if (proxy_wants_more(http, &transfer, code))
			code = perform(http, &transfer);
		result = transfer_end(http, &transfer, code, error);
	}
	transfer_clear(http, &transfer);
	handle_renew(&http->easy);
	wipe_heap(false);
	return result;
}

void http_response_clear(struct http_response *response)
{
	secret_free(&response->body);
	redactor_free(&response->redactor);
}
