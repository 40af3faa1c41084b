/* SPDX-License-Identifier: Apache-2.0 */
#include "nodes.h"

#include <math.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double longest = 1e6;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Reads a delay at *text and moves past it. Returns 0 or -1. */
static int read_delay(const char **text, double *delay)
{
	static const char never[] = "never";
	char *end;

	if (strncmp(*text, never, strlen(never)) == 0) {
		*delay = INFINITY;
		*text += strlen(never);
		return 0;
	}
	*delay = strtod(*text, &end);
	if (end == *text || !(*delay >= 0 && *delay <= longest))
		return -1;
	*text = end;
	return 0;
}

int nodes_read(struct nodes *nodes, const char *text)
{
	*nodes = (struct nodes){ 0 };
	while (nodes->count < NODES_MAX && read_delay(&text, &nodes->delays[nodes->count]) == 0) {
		nodes->count++;
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return -1;
	}
	return -1;
}

int changes_add(struct changes *changes, X509 *certificate, bool initial)
{
	struct change *grown = realloc(changes->list, (changes->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return -1;
	if (certificate != NULL)
		X509_up_ref(certificate);
	grown[changes->count] = (struct change){ initial ? -INFINITY : now(), certificate };
	changes->list = grown;
	changes->count++;
	return 0;
}

const struct change *changes_applied(const struct changes *changes, double delay)
{
	const double since = now() - delay;
	size_t count = changes->count;

	while (count > 0 && changes->list[count - 1].when > since)
		count--;
	return count > 0 ? &changes->list[count - 1] : NULL;
}

void changes_clear(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		X509_free(changes->list[i].certificate);
	free(changes->list);
	*changes = (struct changes){ 0 };
}
