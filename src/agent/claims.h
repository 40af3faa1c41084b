/* SPDX-License-Identifier: Apache-2.0 */
/* What a JWT says about itself. Nothing is verified: it is the server's, or our own. */
#ifndef P11BEARER_AGENT_CLAIMS_H
#define P11BEARER_AGENT_CLAIMS_H

struct cJSON;

/* Returns the claims of a JWT (RFC 7519), which the caller frees with cJSON_Delete; NULL if the text has another form,
 * or if out of memory. */
struct cJSON *claims_read(const char *text);

#endif
