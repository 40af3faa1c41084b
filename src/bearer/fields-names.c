/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the fields: all that the agent, which has no keys, needs to know of them. */
#include "bearer/fields.h"

#include <string.h>

const char *fields_template(const char *name)
{
	static const char *const templates[] = {
		"{@kid}", "{@spki}", "{@x5t}", "{@x5t-s256}", "{@x5c}", "{@client-id}", "{@token-url}",
	};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		if (strlen(templates[i]) == length + 2 && memcmp(templates[i] + 1, name, length) == 0)
			return templates[i];
	}
	return NULL;
}

bool fields_know(const char *name)
{
	return fields_template(name) != NULL;
}
