/* SPDX-License-Identifier: Apache-2.0 */
/* From the org's refusal to the hint of an error. */
#ifndef P11BEARER_BEARER_ADVICE_H
#define P11BEARER_BEARER_ADVICE_H

#include "base/error.h"
#include "salesforce/advice.h"

/* Adds a hint: the advice, if there is any (or NULL), and the wait that the org asks for (`retry_after`, seconds or -1), if
 * that is too long to be waited out. */
void advice_hint(const struct salesforce_advice *advice, long retry_after, struct error *error);

#endif
