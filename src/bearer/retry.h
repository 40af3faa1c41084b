/* SPDX-License-Identifier: Apache-2.0 */
/* The wait before a further try. */
#ifndef P11BEARER_BEARER_RETRY_H
#define P11BEARER_BEARER_RETRY_H

#include "base/error.h"

#include <stdbool.h>

enum { RETRY_WAIT_MOST = 60 }; /* seconds: an org that asks for a longer wait is told to the user instead */

/* How long to wait before a further try, milliseconds: as long as the org asks (`retry_after`, seconds or -1), else
 * twice as long each `try` (from 0), with a random part so that many clients do not come back at once. */
unsigned long retry_delay(long retry_after, long try);

/* Reports the failure and waits so long; a signal that process/interrupt.h has ends the wait. False, and no wait: that would
 * take the `left` milliseconds (http_left) or more. */
bool retry_wait(double left, long retry_after, long try, const struct error *error);

#endif
