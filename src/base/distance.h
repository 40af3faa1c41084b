/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_BASE_DISTANCE_H
#define P11BEARER_BASE_DISTANCE_H

enum { DISTANCE_MAX = 40 }; /* bytes of a word */

/* How many edits turn one word into the other, ASCII case aside: a character added, removed, replaced, or swapped with the next
 * one (the optimal string alignment distance). Both words have at most DISTANCE_MAX bytes. */
unsigned distance(const char *a, const char *b);

#endif
