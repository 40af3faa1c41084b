/* SPDX-License-Identifier: Apache-2.0 */
/* Ends requests that take too long. libcurl checks its own time limits only between reads, and keeps reading while a
 * server sends HTTP/2 frames that are not part of an answer. So this file checks the time: between calls of libcurl,
 * and within a call whenever OpenSSL has read a record. */
#include "oauth/http-internal.h"

#include "base/clock.h"
#include "process/interrupt.h"

#include <openssl/ssl.h>
#include <stdio.h>

static const double HURRY_MS = 10000; /* time for the answer after a signal, if request->once_sent_await */

void guard_pause(struct guard *guard)
{
	guard->paused_since = clock_ms();
}

void guard_resume(struct guard *guard)
{
	if (guard->paused_since <= 0)
		return;
	guard->paused = guard_paused(guard);
	guard->paused_since = 0;
	guard->prolong(guard->context);
}

double guard_paused(const struct guard *guard)
{
	return guard->paused + (guard->paused_since > 0 ? clock_ms() - guard->paused_since : 0);
}

void transfer_prolong(const struct http *http)
{
	(void)curl_easy_setopt(http->easy, CURLOPT_CONNECTTIMEOUT,
			       http->options->timeout + (long)(guard_paused(http->guard) / 1e3) + 1);
}

void transfer_start_clock(const struct http *http, struct transfer *transfer)
{
	transfer->begun_at = clock_ms() - guard_paused(http->guard);
	transfer->due = transfer->begun_at + (double)http->options->timeout * 1e3;
	transfer->uploaded = 0;
	transfer->hurried = false;
}

/* The duration of an upload cannot be predicted, so the time restarts whenever part of it was sent. */
static void watch_upload(const struct http *http, struct transfer *transfer, double now)
{
	curl_off_t uploaded = 0;

	if (transfer->request->parts == NULL)
		return;
	curl_easy_getinfo(http->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	if (uploaded > transfer->uploaded && !transfer->hurried)
		transfer->due = now - guard_paused(http->guard) + (double)http->options->timeout * 1e3;
	transfer->uploaded = uploaded;
}

static bool is_sent(const struct http *http)
{
	curl_off_t all = 0, sent = 0;

	curl_easy_getinfo(http->easy, CURLINFO_CONTENT_LENGTH_UPLOAD_T, &all);
	curl_easy_getinfo(http->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return all > 0 && sent >= all;
}

double transfer_due(const struct http *http, const struct transfer *transfer)
{
	double due = transfer->due + guard_paused(http->guard);

	return http->end > 0 && http->end < due ? http->end : due;
}

CURLcode transfer_over(const struct http *http, struct transfer *transfer, double now)
{
	double active = now - guard_paused(http->guard);

	watch_upload(http, transfer, now);
	if (!transfer->kept && interrupt_signal() != 0) {
		if (!transfer->request->once_sent_await || !is_sent(http))
			return CURLE_ABORTED_BY_CALLBACK;
		if (!transfer->hurried && active + HURRY_MS < transfer->due)
			transfer->due = active + HURRY_MS;
		transfer->hurried = true;
		if (active >= transfer->due)
			return CURLE_ABORTED_BY_CALLBACK;
	}
	return now >= transfer_due(http, transfer) ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
}

/* Called when OpenSSL has read or written a record. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): OpenSSL sets the signature */
static void on_record(int written, int version, int type, const void *data, size_t length, SSL *tls, void *context)
{
	const struct guard *guard = context;

	(void)written;
	(void)version;
	(void)data;
	(void)length;
	/* OpenSSL then considers the connection closed by both sides, and reports that at libcurl's next read or
	 * write. */
	if (type == SSL3_RT_HEADER && guard->is_over(guard->context))
		SSL_set_shutdown(tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void guard_connection(struct guard *guard, void *tls_context)
{
	SSL_CTX_set_msg_callback(tls_context, on_record);
	SSL_CTX_set_msg_callback_arg(tls_context, guard);
}

static bool has_happened(CURL *easy, CURLINFO what)
{
	curl_off_t after = 0; /* microseconds */

	return curl_easy_getinfo(easy, what, &after) == CURLE_OK && after > 0;
}

void transfer_report_time(struct http *http, const struct transfer *transfer)
{
	CURL *easy = http->easy;
	const char *stage = "receiving the answer";
	long header = 0; /* bytes received */

	curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &header);
	if (!has_happened(easy, CURLINFO_NAMELOOKUP_TIME_T))
		stage = "looking up the host";
	else if (!has_happened(easy, CURLINFO_PRETRANSFER_TIME_T))
		stage = "connecting"; /* TLS included */
	else if (transfer->request->parts != NULL && !is_sent(http))
		stage = "sending the request";
	else if (header == 0)
		stage = "waiting for the answer";
	snprintf(http->message, sizeof(http->message), "timed out after %.1f s while %s",
		 (clock_ms() - guard_paused(http->guard) - transfer->begun_at) / 1e3, stage);
}
