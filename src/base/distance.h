/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_BASE_DISTANCE_H
#define P11BEARER_BASE_DISTANCE_H

enum { DISTANCE_MAX = 40 }; /* bytes of a word */

/* Returns the number of edits that turn one word into the other, ignoring ASCII case: characters added, removed,
 * replaced, or swapped with the next one (optimal string alignment distance). Both words have at most DISTANCE_MAX
 * bytes. */
unsigned distance(const char *a, const char *b);

#endif
