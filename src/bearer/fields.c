/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/fields.h"

#include <string.h>

static const char *const names[] = { "@kid", "@spki", "@x5t", "@x5t-s256", "@x5c", "@client-id", "@token-url" };

bool fields_know(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Not computed yet. */
static const char *look_up(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

int fields_fill(struct signer *signer, size_t which, const struct bearer_request *request, const char *template,
		char **text, struct error *error)
{
	(void)signer;
	(void)which;
	(void)request;
	return braces_fill(template, look_up, NULL, text, error);
}
