/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a package, deploys it, and reports all this on stderr. */
#ifndef P11BEARER_SALESFORCE_RELEASE_H
#define P11BEARER_SALESFORCE_RELEASE_H

#include "salesforce/appcheck.h"
#include "salesforce/deploy.h"
#include "salesforce/package.h"

#include <stdbool.h>

/* Which faults of an app do not stop its deployment. */
struct release_rules {
	bool allow_no_certificate;
	bool allow_unfit;
	bool allow_expired; /* the certificate is about to be replaced */
};

/* Refuses a package that would break logins, or that the org would refuse: before a PIN is requested. Reports the
 * findings. Fails with ERROR_CONFIG. */
int release_check(const struct package *package, const struct release_rules *rules, struct error *error);

/* Deploys the package as deploy_run does, with its notes, progress and problems. `deploy` has the rest of the request.
 * The caller clears `deployment` and frees *json, also on failure. */
int release_run(const struct bearer_request *request, const struct package *package,
		const struct deploy_request *deploy, struct deployment *deployment, struct secret **json,
		struct error *error);

/* Reports the findings, and the certificate that was checked. */
void release_findings(const struct appcheck *check);

/* Reports the certificate's subject, expiry and fingerprint, after `what`. */
void release_certificate(const char *what, X509 *certificate);

#endif
