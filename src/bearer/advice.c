/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/advice.h"

#include "bearer/retry.h"

#include <stdbool.h>
#include <stddef.h>

void advice_hint(const struct salesforce_advice *advice, long retry_after, struct error *error)
{
	bool login_rate = advice != NULL && advice->cause == SALESFORCE_LOGIN_RATE;

	if (login_rate && retry_after > 0)
		error_hint(error, "%s; the org asks to wait %ld s before the next try", advice->meaning, retry_after);
	else if (advice != NULL && retry_after > RETRY_WAIT_MOST)
		error_hint(error, "%s; the org asks to wait %ld s: %s", advice->meaning, retry_after, advice->remedy);
	else if (retry_after > RETRY_WAIT_MOST)
		error_hint(error, "the org asks to wait %ld s before the next try", retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
}
