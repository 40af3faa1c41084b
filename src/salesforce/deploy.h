/* SPDX-License-Identifier: Apache-2.0 */
/* Deploying a package with a bearer. */
#ifndef P11BEARER_SALESFORCE_DEPLOY_H
#define P11BEARER_SALESFORCE_DEPLOY_H

#include "bearer/bearer.h"
#include "salesforce/deployment.h"

/* What is deployed and how. Data and strings are the caller's. */
struct deploy_request {
	const void *zip;
	size_t length;
	const char *api_version;
	bool check_only; /* the org validates and keeps nothing */
	long wait;       /* seconds for the deployment to end */
	/* Called each time the org tells how it stands. */
	void (*progress)(void *context, const struct deployment *deployment);
	void *context;
};

/* Gets a bearer, deploys and waits for the end. A bearer that ends meanwhile is replaced once. SIGINT, SIGTERM and SIGHUP make
 * it ask the org to give the deployment up; the error then has the signal.
 * `deployment` (to be cleared) and *json (the org's last answer, to be freed, NULL when there was none) are filled also when
 * it fails: as bearer_get and oauth_call do, with ERROR_ORG when the deployment failed or was given up, ERROR_NETWORK when
 * the time is up, ERROR_ANSWER for an answer that makes no sense. */
int deploy_run(const struct bearer_request *request, const struct deploy_request *deploy,
		  struct deployment *deployment, struct secret **json, struct error *error);

#endif
