/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before a retry. */
#ifndef P11BEARER_BEARER_BACKOFF_H
#define P11BEARER_BEARER_BACKOFF_H

/* Returns the wait in milliseconds: `retry_after` seconds if the server asked for a wait (not -1), otherwise half a
 * second, doubled for each earlier `try` (from 0) and reduced by up to a half at random, so that clients do not all
 * retry at once. */
unsigned long backoff(long retry_after, long try);

#endif
