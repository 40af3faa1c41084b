/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/judge.h"
#include "oauth/http-proxy.h"

#include "base/clock.h"
#include "base/file.h"
#include "process/interrupt.h"

#include <math.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
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
	error_set(error, ERROR_CONFIG, "%s cannot be read, or contains no CA certificates", path);
	error_hint(error, "give a file with CA certificates in PEM, or omit --cacert to use the system's");
	return -ERROR_CONFIG;
}

int http_ready(struct error *error)
{
	static bool ready;

	if (!ready && curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipe_malloc, wipe_free, wipe_realloc, wipe_strdup,
					   wipe_calloc) != CURLE_OK)
		return error_set(error, ERROR_UNEXPECTED, "cannot initialise libcurl");
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
	return options->socket == NULL ? proxy_open(proxy, options, error) : 0;
}

static bool is_over(void *context)
{
	struct http *http = context;

	return http->transfer != NULL && transfer_over(http, http->transfer, clock_ms()) != CURLE_OK;
}

static void prolong(void *context)
{
	transfer_prolong(context);
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
	(*http)->own_guard = (struct guard){ .is_over = is_over, .prolong = prolong, .context = *http };
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

		while (transfer_wants_more(http, &transfer, code))
			code = perform(http, &transfer);
		result = transfer_end(http, &transfer, code, error);
		probe_end(http, &transfer, code);
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
