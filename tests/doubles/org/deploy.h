/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments by the Metadata REST API, which end after a number of polls. */
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
	long polls; /* requests for its status so far */
	struct app files;
	cJSON *failures;
};

/* Frees the whole list. */
void deployments_free(struct deployment **deployments);

#endif
