/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment at the org by the Metadata REST API (Metadata API Developer Guide, "Deploy Metadata with REST"): what is
 * asked, and what is told. Pure: nothing is sent from here. */
#ifndef P11BEARER_SALESFORCE_DEPLOYMENT_H
#define P11BEARER_SALESFORCE_DEPLOYMENT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The request's body that asks the org to give a deployment up. */
#define DEPLOYMENT_CANCEL "{\"deployResult\":{\"status\":\"Canceling\"}}"

/* The JSON part of the request that begins a deployment. `check_only`: the org validates and keeps nothing. Static. */
const char *deployment_options(bool check_only);

/* Path below the org's URL of all deployments (`id` NULL) or of one, `details`: with what failed in it. To be freed; NULL when
 * memory is out. */
char *deployment_path(const char *api_version, const char *id, bool details);

/* What the org has against one file or test; each text is one clean line, empty where the org says nothing. */
struct deployment_problem {
	bool is_warning;
	char *component; /* type and name, or a test's class and method */
	char *file;      /* in the package */
	long line, column; /* 0: not told */
	char *text;
};

/* How a deployment stands. */
struct deployment {
	char id[20];
	char status[64]; /* Pending, InProgress, Succeeded, Failed, Canceling, Canceled, …; empty: not told */
	char detail[256]; /* what the org is at, or what failed as a whole; may be empty */
	bool done, success;
	long components, components_done, component_errors;
	long tests, tests_done, test_errors;
	struct deployment_problem *problems;
	size_t count;
};

/* Reads the org's answer to a request about a deployment. Fails with ERROR_ANSWER when it is none, or not of the deployment
 * `id` (NULL: any). To be cleared in either case. */
int deployment_read(struct deployment *deployment, const char *json, const char *id, struct error *error);
void deployment_clear(struct deployment *deployment);

#endif
