/* SPDX-License-Identifier: Apache-2.0 */
#include "base/distance.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

unsigned distance(const char *a, const char *b)
{
	unsigned row[DISTANCE_MAX + 1];
	size_t length = strlen(b);

	for (unsigned j = 0; j <= length; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned least = diagonal + (same ? 0 : 1);

			diagonal = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[length];
}
