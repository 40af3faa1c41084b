/* SPDX-License-Identifier: Apache-2.0 */
/* URIs as other programs write them: p11tool copies the NULs with which some modules pad names, and the scheme may be
 * in any case. */
#include "p11/uri.h"

#include <ctype.h>
#include <string.h>

size_t uri_unpadded(const char *value, size_t length)
{
	const char *nul = memmem(value, length, "%00", 3);

	if (nul != NULL)
		length = (size_t)(nul - value);
	while (length >= 3 && memcmp(value + length - 3, "%20", 3) == 0)
		length -= 3;
	return length;
}

/* Whether PKCS#11 keeps the value of the attribute padded, in a field of fixed size. */
static bool is_padded(const char *name, size_t length)
{
	static const char *const padded[] = {
		"token", "manufacturer", "model", "serial", "library-manufacturer", "library-description",
		"slot-manufacturer", "slot-description",
	};

	for (size_t i = 0; i < sizeof(padded) / sizeof(padded[0]); i++) {
		if (strlen(padded[i]) == length && memcmp(padded[i], name, length) == 0)
			return true;
	}
	return false;
}

void uri_tidy(char *text)
{
	char *from = text, *to;

	for (; *from != ':'; from++)
		*from = (char)tolower((unsigned char)*from);
	to = ++from;
	while (*from != '\0' && *from != '?') {
		size_t length = strcspn(from, ";?"), name = strcspn(from, "=;?"), kept = length;

		if (name < length && is_padded(from, name))
			kept = name + 1 + uri_unpadded(from + name + 1, length - name - 1);
		memmove(to, from, kept);
		from += length;
		to += kept;
		if (*from == ';')
			*to++ = *from++;
	}
	memmove(to, from, strlen(from) + 1);
}
