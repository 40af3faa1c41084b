/* SPDX-License-Identifier: Apache-2.0 */
/* How components that need a signature ask for one without knowing about tokens. */
#ifndef P11BEARER_BASE_SIGN_H
#define P11BEARER_BASE_SIGN_H

#include "base/error.h"

#include <stddef.h>

enum { SIGNATURE_MAX = 2048 }; /* bytes: RSA up to 16384 bits */

/* Signs `size` bytes into `signature`, in the form that JWS gives it (RFC 7518 section 3), and sets *length.
 * `signature` has room for SIGNATURE_MAX bytes. The caller knows the algorithm. Returns 0, or a negative class with
 * `error` filled. */
typedef int sign_function(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
			  struct error *error);

#endif
