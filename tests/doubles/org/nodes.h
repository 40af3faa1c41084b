/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of an org, which apply a change of the app's certificate one after the other. */
#ifndef ORG_NODES_H
#define ORG_NODES_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

enum { NODES_MAX = 8 };

/* How long each node takes to apply a change, in seconds; infinite if it never does. */
struct nodes {
	double delays[NODES_MAX];
	size_t count;
};

/* The certificates that the app has had, the oldest first. */
struct changes {
	struct change {
		double when; /* seconds of the monotonic clock */
		X509 *certificate; /* owned; NULL if the app had none */
	} *list;
	size_t count;
};

/* Parses SECONDS|never[,…], one for each node. Returns 0 or -1. */
int nodes_read(struct nodes *nodes, const char *text);

/* Adds the certificate (which may be NULL) as the newest; all nodes have an initial one already. Returns 0, or -1 if memory
 * is out. */
int changes_add(struct changes *changes, X509 *certificate, bool initial);

/* The change that a node with this delay has applied last; NULL if there is none. */
const struct change *changes_applied(const struct changes *changes, double delay);

/* Frees the certificates. */
void changes_clear(struct changes *changes);

#endif
