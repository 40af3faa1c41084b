/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/deploy.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/client.h"
#include "process/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CANCEL_MS = 30000,      /* to wait for a cancellation */
	ANSWER_MAX = 32 << 20,  /* bytes; an answer lists every component */
	HTTP_UNAVAILABLE = 503,
};
static const double FIRST_POLL_MS = 250; /* doubled after each poll, up to LAST_POLL_MS */
static const double LAST_POLL_MS = 8000;

/* A deployment in progress. */
struct work {
	const struct deploy_request *deploy;
	struct client client;
	struct deployment *deployment;
	struct secret **json;
	double end; /* of the wait, as clock_ms */
	bool taken; /* the org may have carried out the last request, whatever the answer */
	bool transient; /* the last request failed, but a later one may succeed */
	long retry_after; /* seconds that the org asked to wait, or -1 */
};

/* Sends a request about the deployment, or to start one if it has no id yet, and reads the answer. */
static int ask(struct work *work, struct http_request *request, bool repeatable, struct error *error)
{
	const char *id = work->deployment->id[0] != '\0' ? work->deployment->id : NULL;
	char *path = deployment_path(work->deploy->api_version, id, strcmp(request->method, "GET") == 0);
	struct deployment update = { .done = false };
	struct oauth_answer answer = { .json = NULL };
	int result;

	if (path == NULL)
		return error_memory(error);
	request->limit = ANSWER_MAX;
	result = client_call(&work->client, path, request, repeatable, &answer, error);
	free(path);
	work->taken = answer.sent && answer.status < 400; /* 0: no answer */
	work->taken |= answer.status >= 500 && answer.status != HTTP_UNAVAILABLE;
	work->retry_after = answer.retry_after;
	work->transient = result < 0 && error->signal == 0 && (answer.transient || error->class == ERROR_NETWORK);
	if (result == 0)
		result = deployment_read(&update, secret_data(answer.json), id, error);
	if (result == 0) {
		deployment_clear(work->deployment);
		*work->deployment = update;
		secret_free(work->json);
		*work->json = answer.json;
		answer.json = NULL;
	} else {
		deployment_clear(&update);
	}
	oauth_answer_clear(&answer);
	return result;
}

static void set_end(struct work *work, double milliseconds)
{
	work->end = clock_ms() + milliseconds;
	http_end_at(work->client.http, work->end);
}

static int start(struct work *work, struct error *error)
{
	const char *options = deployment_options(work->deploy->check_only);
	const struct http_part parts[] = {
		{ "entity_content", NULL, "application/json", options, strlen(options) },
		{ "file", "package.zip", "application/zip", work->deploy->zip, work->deploy->length },
	};
	struct http_request request = { .method = "POST", .parts = parts, .part_count = 2, .once_sent_await = true };
	int result = ask(work, &request, false, error);

	if (result < 0 && work->taken)
		error_hint(error, "the deployment may have started: check Deployment Status in Setup before you "
			   "deploy again");
	return result;
}

/* Polls until the deployment is done, the wait is over or a signal arrives; the last two are not failures. An org that
 * does not answer may still be deploying, so polling continues; this is reported once. */
static int follow(struct work *work, struct error *error)
{
	double pause = FIRST_POLL_MS;
	bool warned = false;

	work->client.retries = 0;
	while (!work->deployment->done && clock_ms() < work->end) {
		struct http_request request = { .method = "GET" };
		double wait = work->retry_after > 0 ? (double)work->retry_after * 1e3 : pause;

		if (wait > work->end - clock_ms())
			wait = work->end - clock_ms();
		if (interrupt_wait(wait > 0 ? (unsigned long)wait : 0) != 0)
			break;
		pause = pause * 2 < LAST_POLL_MS ? pause * 2 : LAST_POLL_MS;
		if (ask(work, &request, true, error) == 0) {
			work->deploy->progress(work->deploy->context, work->deployment);
			warned = false;
		} else if (!work->transient) {
			return error_result(error);
		} else if (!warned && clock_ms() < work->end) {
			message_warn("%s; retrying", error->text);
			warned = true;
		}
	}
	return 0;
}

static int judge(const struct work *work, struct error *error)
{
	const struct deployment *deployment = work->deployment;
	const char *what = work->deploy->check_only ? "check-only deployment" : "deployment";

	if (deployment->done && deployment->success)
		return 0;
	if (deployment->done)
		return error_set(error, ERROR_ORG, "the org ended %s %s as %s: %ld of %ld components and %ld of "
				 "%ld tests failed%s%s", what, deployment->id, deployment->status,
				 deployment->component_errors, deployment->components, deployment->test_errors,
				 deployment->tests, deployment->detail[0] != '\0' ? "; " : "", deployment->detail);
	error_set(error, ERROR_NETWORK, "%s %s is not done after %ld s: %s, %ld of %ld components",
		  what, deployment->id, work->deploy->wait, deployment->status, deployment->components_done,
		  deployment->components);
	error_hint(error, "the deployment continues: check Deployment Status in Setup, or allow more time with --wait");
	return -ERROR_NETWORK;
}

/* Cancels the deployment after a signal, which error->signal reports. */
static int cancel(struct work *work, struct error *error)
{
	const struct deployment *deployment = work->deployment;
	struct http_request request = { .method = "PATCH", .json = DEPLOYMENT_CANCEL };
	int signal = interrupt_take();
	struct error why;

	set_end(work, CANCEL_MS);
	work->client.retries = work->client.request->retries;
	message_note("asking the org to cancel deployment %s", deployment->id);
	/* A deployment that is about to end cannot be cancelled: wait for its end. */
	if (ask(work, &request, true, &why) < 0)
		message_warn("%s", why.text);
	if (follow(work, &why) < 0)
		error_set(error, ERROR_ORG, "deployment %s may still be in progress: %.2048s", deployment->id,
			  why.text);
	else if (!deployment->done)
		error_set(error, ERROR_ORG, "the org has not cancelled deployment %s yet", deployment->id);
	else if (strcmp(deployment->status, "Canceled") == 0)
		error_set(error, ERROR_ORG, "deployment %s was cancelled", deployment->id);
	else
		error_set(error, ERROR_ORG, "deployment %s ended as %s before it could be cancelled", deployment->id,
			  deployment->status);
	error->signal = signal;
	return -ERROR_ORG;
}

static int carry_out(struct work *work, struct error *error)
{
	const struct deployment *deployment = work->deployment;
	int result;

	set_end(work, (double)work->deploy->wait * 1e3);
	result = start(work, error);
	if (result == 0) {
		message_note("deployment %s has started", deployment->id);
		result = follow(work, error);
	}
	if (deployment->id[0] != '\0' && !deployment->done && interrupt_signal() != 0)
		return cancel(work, error);
	if (result == 0)
		return judge(work, error);
	if (deployment->id[0] != '\0')
		error_append(error, "; deployment %s may still be in progress", deployment->id);
	error->signal = interrupt_signal();
	return result;
}

int deploy_run(const struct bearer_request *request, const struct deploy_request *deploy, struct deployment *deployment,
	       struct secret **json, struct error *error)
{
	struct work work = { .deploy = deploy, .deployment = deployment, .json = json };
	int result;

	memset(deployment, 0, sizeof(*deployment));
	*json = NULL;
	result = client_open(&work.client, request, error);
	if (result < 0)
		work.transient = work.client.curable;
	if (result == 0) {
		interrupt_begin("p11bearer: interrupted; signal again to stop immediately\n");
		result = carry_out(&work, error);
		interrupt_end();
	}
	deployment->curable = result < 0 && work.transient;
	client_close(&work.client);
	return result;
}
