/* SPDX-License-Identifier: Apache-2.0 */
/* Deploys a package to an org. */
#ifndef P11BEARER_SALESFORCE_DEPLOY_H
#define P11BEARER_SALESFORCE_DEPLOY_H

#include "bearer/bearer.h"
#include "salesforce/deployment.h"

/* The caller keeps data and strings alive. */
struct deploy_request {
	const void *zip;
	size_t length;
	const char *api_version;
	bool check_only; /* validate only */
	long wait;       /* seconds to wait for the end */
	/* Called after each status report. */
	void (*progress)(void *context, const struct deployment *deployment);
	void *context;
};

/* Gets a bearer, deploys the package and waits until the deployment is done. A bearer that expires is replaced once.
 * On SIGINT, SIGTERM or SIGHUP, asks the org to cancel the deployment and sets error->signal. `deployment` and *json,
 * the org's last answer or NULL, are set on failure too; the caller clears and frees them. Fails as
 * bearer_get and oauth_call do, with ERROR_ORG if the deployment failed or was cancelled, ERROR_NETWORK if the wait
 * is over, ERROR_ANSWER if an answer is unusable. */
int deploy_run(const struct bearer_request *request, const struct deploy_request *deploy, struct deployment *deployment,
	       struct secret **json, struct error *error);

#endif
