/* SPDX-License-Identifier: Apache-2.0 */
/* The key that each app accepted last: each line may name its own app and org. */
#ifndef P11BEARER_BATCH_ACCEPTED_H
#define P11BEARER_BATCH_ACCEPTED_H

#include "bearer/bearer.h"

#include <stdint.h>

enum { APPS_MAX = 256 }; /* whose keys are told apart; with more, a key is refused now and then */

struct accepted {
	struct {
		uint64_t app; /* a hash of its id and its org; 0: the place is free */
		unsigned char key;
	} of[APPS_MAX];
};

/* The key that the request's app accepted last, or 0, the first one. */
size_t accepted_key(const struct accepted *accepted, const struct bearer_request *request);

/* Notes that the request's app has accepted the key. */
void accepted_note(struct accepted *accepted, const struct bearer_request *request, size_t key);

#endif
