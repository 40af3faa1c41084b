/* SPDX-License-Identifier: Apache-2.0 */
/* Public halves of the objects with one label or id: they show what belongs together. */
#include "p11/object.h"

#include <openssl/err.h>
#include <openssl/evp.h>

enum { READ_MAX = 64 }; /* objects of one search */

int halves_add(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, struct halves *halves,
	       struct error *error)
{
	CK_OBJECT_CLASS class = *(const CK_OBJECT_CLASS *)template[0].pValue;
	CK_OBJECT_HANDLE found[READ_MAX];
	size_t count;

	if (objects_match(session, template, attributes, found, READ_MAX, &count, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < count; i++) {
		EVP_PKEY *half;

		if (object_half(session, class, found[i], &half, error) < 0 && template_ends_search(error))
			return error_result(error);
		if (half != NULL && halves->only == NULL) {
			halves->only = half;
			continue;
		}
		halves->several |= half != NULL && EVP_PKEY_eq(half, halves->only) != 1;
		EVP_PKEY_free(half);
	}
	halves->several |= count == READ_MAX; /* there may be more */
	ERR_clear_error();
	return 0;
}

EVP_PKEY *halves_take(struct halves *halves)
{
	EVP_PKEY *only = halves->only;

	halves->only = NULL;
	if (halves->several) {
		EVP_PKEY_free(only);
		only = NULL;
	}
	halves->several = false;
	return only;
}
