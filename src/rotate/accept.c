/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the org accepts a key, on all its hosts, and whose bearers it issues. */
#include "rotate/internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/prove.h"
#include "process/interrupt.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum {
	INTERVALS = 15, /* of the settle time: a host that answers every second request is met with near certainty */
};

/* The count of exchanges in a row. */
struct count {
	const struct proof *proof;
	double began, end; /* clock_ms: of the whole, and when it must be over */
	double first;      /* of the exchanges in a row, as clock_ms */
	size_t row;        /* exchanges in a row */
	size_t refused;
	double pause;      /* after the next refusal */
	struct error last; /* why the last one failed */
};

static void show(const struct count *count)
{
	double left = (count->end - clock_ms()) / 1e3, settled = (clock_ms() - count->first) / 1e3;

	if (count->row > 0)
		(void)message_progress("the org accepts %s: %zu in a row, for %.0f of %ld s", count->proof->what,
				       count->row, settled, count->proof->settle);
	else
		(void)message_progress("waiting for the org to accept %s, up to %.0f s: %s", count->proof->what,
				       left > 0 ? left : 0, count->last.text);
}

/* Takes a success that began at `began`. Returns the milliseconds until the next one; negative: none is necessary. */
static double succeed(struct count *count, double began)
{
	double interval = (double)count->proof->settle * 1e3 / (double)INTERVALS, now = clock_ms();

	if (count->row++ == 0)
		count->first = now;
	if (count->row >= count->proof->count && now - count->first >= (double)count->proof->settle * 1e3)
		return -1;
	return began + interval > now ? began + interval - now : 0;
}

/* Takes a failure that time may cure. */
static double fail(struct count *count, long pause, const struct error *error)
{
	double wait = pause > 0 ? (double)pause * 1e3 : count->pause;

	count->last = *error;
	if (count->refused++ == 0)
		message_note("%s; trying again for up to %.0f s (--accept-within)", error->text,
			     (count->end - count->began) / 1e3);
	else
		message_step("%s; trying again in %.1f s", error->text, wait / 1e3);
	count->row = 0;
	count->pause = count->pause * 2 < (double)LAST_PAUSE_MS ? count->pause * 2 : (double)LAST_PAUSE_MS;
	return wait;
}

static int give_up(const struct count *count, struct error *error)
{
	error_set(error, ERROR_ORG, "the org has not accepted %s %zu times in a row over %ld s within %.0f s%s%.2000s",
		  count->proof->what, count->proof->count, count->proof->settle, (count->end - count->began) / 1e3,
		  count->refused > 0 ? "; it said last: " : "", count->refused > 0 ? count->last.text : "");
	return GO_BACK;
}

static int prove(struct prover *prover, struct count *count, struct error *error)
{
	for (;;) {
		double began = clock_ms(), wait, left;
		bool curable;
		long pause;

		if (began >= count->end)
			return give_up(count, error);
		if (prover_try(prover, count->end, &curable, &pause, error) == 0) {
			wait = succeed(count, began);
			if (wait < 0)
				return 0;
		} else if (curable) {
			wait = fail(count, pause, error);
		} else {
			return error_result(error);
		}
		show(count);
		left = count->end - clock_ms();
		if (interrupt_wait((unsigned long)(wait < left ? wait : left > 0 ? left : 0)) != 0)
			return steps_interrupted(error);
	}
}

int accept_await(const struct rotation *rotation, enum rotate_keys keys, const struct proof *proof,
		 struct error *error)
{
	double now = clock_ms();
	struct count count = {
		.proof = proof, .began = now, .end = now + (double)rotation->with->accept_within * 1e3,
		.pause = FIRST_PAUSE_MS,
	};
	struct bearer_request request;
	struct prover *prover = NULL;
	int result = request_make(rotation, keys, &request, error);

	if (result == 0)
		result = prover_open(&prover, &request, error);
	if (result == 0)
		result = prove(prover, &count, error);
	message_progress_end();
	prover_close(&prover);
	request_clear(&request);
	return result;
}

/* Takes the member user_id, which never changes, else sub of OpenID Connect. */
static int take_user(const char *json, char **user, struct error *error)
{
	cJSON *root = cJSON_Parse(json);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "user_id"));
	int result = 0;

	if (text == NULL)
		text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "sub"));
	if (text == NULL)
		result = error_set(error, ERROR_ANSWER, "the org's answer does not name the user: it has neither "
				   "user_id nor sub");
	else if ((*user = strdup(text)) == NULL)
		result = error_memory(error);
	cJSON_Delete(root);
	return result;
}

int accept_user(const struct rotation *rotation, enum rotate_keys keys, char **user, struct error *error)
{
	struct bearer_request request;
	struct secret *json = NULL;
	int result = request_make(rotation, keys, &request, error);

	*user = NULL;
	if (result == 0)
		result = bearer_userinfo(&request, &json, error);
	if (result == 0)
		result = take_user(secret_data(json), user, error);
	secret_free(&json);
	request_clear(&request);
	return result;
}
