/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/http-proxy.h"

#include "base/clock.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>

static const double PATIENCE_MS = 500;

struct slot {
	struct http http;
	struct http_request request;
	struct http_response response;
	struct transfer transfer;
	void *tag;
	bool busy;
	bool used; /* the handle may still hold what it sent */
};

struct http_pool {
	CURLM *multi;
	struct http_options options;
	struct guard guard;
	struct proxy *proxy;
	struct slot *slots;
	size_t count, busy;
	struct slot *taken; /* the slot that http_pool_take returned last, or NULL */
	bool stained;       /* connections may still hold what they sent and received */
	double due;         /* when the next request times out: clock_ms less guard_paused */
};

static bool open_slot(struct http_pool *pool, struct slot *slot)
{
	slot->http.options = &pool->options;
	slot->http.proxy = pool->proxy;
	slot->http.guard = &pool->guard;
	slot->http.easy = curl_easy_init();
	slot->response.body = secret_new(4096);
	slot->transfer = (struct transfer){ .request = &slot->request, .response = &slot->response, .kept = true };
	return slot->http.easy != NULL && slot->response.body != NULL;
}

/* When the next request times out. */
static double first_due(const struct http_pool *pool)
{
	double due = HUGE_VAL;

	for (size_t i = 0; i < pool->count && pool->busy > 0; i++) {
		const struct slot *slot = &pool->slots[i];

		if (slot->busy && transfer_due(&slot->http, &slot->transfer) < due)
			due = transfer_due(&slot->http, &slot->transfer);
	}
	return due;
}

/* Called within libcurl. Any of the connections may keep libcurl busy, so this allows more time, to spare the
 * others. */
static bool is_over(void *context)
{
	const struct http_pool *pool = context;

	return clock_ms() - guard_paused(&pool->guard) > pool->due + PATIENCE_MS;
}

/* All requests have waited while the key was in use. */
static void prolong(void *context)
{
	const struct http_pool *pool = context;

	for (size_t i = 0; i < pool->count; i++) {
		if (pool->slots[i].busy)
			transfer_prolong(&pool->slots[i].http);
	}
}

/* NULL if memory is exhausted. */
static CURLM *open_multi(size_t most)
{
	CURLM *multi = handle_many();

	if (multi != NULL && curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)most) == CURLM_OK &&
	    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)most) == CURLM_OK)
		return multi;
	curl_multi_cleanup(multi);
	return NULL;
}

/* Closes all connections and wipes their buffers. */
static void close_multi(CURLM *multi)
{
	wipe_heap(true);
	curl_multi_cleanup(multi);
	wipe_heap(false);
}

int http_pool_open(struct http_pool **pool, const struct http_options *options, size_t most, struct error *error)
{
	bool opened;

	*pool = calloc(1, sizeof(**pool));
	if (*pool == NULL)
		return error_memory(error);
	if (http_begin(options, &(*pool)->proxy, error) < 0) {
		http_pool_close(pool);
		return error_result(error);
	}
	(*pool)->options = *options;
	(*pool)->guard = (struct guard){ .is_over = is_over, .prolong = prolong, .context = *pool };
	(*pool)->count = most;
	(*pool)->multi = open_multi(most);
	(*pool)->slots = calloc(most, sizeof(*(*pool)->slots));
	opened = (*pool)->multi != NULL && (*pool)->slots != NULL;
	for (size_t i = 0; i < most && opened; i++)
		opened = open_slot(*pool, &(*pool)->slots[i]);
	if (opened)
		return 0;
	http_pool_close(pool);
	return error_memory(error);
}

void http_pool_close(struct http_pool **pool)
{
	struct http_pool *old = *pool;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count && old->slots != NULL; i++) {
		struct slot *slot = &old->slots[i];

		if (slot->http.easy == NULL)
			continue;
		if (slot->busy)
			curl_multi_remove_handle(old->multi, slot->http.easy);
		transfer_clear(&slot->http, &slot->transfer);
		secret_free(&slot->transfer.form);
		http_response_clear(&slot->response);
		curl_easy_cleanup(slot->http.easy);
	}
	close_multi(old->multi);
	proxy_close(&old->proxy);
	free(old->slots);
	free(old);
	*pool = NULL;
}

size_t http_pool_busy(const struct http_pool *pool)
{
	return pool->busy;
}

