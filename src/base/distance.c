/* SPDX-License-Identifier: Apache-2.0 */
#include "base/distance.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned lesser(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned distance(const char *a, const char *b)
{
	unsigned table[DISTANCE_MAX + 1][DISTANCE_MAX + 1]; /* between the first i bytes of a and the first j of b */
	size_t rows = strlen(a), columns = strlen(b);

	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			unsigned edits = (unsigned)(i + j);

			if (i > 0 && j > 0) {
				edits = lesser(table[i - 1][j], table[i][j - 1]) + 1;
				edits = lesser(edits, table[i - 1][j - 1] + (is_same(a[i - 1], b[j - 1]) ? 0 : 1));
			}
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
				edits = lesser(edits, table[i - 2][j - 2] + 1);
			table[i][j] = edits;
		}
	}
	return table[rows][columns];
}
