/* SPDX-License-Identifier: Apache-2.0 */
#include "process/kept-environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **environment, **working; /* as noted; and the environ array used after a change was undone */
static size_t variables;

void kept_environment_note(void)
{
	size_t count = 0;
	char **copy;

	while (environ[count] != NULL)
		count++;
	copy = calloc(2 * (count + 1) + 1, sizeof(*copy));
	if (copy == NULL)
		return;
	memcpy(copy, environ, count * sizeof(*copy));
	/* The last element keeps the previous one, which is never freed: a module's thread may still be reading it. */
	copy[2 * (count + 1)] = (char *)environment;
	environment = copy;
	working = copy + count + 1;
	variables = count;
}

static bool environment_is_same(void)
{
	return environ != NULL && memcmp(environ, environment, (variables + 1) * sizeof(*environ)) == 0;
}

void kept_environment_put(void)
{
	size_t count = 0;

	if (environment == NULL)
		return;
	while (environ != NULL && count < variables && environ[count] != NULL)
		count++;
	if (count == variables && environment_is_same())
		return;
	memcpy(working, environment, (variables + 1) * sizeof(*working));
	environ = working;
}
