/* SPDX-License-Identifier: Apache-2.0 */
/* From the org's refusal to the hint of an error. */
#ifndef P11BEARER_BEARER_ADVICE_H
#define P11BEARER_BEARER_ADVICE_H

#include "base/error.h"
#include "salesforce/advice.h"

/* Adds the advice (NULL: there is none) and a wait, where the org asks for one that is not simply waited out:
 * `retry_after`, in seconds, or -1. */
void advice_hint(const struct salesforce_advice *advice, long retry_after, struct error *error);

#endif
