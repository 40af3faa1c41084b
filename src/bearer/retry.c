/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/retry.h"

#include "base/interrupt.h"
#include "base/message.h"

#include <openssl/rand.h>

enum { FIRST_WAIT_MS = 500 }; /* doubled for each further try */

void retry_wait(long retry_after, long try, const struct error *error)
{
	unsigned long milliseconds = FIRST_WAIT_MS;
	unsigned char jitter = 0;

	(void)RAND_bytes(&jitter, 1);
	if (retry_after >= 0)
		milliseconds = (unsigned long)retry_after * 1000;
	else
		milliseconds = (milliseconds << try) * (256UL + jitter) / 512UL;
	message_note("%s; trying again in %lu ms", error->text, milliseconds);
	interrupt_wait(milliseconds);
}
