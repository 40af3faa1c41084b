/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the observer of a request what happened. */
#ifndef P11BEARER_P11_OBSERVE_H
#define P11BEARER_P11_OBSERVE_H

#include "p11/token.h"

/* Fills the event's serial number and duration, which is `milliseconds`, and tells the request's observer, if it has
 * one, how the event ended: `result`, with `error` if it is negative. Returns `result`; but if the observer fails for
 * an event that succeeded, fails as it does. */
int observe(const struct p11_request *request, const struct token *token, struct p11_event event, double milliseconds,
	    int result, struct error *error);

/* Copies the token's serial number without its padding. */
void observe_serial(const struct token *token, char serial[P11_SERIAL_SIZE]);

#endif
