/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments by the Metadata REST API, and their slow way to an end. */
#ifndef ORG_DEPLOY_H
#define ORG_DEPLOY_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "app.h"

struct deployment {
	struct deployment *next;
	char id[19];
	bool check_only;
	bool canceling;
	bool done;
	const char *status; /* static */
	long polls; /* how often its status was asked for */
	struct app files;
	cJSON *failures;
};

/* Frees the whole list. */
void deployments_free(struct deployment **deployments);

#endif
