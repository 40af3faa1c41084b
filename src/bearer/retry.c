/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/retry.h"

#include "base/clock.h"
#include "base/message.h"
#include "bearer/backoff.h"
#include "process/interrupt.h"

enum {
	HTTP_TOO_MANY = 429, /* RFC 6585 section 4 */
	HTTP_UNAVAILABLE = 503,
	LIMIT_WAIT_MS = 60000,
	LIMIT_DOUBLED_MAX = 4, /* more would exceed LIMIT_WAIT_MAX_MS */
	LIMIT_WAIT_MAX_MS = 600000,
};

bool retry_is_limited(const struct server *server, const struct oauth_answer *answer)
{
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);

	return advice != NULL && advice->cause == SERVER_LOGIN_RATE;
}

/* Whether the refusal has a reason. */
static bool is_worded(const struct oauth_answer *answer)
{
	return answer->code[0] != '\0' || answer->description[0] != '\0';
}

void retry_judge(const struct server *server, struct oauth_answer *answer)
{
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);

	if (advice != NULL && advice->cause == SERVER_TRANSIENT)
		answer->transient = true;
}

enum retry_outcome retry_outcome(const struct retry *retry, int result, const struct oauth_answer *answer)
{
	if (result == 0)
		return RETRY_SUCCESS;
	if (answer->refused)
		return RETRY_REFUSAL;
	if (answer->stale && !retry->stale)
		return RETRY_STALE;
	if (answer->transient && (answer->status == HTTP_TOO_MANY || answer->retry_after > 0))
		return RETRY_THROTTLED;
	if (result == -ERROR_NETWORK || result == -ERROR_ANSWER ||
	    (result == -ERROR_ORG && (answer->transient || !is_worded(answer))))
		return RETRY_FAILURE;
	return RETRY_REFUSAL;
}

double retry_limit_wait(struct retry_limit *limit, long rate_wait, long retry_after, double now)
{
	long doubled = limit->refused < LIMIT_DOUBLED_MAX ? limit->refused : LIMIT_DOUBLED_MAX;
	double wait = (double)(LIMIT_WAIT_MS << doubled), left;

	if (limit->refused++ == 0)
		limit->end = now + (double)rate_wait * 1e3;
	left = limit->end - now;
	if (retry_after > 0)
		return (double)retry_after * 1e3 <= left ? (double)retry_after * 1e3 : -1;
	if (left < 1)
		return -1;
	if (wait > (double)LIMIT_WAIT_MAX_MS)
		wait = LIMIT_WAIT_MAX_MS;
	return wait < left ? wait : left;
}

/* A request that was not sent, or that the server refused unread, changed nothing. */
static bool is_harmless(const struct oauth_answer *answer)
{
	return !answer->sent || answer->status == HTTP_TOO_MANY || answer->status == HTTP_UNAVAILABLE;
}

static double decide(struct retry *retry, const struct retry_rules *rules, const struct oauth_answer *answer,
		     double now)
{
	long asked = rules->brake == NULL ? answer->retry_after : -1; /* a brake has its own pause */
	double wait;

	if (!answer->transient || retry->tries >= rules->retries || asked > RETRY_WAIT_MAX ||
	    (!rules->repeatable && !is_harmless(answer)))
		return -1;
	wait = (double)backoff(asked, retry->tries);
	if (wait >= rules->end - now)
		return -1;
	retry->tries++;
	return wait;
}

static long rate_wait(const struct retry_rules *rules, double now)
{
	double left = (rules->end - now) / 1e3;

	return left < (double)rules->rate_wait ? (long)left : rules->rate_wait;
}

double retry_decide(struct retry *retry, const struct retry_rules *rules, int result, const struct oauth_answer *answer,
		    double now)
{
	enum retry_outcome outcome = retry_outcome(retry, result, answer);
	const struct brake *brake = rules->brake;

	if (rules->login != NULL && retry_is_limited(rules->login, answer)) {
		if (brake != NULL)
			return -1;
		return retry_limit_wait(&retry->limit, rate_wait(rules, now), answer->retry_after, now);
	}
	if (outcome == RETRY_STALE) {
		retry->stale = true;
		return 0;
	}
	if (outcome == RETRY_REFUSAL)
		return -1;
	/* While every request fails, the cause is not this one: it waits, however often it has failed. */
	if (brake != NULL && (brake->on || brake_is_spent(brake)))
		return 0;
	if (brake != NULL && outcome == RETRY_THROTTLED)
		return ++retry->throttled <= rules->retries * BRAKE_ROUNDS_PER_RETRY ? 0 : -1;
	return decide(retry, rules, answer, now);
}

bool retry_pause(struct retry *retry, const struct retry_rules *rules, const struct oauth_answer *answer,
		 struct error *error)
{
	double now = clock_ms(), wait = retry_decide(retry, rules, error_result(error), answer, now);
	bool limited = rules->login != NULL && retry_is_limited(rules->login, answer);

	if (wait < 0)
		return false;
	if (!limited)
		message_note("%s; trying again in %.0f ms", error->text, wait);
	else if (retry->limit.refused == 1)
		message_note("%s; trying again in %.0f s, for up to %ld s in all (--rate-wait)", error->text,
			     wait / 1e3, rate_wait(rules, now));
	else
		message_step("%s; trying again in %.0f s", error->text, wait / 1e3);
	if (interrupt_wait((unsigned long)wait) == 0)
		return true;
	error_append(error, "; the wait was interrupted");
	error->signal = interrupt_signal();
	return false;
}
