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

#endif