int http_pool_start(struct http_pool *pool, const struct http_request *request, void *tag, struct error *error)
{
	struct slot *slot = pool->slots;
	int result;

	while (slot->busy)
		slot++;
	slot->request = *request;
	slot->tag = tag;
	result = transfer_begin(&slot->http, &slot->transfer, error);
	if (result == 0 && (curl_easy_setopt(slot->http.easy, CURLOPT_PRIVATE, slot) != CURLE_OK ||
			    curl_multi_add_handle(pool->multi, slot->http.easy) != CURLM_OK))
		result = error_memory(error);
	if (result < 0) {
		transfer_clear(&slot->http, &slot->transfer);
		return result;
	}
	slot->busy = slot->used = true;
	pool->busy++;
	return 0;
}

/* Wipes the response that was taken last. */
static void wipe_taken(struct http_pool *pool)
{
	struct slot *slot = pool->taken;

	if (slot == NULL || slot->busy)
		return;
	secret_truncate(slot->response.body, 0);
	redactor_reset(slot->response.redactor);
	if (slot->transfer.form != NULL)
		secret_truncate(slot->transfer.form, 0);
	pool->taken = NULL;
}

/* The next transfer that libcurl has completed, or NULL. */
static struct slot *next_ended(struct http_pool *pool, CURLcode *code)
{
	struct slot *slot;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
		*code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
		curl_multi_remove_handle(pool->multi, slot->http.easy);
		if (!transfer_wants_more(&slot->http, &slot->transfer, *code) ||
		    curl_multi_add_handle(pool->multi, slot->http.easy) != CURLM_OK)
			return slot;
	}
	return NULL;
}

/* The next transfer that has timed out, or NULL. */
static struct slot *next_overdue(struct http_pool *pool, double now, CURLcode *code)
{
	for (size_t i = 0; i < pool->count; i++) {
		struct slot *slot = &pool->slots[i];

		if (!slot->busy || (*code = transfer_over(&slot->http, &slot->transfer, now)) == CURLE_OK)
			continue;
		curl_multi_remove_handle(pool->multi, slot->http.easy);
		return slot;
	}
	return NULL;
}

/* An HTTP/2 connection keeps the last data sent and received in its buffers until it is closed. A failed request may
 * have used one. */
static bool leaves_stains(CURL *easy, int result)
{
	long version = CURL_HTTP_VERSION_NONE;

	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	return result < 0 || version >= CURL_HTTP_VERSION_2_0;
}

static void renew_multi(struct http_pool *pool)
{
	CURLM *fresh = open_multi(pool->count);

	if (fresh == NULL)
		return;
	close_multi(pool->multi);
	pool->multi = fresh;
	pool->stained = false;
}

void http_pool_rest(struct http_pool *pool)
{
	if (pool->busy > 0)
		return;
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->slots[i].used)
			handle_renew(&pool->slots[i].http.easy);
		pool->slots[i].used = false;
	}
	if (pool->stained)
		renew_multi(pool);
}

const struct http_response *http_pool_take(struct http_pool *pool, void **tag, int *result, struct error *error)
{
	double now = clock_ms(), due = first_due(pool);
	struct slot *slot;
	CURLcode code;

	wipe_taken(pool);
	pool->due = (due > now ? due : now) - guard_paused(&pool->guard);
	handle_move(pool->multi, &pool->guard);
	slot = next_ended(pool, &code);
	if (slot == NULL && now >= due)
		slot = next_overdue(pool, now, &code);
	if (slot == NULL)
		return NULL;
	*tag = slot->tag;
	*result = transfer_end(&slot->http, &slot->transfer, code, error);
	pool->stained |= leaves_stains(slot->http.easy, *result);
	transfer_clear(&slot->http, &slot->transfer);
	slot->busy = false;
	pool->busy--;
	pool->taken = slot;
	return &slot->response;
}

void http_pool_wait(struct http_pool *pool, const struct pollfd *others, size_t count, int milliseconds)
{
	struct curl_waitfd more[HTTP_POOL_OTHERS];
	double left = first_due(pool) - clock_ms();

	for (size_t i = 0; i < count; i++) {
		short in = (others[i].events & POLLIN) != 0 ? CURL_WAIT_POLLIN : 0;
		short out = (others[i].events & POLLOUT) != 0 ? CURL_WAIT_POLLOUT : 0;

		more[i] = (struct curl_waitfd){ .fd = others[i].fd, .events = (short)(in | out) };
	}
	if (milliseconds < 0)
		milliseconds = INT_MAX;
	if (left < milliseconds)
		milliseconds = left > 0 ? (int)left + 1 : 0;
	curl_multi_poll(pool->multi, more, (unsigned)count, milliseconds, NULL);
}
