/* SPDX-License-Identifier: Apache-2.0 */
/* Sends assertions and takes the answers: many requests in parallel, as fast as the brake allows. */
#include "batch/internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/advice.h"
#include "bearer/grant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SHOWN_MS = 1000, /* shortest pause that is reported */
	FRESH_MS = 1000, /* an assertion signed less than this ago counts as fresh, however short its lifetime */
};

int sender_open(struct sender *sender, const struct bearer_request *request, size_t parallel, bool brakes,
		struct error *error)
{
	*sender = (struct sender){ .request = request, .brakes = brakes };
	brake_init(&sender->brake, parallel, request->retries);
	return http_pool_open(&sender->pool, &request->http, parallel, error);
}

void sender_close(struct sender *sender)
{
	http_pool_close(&sender->pool);
	oauth_answer_clear(&sender->answer);
	for (size_t i = 0; i < TURN_KEYS; i++)
		X509_free(sender->of[i].certificate);
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

/* An item that was signed again goes first, because it has waited before. */
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

/* Whether the item has no assertion, or an old one close to its expiry. A fresh one is used even if signing took most
 * of its lifetime. */
static bool needs_assertion(const struct item *item, double now)
{
	long margin = item->line.request.lifetime / 2;

	if (margin > REUSE_MARGIN)
		margin = REUSE_MARGIN;
	return secret_length(item->assertion.text) == 0 ||
	       (time(NULL) + margin > item->assertion.exp && now - item->ready_since > (double)FRESH_MS);
}

/* Moves the items whose wait is over to `ready`. */
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
	struct oauth_grant grant;
	double now = clock_ms();

	if (needs_assertion(item, now)) {
		item->renewed = true;
		sender->renewing++;
		return true;
	}
	item->renewed = false;
	item->began = now;
	grant = bearer_grant(&item->line.request, &item->assertion);
	item->result = oauth_exchange_start(sender->pool, item->line.request.endpoint, &grant, item->assertion.text,
					    item->retry.stale, item, &item->error);
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

/* Passes the outcome of a request to the brake, and reports changes of speed. */
static void judge_speed(struct sender *sender, const struct item *item, enum retry_outcome outcome, long retry_after)
{
	struct brake *brake = &sender->brake;
	double now = clock_ms();
	unsigned long pause = 0;
	bool off = false, on = false;

	if (!sender->brakes)
		return;
	if (outcome == RETRY_SUCCESS)
		off = brake_success(brake, item->began);
	else if (outcome == RETRY_THROTTLED)
		pause = brake_throttle(brake, item->began, retry_after, now);
	else if (outcome == RETRY_FAILURE)
		on = brake_failure(brake, item->began, now);
	else if (outcome == RETRY_REFUSAL && item->result == -ERROR_ORG)
		off = brake_refusal(brake, item->began);
	if (outcome == RETRY_THROTTLED || outcome == RETRY_FAILURE)
		sender->last = item->error;
	if (off)
		message_note("%s answers again; the run continues", sender->request->server->party);
	if (on)
		message_note("%ld requests in a row failed, the last one: %s; sending one at a time until one succeeds",
			     brake->failures, item->error.text);
	if (pause >= SHOWN_MS && !brake_is_spent(brake))
		message_note("%s; the run continues in %lu ms", item->error.text, pause);
}

/* If the org has refused the key, and the other one is to sign: the milliseconds until then. Otherwise negative. */
static double take_turn(const struct sender *sender, struct item *item, const struct oauth_answer *answer)
{
	double wait = -1;

	if (item->result == -ERROR_ORG && turn_is_refusal(item->line.request.server, answer))
		wait = turn_next(&item->turn, item->assertion.key, sender->keys, item->assertion.slow);
	if (wait >= 0)
		message_step("line %lu: %s; the %skey was refused; signing with the %skey", item->number,
			     item->error.text, item->assertion.key == 1 ? "next " : "",
			     item->turn.key == 1 ? "next " : "");
	return wait;
}

/* The milliseconds until the item is sent again, or a negative number to give it up. */
static double decide(const struct sender *sender, struct item *item, const struct oauth_answer *answer)
{
	const struct retry_rules rules = {
		.retries = sender->request->retries, .repeatable = true, .login = item->line.request.server,
		.brake = sender->brakes ? &sender->brake : NULL, .end = INFINITY,
	};
	double wait = take_turn(sender, item, answer);

	if (wait >= 0)
		return wait;
	wait = retry_decide(&item->retry, &rules, item->result, answer, clock_ms());
	if (wait > 0)
		message_step("line %lu: %s; trying again in %.0f ms", item->number, item->error.text, wait);
	return wait;
}

size_t sender_accepted(const struct sender *sender, const struct bearer_request *request)
{
	return sender->keys < TURN_KEYS ? 0 : accepted_key(&sender->accepted, request);
}

void sender_learn(struct sender *sender, struct item *item)
{
	size_t key = item->assertion.key;

	if (!sender->of[key].known)
		sender->of[key].certificate = item->certificate;
	else
		X509_free(item->certificate);
	sender->of[key].known = true;
	item->certificate = NULL;
}

bool sender_explain(const struct sender *sender, struct item *item)
{
	const struct bearer_request *request = sender->request;
	size_t key = item->assertion.key;

	if (!sender->of[key].known)
		return false;
	if (sender->of[key].certificate != NULL)
		advice_certificate(sender->of[key].certificate,
				   key == 0 ? request->certificate : request->next_certificate, &item->clock,
				   &item->error);
	return true;
}

static void take_answer(struct sender *sender, struct item *item, struct oauth_answer *answer, struct queue *done)
{
	bool judged = false;
	double wait;

	judge_speed(sender, item, retry_outcome(&item->retry, item->result, answer), answer->retry_after);
	if (item->result == 0) {
		if (sender->keys == TURN_KEYS)
			accepted_note(&sender->accepted, &item->line.request, item->assertion.key);
		if (output_answer(item, answer) < 0)
			item->result = error_memory(&item->error);
		queue_push(done, item);
		return;
	}
	if (item->result == -ERROR_ORG)
		judged = advice_refusal(&item->line.request, item->assertion.alg, answer, &item->error);
	item->limited = retry_is_limited(item->line.request.server, answer);
	item->retry_after = answer->retry_after;
	item->code[0] = '\0';
	if (!answer->plain && strlen(answer->code) < sizeof(item->code))
		memcpy(item->code, answer->code, strlen(answer->code) + 1);
	wait = decide(sender, item, answer);
	if (wait < 0) {
		if (item->result == -ERROR_ORG && turn_is_refusal(item->line.request.server, answer))
			turn_explain(&item->turn, &item->error);
		item->clock = answer->clock;
		item->asks = judged && !sender_explain(sender, item); /* the first one that a key is refused for */
		queue_push(done, item);
		return;
	}
	item->has_failed = true;
	if (answer->sent)
		assertion_wipe(&item->assertion);
	item->not_before = clock_ms() + wait;
	queue_push(wait > 0 ? &sender->waiting : &sender->ready, item);
}

void sender_move(struct sender *sender, struct queue *done)
{
	const struct oauth_shape shape = bearer_shape(sender->request->server);
	struct error error;
	void *tag;
	int result;

	while (oauth_exchange_take(sender->pool, &shape, &sender->answer, &tag, &result, &error)) {
		struct item *item = tag;

		item->result = result;
		if (result < 0)
			item->error = error;
		if (result == -ERROR_ORG)
			retry_judge(sender->request->server, &sender->answer);
		take_answer(sender, item, &sender->answer, done);
		oauth_answer_wipe(&sender->answer);
	}
}
