/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/settings.h"

#include "base/distance.h"

#include <string.h>

const char *settings_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	/* With more than a third of its letters wrong, not counting the dashes of an option, a word is not a typo. */
	unsigned least = (unsigned)strlen(word + strspn(word, "-")) / 3 + 1;

	if (strlen(word) > DISTANCE_MAX)
		return NULL;
	for (; *words != NULL; words++) {
		unsigned edits = strlen(*words) <= DISTANCE_MAX ? distance(word, *words) : DISTANCE_MAX;

		if (least > 1 && strncmp(word, *words, strlen(word)) == 0)
			edits = 1; /* an abbreviation */
		if (edits <= least && (nearest == NULL || edits < least)) {
			nearest = *words;
			least = edits;
		}
	}
	return nearest;
}
