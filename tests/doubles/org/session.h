/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with a bearer: its user, and whether its session is still valid. */
#ifndef ORG_SESSION_H
#define ORG_SESSION_H

#include "org.h"

/*
 * The bearer of the request's Authorization header. Logs its state, never its text. If the org did not issue it, or it is
 * revoked or too old, makes the answer 401 INVALID_SESSION_ID and returns NULL.
 */
struct bearer *session_find(struct org *org, const struct request *request, struct answer *answer, cJSON *line);

/* Adds the faults of this request, the next with a bearer, to the plan, and logs all that it has. */
void session_plan_faults(struct org *org, struct fault_plan *plan, cJSON *line);

/* Applies the faults to the answer. */
void session_spoil(const struct org *org, const struct fault_plan *plan, struct answer *answer);

#endif
