/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into a program of its own with --wrap: p11bearer without its check of each signature, to see what that costs. */
#include "p11/p11.h"

bool __wrap_p11_signature_fits(EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature, size_t length);

bool __wrap_p11_signature_fits(EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature, size_t length)
{
	(void)public, (void)data, (void)size, (void)signature, (void)length;
	return true;
}
