/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/advice.h"

#include "bearer/retry.h"

#include <stdbool.h>
#include <stddef.h>

void advice_hint(const struct salesforce_advice *advice, long retry_after, struct error *error)
{
	bool waits = retry_after > RETRY_WAIT_MOST ||
		     (retry_after > 0 && advice != NULL && advice->cause == SALESFORCE_LOGIN_RATE);

	if (waits && advice != NULL)
		error_hint(error, "%s; the org asks to wait %ld s: %s", advice->meaning, retry_after, advice->remedy);
	else if (waits)
		error_hint(error, "the org asks to wait %ld s before the next try", retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
}
