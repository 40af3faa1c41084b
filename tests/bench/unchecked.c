/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into a program of its own with --wrap: p11bearer without its check of each signature, to see what that costs. */
#include "base/alg.h"

bool __wrap_alg_verifies(enum alg alg, EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature,
			 size_t length);

bool __wrap_alg_verifies(enum alg alg, EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature,
			 size_t length)
{
	(void)alg, (void)public, (void)data, (void)size, (void)signature, (void)length;
	return true;
}
