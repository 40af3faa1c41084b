/* SPDX-License-Identifier: Apache-2.0 */
/* How components that need a signature ask for one without knowing about tokens. */
#ifndef P11BEARER_BASE_SIGN_H
#define P11BEARER_BASE_SIGN_H

#include "base/error.h"

#include <stddef.h>

enum { SIGNATURE_MAX = 2048 }; /* bytes: RSA up to 16384 bits */

/* Signs `size` bytes with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017 section 8.2; JWA's RS256) into `signature`, which
 * has room for SIGNATURE_MAX bytes, and sets *length. Returns 0, or a negative class with `error` filled. */
typedef int sign_function(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
			  struct error *error);

#endif
