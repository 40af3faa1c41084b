/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to doctor: the one request that all checks of the network look at. */
#ifndef P11BEARER_DOCTOR_NETWORK_H
#define P11BEARER_DOCTOR_NETWORK_H

#include "oauth/http-probe.h"

struct doctor;

/* A request for a bearer without an assertion. It names no user, so no server counts it as a login. */
struct doctor_network {
	struct http_proxy_use proxy;
	struct http_probe probe;
	struct http_response response;
	struct error error; /* why there is no answer; ERROR_NONE: there is one */
};

/* Sends the request to the token endpoint, without the TLS identity. */
void doctor_network_ask(struct doctor *doctor);

#endif
