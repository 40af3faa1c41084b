/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/settings.h"

#include <string.h>

enum { LONGEST = 40 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance: single-character edits that turn one word into the other. Both are at most LONGEST long. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[LONGEST + 1];
	size_t length = strlen(b);

	for (unsigned j = 0; j <= length; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *settings_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	/* More than a third wrong, the dashes of an option not counted, is no slip but another word. */
	unsigned least = (unsigned)strlen(word + strspn(word, "-")) / 3 + 1;

	if (strlen(word) > LONGEST)
		return NULL;
	for (; *words != NULL; words++) {
		unsigned edits = strlen(*words) <= LONGEST ? distance(word, *words) : LONGEST;

		if (least > 1 && strncmp(word, *words, strlen(word)) == 0)
			edits = 1; /* an abbreviation */
		if (edits <= least && (nearest == NULL || edits < least)) {
			nearest = *words;
			least = edits;
		}
	}
	return nearest;
}
