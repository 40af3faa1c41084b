/* SPDX-License-Identifier: Apache-2.0 */
/* The formats in which token prints a bearer. */
#ifndef P11BEARER_CMD_FORMAT_H
#define P11BEARER_CMD_FORMAT_H

#include "cmd/cmd.h"

/* Appends the text with the escapes \" and \\, as in strings of JSON and of curl's configuration. A bearer has no other
 * characters to escape. Returns 0, or -1 if memory is exhausted; likewise below. */
int format_quoted(struct secret *text, const char *token);

/* When a bearer that was requested at `began` expires, in seconds since 1970; 0 if the server did not say. */
long long format_expiry(const struct bearer *bearer, long long began);

/* Appends the bearer in the format, which is not that of a helper. `site` may be NULL; `version` is that of
 * FORMAT_EXEC_CREDENTIAL, `expiry` as above. */
int format_bearer(struct secret *text, enum settings_format format, const struct bearer *bearer, const char *site,
		  const char *version, long long expiry);

/* Sets *version to the API version that kubectl wants (KUBERNETES_EXEC_INFO), or to the current one. Static. Fails with
 * ERROR_CONFIG if it is unknown. */
int format_version(const char **version, struct error *error);

#endif
