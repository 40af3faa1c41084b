/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to doctor: the exchange that several checks look at. */
#ifndef P11BEARER_DOCTOR_EXCHANGE_H
#define P11BEARER_DOCTOR_EXCHANGE_H

#include "bearer/client.h"

/* All 0: none. */
struct doctor_exchange {
	bool open;
	struct bearer_request request;
	struct client client; /* if `open`; its bearer is set during a call only */
	struct {
		struct bearer *bearer; /* NULL: see `error` */
		struct error error;
	} results[TURN_KEYS];
};

#endif
