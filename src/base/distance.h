/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_BASE_DISTANCE_H
#define P11BEARER_BASE_DISTANCE_H

enum { DISTANCE_MAX = 40 }; /* bytes of a word */

/* Levenshtein's distance: how many single-character edits turn one word into the other, ASCII case aside. Both words have at
 * most DISTANCE_MAX bytes. */
unsigned distance(const char *a, const char *b);

#endif
