/* SPDX-License-Identifier: Apache-2.0 */
/* Builds requests and reads answers of the Metadata REST API (Metadata API Developer Guide, "Deploy Metadata with
 * REST"). Does no I/O. */
#ifndef P11BEARER_SALESFORCE_DEPLOYMENT_H
#define P11BEARER_SALESFORCE_DEPLOYMENT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Body of the request that cancels a deployment. */
#define DEPLOYMENT_CANCEL "{\"deployResult\":{\"status\":\"Canceling\"}}"

/* Returns the JSON part of the request that starts a deployment; with `check_only` the org validates only. Static. */
const char *deployment_options(bool check_only);

/* Returns the path of all deployments (`id` NULL) or of one, below the org's URL. With `details` the answer lists
 * the failures. The caller frees it. NULL if memory is out. */
char *deployment_path(const char *api_version, const char *id, bool details);

/* A message about a component or a test that failed. Each text is one clean line, which may be empty. */
struct deployment_problem {
	bool is_warning;
	char *component; /* type and name, or a test's class and method */
	char *file;      /* in the package */
	long line, column; /* 0: unknown */
	char *text;
};

/* The status of a deployment. */
struct deployment {
	char id[20];
	char status[64]; /* Pending, InProgress, Succeeded, Failed, Canceling, Canceled, …; empty if unknown */
	char detail[256]; /* the current step, or why the whole deployment failed; may be empty */
	bool done, success;
	bool curable; /* its last request failed, or the login for it, but a later one may succeed */
	long components, components_done, component_errors;
	long tests, tests_done, test_errors;
	struct deployment_problem *problems;
	size_t count;
};

/* Reads the org's answer to a request about the deployment `id`, or any (NULL). Fails with ERROR_ANSWER if the
 * answer is unusable or about another deployment. The caller clears `deployment`, on failure too. */
int deployment_read(struct deployment *deployment, const char *json, const char *id, struct error *error);
void deployment_clear(struct deployment *deployment);

#endif
