/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that use a bearer: whose it is, and whether its session still lasts. */
#ifndef ORG_SESSION_H
#define ORG_SESSION_H

#include "org.h"

/*
 * The bearer of the request's Authorization header. Logs how it stands with it, never itself. Returns NULL, with the
 * answer made (401 INVALID_SESSION_ID), when it is none of the org's, revoked or too old.
 */
struct bearer *session_find(struct org *org, const struct request *request, struct answer *answer, cJSON *line);

/* Says which faults hit this request, the next of those that use a bearer, and logs it. */
void session_plan_faults(struct org *org, struct fault_plan *plan, cJSON *line);

/* Changes the answer as planned. */
void session_spoil(const struct org *org, const struct fault_plan *plan, struct answer *answer);

#endif
