/* SPDX-License-Identifier: Apache-2.0 */
/* Deploys the app's files. */
#include "rotate/internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "process/interrupt.h"
#include "salesforce/release.h"

#include <stdlib.h>

/* Deploys once. *lost is set if the org has not begun the deployment, or perhaps has, and it can be repeated. */
static int deploy_once(const struct rotation *rotation, const struct package *package, bool check_only, bool *lost,
		       struct error *error)
{
	const struct deploy_request deploy = {
		.api_version = rotation->with->api_version,
		.check_only = check_only,
		.wait = rotation->with->wait,
	};
	struct bearer_request request;
	struct deployment deployment = { .done = false };
	struct secret *json = NULL;
	int result = request_make(rotation, ROTATE_BOTH, &request, error);

	if (result == 0)
		result = steps_interrupted(error);
	if (result == 0)
		result = release_run(&request, package, &deploy, &deployment, &json, error);
	*lost = result < 0 && deployment.id[0] == '\0' && error->signal == 0 &&
		(error->class == ERROR_NETWORK || error->class == ERROR_ANSWER || deployment.curable);
	/* One that goes on, but whose end the org does not tell, may still succeed. */
	if (result == -ERROR_ORG && error->signal == 0 && !*lost &&
	    (deployment.done || deployment.id[0] == '\0'))
		result = GO_BACK;
	secret_free(&json);
	deployment_clear(&deployment);
	request_clear(&request);
	return result;
}

/* If the answer to the start of a deployment is lost, starts another one: it makes the same changes. */
static int deploy_until(const struct rotation *rotation, const struct package *package, bool check_only,
			struct error *error)
{
	double end = clock_ms() + (double)rotation->with->accept_within * 1e3, pause = FIRST_PAUSE_MS;

	for (;;) {
		bool lost;
		int result = deploy_once(rotation, package, check_only, &lost, error);

		if (!lost || clock_ms() + pause >= end)
			return result;
		message_note("%s; deploying again in %.1f s", error->text, pause / 1e3);
		if (interrupt_wait((unsigned long)pause) != 0)
			return steps_interrupted(error);
		pause = pause * 2 < (double)LAST_PAUSE_MS ? pause * 2 : (double)LAST_PAUSE_MS;
	}
}

int deploy_app(const struct rotation *rotation, bool check_only, struct error *error)
{
	const struct rotate *with = rotation->with;
	const struct release_rules rules = { .allow_unfit = with->allow_unfit };
	struct package *package = NULL;
	int result = package_make(with->path, with->app, with->api_version, &package, error);

	/* On the way back, nothing may keep the old certificate from the org. */
	if (result == 0 && check_only)
		result = release_check(package, &rules, error);
	if (result == 0)
		result = deploy_until(rotation, package, check_only, error);
	package_free(&package);
	return result;
}
