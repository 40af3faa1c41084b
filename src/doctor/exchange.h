/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to doctor: the exchange that several checks look at. */
#ifndef P11BEARER_DOCTOR_EXCHANGE_H
#define P11BEARER_DOCTOR_EXCHANGE_H

#include "bearer/client.h"

/* All 0: none. */
struct doctor_exchange {
	bool open; /* the keys are open, and each has a result */
	struct bearer_request request;
	struct client client; /* without a request: none; its bearer is set during a call only */
	struct {
		struct bearer *bearer; /* NULL: see `error` */
		struct error error;
	} results[TURN_KEYS];
};

#endif
