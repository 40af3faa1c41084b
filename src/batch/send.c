/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions to the org and answers back: many at a time, as fast as the brake allows. */
#include "batch/internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/advice.h"
#include "bearer/exchange.h"
#include "bearer/limit.h"
#include "bearer/retry.h"

#include <stdlib.h>
#include <time.h>

enum {
	TOO_MANY = 429,      /* HTTP status (RFC 6585 section 4) */
	TOLD_MS = 1000,      /* a pause as long as this is reported */
	FRESH_MS = 1000,     /* so long an assertion that was signed counts as fresh, whatever its life is */
};

int sender_open(struct sender *sender, const struct bearer_request *request, size_t parallel, struct error *error)
{
	*sender = (struct sender){ .request = request };
	brake_init(&sender->brake, parallel, request->retries);
	if ((request->token_url != NULL || request->instance_url != NULL) &&
	    exchange_url(request, &sender->token_url, error) < 0)
		return error_result(error);
	return http_pool_open(&sender->pool, &request->http, parallel, error);
}

void sender_close(struct sender *sender)
{
	http_pool_close(&sender->pool);
	oauth_answer_clear(&sender->answer);
	X509_free(sender->certificate);
	free(sender->token_url);
	sender->token_url = NULL;
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

/* One that was signed anew is the next: it has waited before. */
void sender_give(struct sender *sender, struct item *item)
{
	item->ready_since = clock_ms();
	if (!item->renewed) {
		queue_push(&sender->ready, item);
		return;
	}
	item->next = sender->ready.first;
	sender->ready.first = item;
	if (item->next == NULL)
		sender->ready.last = item;
	sender->ready.count++;
}

void sender_signed(struct sender *sender, const struct item *item)
{
	sender->renewing -= item->renewed ? 1 : 0;
}

/* Whether there is none, because the last one is spent, or it has waited for too much of its life. One that has only just
 * been signed is as fresh as it gets, however long that took. */
static bool wants_assertion(const struct item *item, double now)
{
	long margin = item->line.request.lifetime / 2;

	if (margin > REUSE_MARGIN)
		margin = REUSE_MARGIN;
	return secret_length(item->assertion.text) == 0 ||
	       (time(NULL) + margin > item->assertion.exp && now - item->ready_since > (double)FRESH_MS);
}

/* Moves those whose time has come. */
static void wake(struct sender *sender, double now)
{
	struct queue waiting = sender->waiting;
	struct item *item;

	sender->waiting = (struct queue){ .first = NULL };
	while ((item = queue_pop(&waiting)) != NULL)
		queue_push(item->not_before > now ? &sender->waiting : &sender->ready, item);
}

struct item *sender_next(struct sender *sender)
{
	double now = clock_ms();

	wake(sender, now);
	if (http_pool_busy(sender->pool) + sender->renewing >= brake_allows(&sender->brake, now))
		return NULL;
	return queue_pop(&sender->ready);
}

bool sender_begin(struct sender *sender, struct item *item)
{
	const char *url = item->line.token_url != NULL ? item->line.token_url : sender->token_url;
	double now = clock_ms();

	if (wants_assertion(item, now)) {
		item->renewed = true;
		sender->renewing++;
		return true;
	}
	item->renewed = false;
	item->began = now;
	item->result = oauth_exchange_start(sender->pool, url, item->assertion.text, item->had_stale, item, &item->error);
	return false;
}

double sender_delay(const struct sender *sender, double now)
{
	double resume = sender->brake.resume, until = sender->ready.first != NULL && resume > now ? resume : 0;

	for (const struct item *item = sender->waiting.first; item != NULL; item = item->next) {
		if (until == 0 || item->not_before < until)
			until = item->not_before;
	}
	if (until == 0)
		return -1;
	return until > now ? until - now : 0;
}

struct item *sender_take_back(struct sender *sender)
{
	struct item *item = queue_pop(&sender->ready);

	return item != NULL ? item : queue_pop(&sender->waiting);
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

enum outcome {
	OUTCOME_SUCCESS,
	OUTCOME_THROTTLED, /* the org asks for a slower run, not for a better line */
	OUTCOME_FAILURE,   /* it says nothing about the line: no answer, 5xx, or an answer that makes no sense */
	OUTCOME_REFUSAL,   /* of this line, for a reason of its own */
};

static enum outcome outcome_of(const struct item *item, const struct oauth_answer *answer)
{
	if (item->result == 0)
		return OUTCOME_SUCCESS;
	if (answer->passing && (answer->status == TOO_MANY || answer->retry_after > 0))
		return OUTCOME_THROTTLED;
	if (item->result == -ERROR_NETWORK || item->result == -ERROR_ANSWER ||
	    (item->result == -ERROR_ORG && (answer->passing || answer->code[0] == '\0')))
		return OUTCOME_FAILURE;
	return OUTCOME_REFUSAL;
}

/* What the answer says about the speed of the run. */
static void judge_speed(struct sender *sender, const struct item *item, enum outcome outcome, long retry_after)
{
	struct brake *brake = &sender->brake;
	double now = clock_ms();
	unsigned long pause = 0;
	bool off = false, on = false;

	if (outcome == OUTCOME_SUCCESS)
		off = brake_success(brake, item->began);
	else if (outcome == OUTCOME_THROTTLED)
		pause = brake_throttle(brake, item->began, retry_after, now);
	else if (outcome == OUTCOME_FAILURE)
		on = brake_failure(brake, item->began, now);
	else if (item->result == -ERROR_ORG)
		off = brake_refusal(brake, item->began);
	if (outcome == OUTCOME_THROTTLED || outcome == OUTCOME_FAILURE)
		sender->last = item->error;
	if (off)
		message_note("the org answers again; the run continues");
	if (on)
		message_note("%ld requests in a row failed, the last one: %s; sending one at a time until one succeeds",
			     brake->failures, item->error.text);
	if (pause >= TOLD_MS && !brake_is_spent(brake))
		message_note("%s; the run goes on in %lu ms", item->error.text, pause);
}

/* Whether the item is to be tried again, which is for *wait milliseconds later. While nothing but failures comes back, a
 * failure is not the line's own: it waits, however often it failed. */
static bool try_again(const struct sender *sender, struct item *item, enum outcome outcome, bool passing,
		      unsigned long *wait)
{
	if (item->limited || outcome == OUTCOME_REFUSAL)
		return false;
	if (sender->brake.on || brake_is_spent(&sender->brake))
		return true;
	if (outcome == OUTCOME_THROTTLED)
		return ++item->throttled <= sender->request->retries * BRAKE_ROUNDS_A_RETRY;
	if (!passing || item->tries >= sender->request->retries)
		return false;
	*wait = retry_delay(-1, item->tries++);
	message_step("line %lu: %s; trying again in %lu ms", item->number, item->error.text, *wait);
	return true;
}

/* The connection was dead before the request was sent: it is sent again at once, once. */
static bool was_stale(struct item *item, const struct oauth_answer *answer)
{
	bool stale = answer->stale && !item->had_stale;

	item->had_stale |= stale;
	return stale;
}

void sender_explain(struct sender *sender, struct item *item)
{
	if (item->asks && !sender->knows_certificate) {
		sender->certificate = item->certificate;
		sender->knows_certificate = true;
	} else {
		X509_free(item->certificate);
	}
	item->certificate = NULL;
	item->asks = false;
	if (sender->certificate != NULL)
		advice_certificate(sender->certificate, sender->request->certificate, &item->clock, &item->error);
}

/* The item ends with a refusal. What the certificate is, a worker has to be asked once. */
static void blame_certificate(struct sender *sender, struct item *item, const struct oauth_answer *answer)
{
	item->clock = answer->clock;
	item->asks = !sender->knows_certificate;
	if (!item->asks)
		sender_explain(sender, item);
}

static void take_answer(struct sender *sender, struct item *item, struct oauth_answer *answer, struct queue *done)
{
	unsigned long wait = 0;
	enum outcome outcome = outcome_of(item, answer);
	bool again = was_stale(item, answer);

	if (!again)
		judge_speed(sender, item, outcome, answer->retry_after);
	if (item->result == 0) {
		if (output_answer(item, answer) < 0)
			item->result = error_memory(&item->error);
		queue_push(done, item);
		return;
	}
	if (item->result == -ERROR_ORG)
		exchange_advice(answer, &item->line.request, &item->error);
	item->limited = limit_is_met(item->line.request.server, answer);
	item->retry_after = answer->retry_after;
	if (!again && !try_again(sender, item, outcome, answer->passing, &wait)) {
		if (item->result == -ERROR_ORG && exchange_is_judged(answer, &item->line.request))
			blame_certificate(sender, item, answer);
		queue_push(done, item);
		return;
	}
	item->has_failed = true;
	if (answer->sent)
		assertion_wipe(&item->assertion);
	item->not_before = clock_ms() + (double)wait;
	queue_push(wait > 0 ? &sender->waiting : &sender->ready, item);
}

void sender_move(struct sender *sender, struct queue *done)
{
	struct error error;
	void *tag;
	int result;

	while (oauth_exchange_take(sender->pool, sender->request->server->error_names, &sender->answer, &tag, &result, &error)) {
		struct item *item = tag;

		item->result = result;
		if (result < 0)
			item->error = error;
		take_answer(sender, item, &sender->answer, done);
		oauth_answer_wipe(&sender->answer);
	}
}
