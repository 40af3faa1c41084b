/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/retry.h"

#include "base/message.h"
#include "process/interrupt.h"

#include <openssl/rand.h>

enum { FIRST_WAIT_MS = 500, DOUBLED_MOST = 10 }; /* doubled for each further try, so many times at most */

unsigned long retry_delay(long retry_after, long try)
{
	unsigned long milliseconds = FIRST_WAIT_MS;
	unsigned char jitter = 0;

	if (retry_after >= 0)
		return (unsigned long)retry_after * 1000;
	(void)RAND_bytes(&jitter, 1);
	return (milliseconds << (try < DOUBLED_MOST ? try : DOUBLED_MOST)) * (256UL + jitter) / 512UL;
}

bool retry_wait(double left, long retry_after, long try, const struct error *error)
{
	unsigned long milliseconds = retry_delay(retry_after, try);

	if ((double)milliseconds >= left)
		return false;
	message_note("%s; trying again in %lu ms", error->text, milliseconds);
	interrupt_wait(milliseconds);
	return true;
}
