/* SPDX-License-Identifier: Apache-2.0 */
/* Where the assertion and the other values of a request to a vendor's server are, and whether they keep a rule. */
#ifndef ORG_VENDOR_REQUEST_H
#define ORG_VENDOR_REQUEST_H

#include "filling.h"

/* The fields of the form or members of the JSON object, which the caller frees, or NULL if the body is wrong. */
cJSON *request_fields(const struct vendor *vendor, const struct request *request);

/* The assertion, if the request has the form in which the vendor takes one, or NULL. */
const char *request_assertion(const struct vendor *vendor, const struct request *request, const cJSON *fields);

/* Whether the request keeps the rule. */
bool request_keeps(const struct filling *filling, const struct rule *rule);

#endif
