/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/accepted.h"

/* FNV-1a. */
static uint64_t hashed(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * 0x100000001b3;
}

static uint64_t app_of(const struct bearer_request *request)
{
	const struct url *url = request->token_url.text != NULL ? &request->token_url : &request->instance_url;
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *at = url->text; at != url->end; at++)
		hash = hashed(hash, (unsigned char)*at);
	hash = hashed(hash, '\n'); /* which neither of them contains */
	for (const char *at = request->client_id; at != NULL && *at != '\0'; at++)
		hash = hashed(hash, (unsigned char)*at);
	return hash != 0 ? hash : 1;
}

/* The app's place, or a free one for it. If all are taken, that of another app. */
static size_t place_of(const struct accepted *accepted, uint64_t app)
{
	size_t first = app % APPS_MAX;

	for (size_t i = 0; i < APPS_MAX; i++) {
		size_t place = (first + i) % APPS_MAX;

		if (accepted->of[place].app == app || accepted->of[place].app == 0)
			return place;
	}
	return first;
}

size_t accepted_key(const struct accepted *accepted, const struct bearer_request *request)
{
	uint64_t app = app_of(request);
	size_t place = place_of(accepted, app);

	return accepted->of[place].app == app ? accepted->of[place].key : 0;
}

void accepted_note(struct accepted *accepted, const struct bearer_request *request, size_t key)
{
	uint64_t app = app_of(request);
	size_t place = place_of(accepted, app);

	accepted->of[place].app = app;
	accepted->of[place].key = (unsigned char)key;
}
