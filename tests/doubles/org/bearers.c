/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the last bearers issued. */
#include "bearers.h"

#include <stdio.h>
#include <string.h>

#include "codec.h"

static const char prefix[BEARER_PREFIX + 1] = "00D000000000001!";

const struct bearer *bearers_issue(struct bearers *bearers, const char *username, time_t now)
{
	struct bearer *bearer = &bearers->list[bearers->issued % BEARERS_KEPT];

	memcpy(bearer->text, prefix, BEARER_PREFIX);
	if (random_text(bearer->text + BEARER_PREFIX, BEARER_RANDOM) != 0) {
		bearer->text[0] = '\0';
		return NULL;
	}
	snprintf(bearer->username, sizeof(bearer->username), "%s", username);
	bearer->issued_at = now;
	bearer->revoked = false;
	bearers->issued++;
	return bearer;
}

struct bearer *bearers_find(struct bearers *bearers, const char *text)
{
	size_t count = bearers->issued < BEARERS_KEPT ? bearers->issued : BEARERS_KEPT;

	for (size_t i = 0; i < count; i++) {
		if (*text != '\0' && strcmp(bearers->list[i].text, text) == 0)
			return &bearers->list[i];
	}
	return NULL;
}
