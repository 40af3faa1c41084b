/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a request is retried, and when. */
#ifndef P11BEARER_BEARER_RETRY_H
#define P11BEARER_BEARER_RETRY_H

#include "bearer/brake.h"
#include "oauth/answer.h"
#include "server/server.h"

enum {
	RETRY_WAIT_MAX = 60,     /* seconds: a longer wait that the server asks for is reported instead */
	RETRY_LOGIN_HOUR = 3600, /* seconds during which a login counts against the limit */
};

enum retry_outcome {
	RETRY_SUCCESS,
	RETRY_STALE,     /* the connection was closed before the request was sent */
	RETRY_THROTTLED, /* the server asks for fewer requests */
	RETRY_FAILURE,   /* says nothing about the request: no answer, 5xx, or an unusable answer */
	RETRY_REFUSAL,   /* the server refused this request */
};

/* The wait for a user who has logged in too often. The server refuses further logins until fewer fall within the last
 * hour, which takes minutes. All 0 before the first refusal. */
struct retry_limit {
	double end;   /* of the wait, clock_ms */
	long refused; /* refusals so far */
};

/* The retries of one request. All 0 at first. */
struct retry {
	long tries;     /* failures that were retried */
	long throttled; /* failures in a batch that were retried after RETRY_THROTTLED */
	bool stale;     /* a closed connection was retried, which happens once */
	struct retry_limit limit;
};

struct retry_rules {
	long retries;               /* after transient failures */
	bool repeatable;            /* sending the request twice does no harm */
	const struct server *login; /* set if the request is a login; NULL otherwise */
	long rate_wait;             /* seconds to wait for a user who has logged in too often */
	double end;                 /* clock_ms: no retry starts later; INFINITY: no limit */
	const struct brake *brake;  /* the batch's; NULL for a single request */
};

/* Whether the answer refuses a user who has logged in too often. */
bool retry_is_limited(const struct server *server, const struct oauth_answer *answer);

/* Makes a refusal transient if the server's advice for it says so, whatever its HTTP status. */
void retry_judge(const struct server *server, struct oauth_answer *answer);

/* Classifies the end of a request with `result`. */
enum retry_outcome retry_outcome(const struct retry *retry, int result, const struct oauth_answer *answer);

/* Called after each refusal of the user. Returns the milliseconds until the next try, or a negative number to give up.
 * The wait is what the server asks for (`retry_after`, seconds or -1), otherwise one minute, doubled each time up to
 * ten minutes. It ends at most `rate_wait` seconds after the first refusal. */
double retry_limit_wait(struct retry_limit *limit, long rate_wait, long retry_after, double now);

/* A request failed with `result`. Returns the milliseconds until its retry, or a negative number to give up. In a
 * batch, the brake may delay the retry further, and a user who has logged in too often is left to batch/limit.h. */
double retry_decide(struct retry *retry, const struct retry_rules *rules, int result, const struct oauth_answer *answer,
		    double now);

/* Decides for a single request that failed with `error`, reports the failure and waits. Returns false if there is no
 * retry; if a signal interrupted the wait (process/interrupt.h), error->signal is set. */
bool retry_pause(struct retry *retry, const struct retry_rules *rules, const struct oauth_answer *answer,
		 struct error *error);

#endif
