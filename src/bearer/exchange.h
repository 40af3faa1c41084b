/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of an exchange beside the sending: where to, and what to make of a refusal. */
#ifndef P11BEARER_BEARER_EXCHANGE_H
#define P11BEARER_BEARER_EXCHANGE_H

#include "bearer/bearer.h"
#include "oauth/exchange.h"

/* The URL of the token endpoint, to be freed. Fails with ERROR_UNEXPECTED when memory is out. */
int exchange_url(const struct bearer_request *request, char **url, struct error *error);

/* Adds to the error of a refusal of an assertion what it means and what to do, where that is known; what the clocks say comes
 * first. */
void exchange_advice(const struct oauth_answer *answer, const struct bearer_request *request, struct error *error);

/* Whether the org has judged the assertion and refused it, so that the certificate may be the reason. */
bool exchange_is_judged(const struct oauth_answer *answer, const struct bearer_request *request);

#endif
