/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/backoff.h"

#include <openssl/rand.h>

enum { FIRST_WAIT_MS = 500, DOUBLED_MAX = 10 };

unsigned long backoff(long retry_after, long try)
{
	unsigned long milliseconds = FIRST_WAIT_MS;
	unsigned char jitter = 0;

	if (retry_after >= 0)
		return (unsigned long)retry_after * 1000;
	(void)RAND_bytes(&jitter, 1);
	return (milliseconds << (try < DOUBLED_MAX ? try : DOUBLED_MAX)) * (256UL + jitter) / 512UL;
}
