/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/advice.h"

#include "bearer/retry.h"
#include "bearer/turn.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

enum { IAT_TOLERATED = 60 }; /* seconds: many servers accept an assertion that was issued so far in their future */

void advice_hint(const struct server *server, const struct server_advice *advice, long retry_after, struct error *error)
{
	const char *party = server->party;
	bool login_rate = advice != NULL && advice->cause == SERVER_LOGIN_RATE;

	if (login_rate && retry_after > 0)
		error_hint(error, "%s; %s asks to wait %ld s before the next try", advice->meaning, party, retry_after);
	else if (advice != NULL && retry_after > RETRY_WAIT_MAX)
		error_hint(error, "%s; %s asks to wait %ld s: %s", advice->meaning, party, retry_after, advice->remedy);
	else if (retry_after > RETRY_WAIT_MAX)
		error_hint(error, "%s asks to wait %ld s before the next try", party, retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
}

/* Puts a fact before the possible causes in the hint. */
static void put_first(struct error *error, const char *fact)
{
	char rest[sizeof(error->hint)];

	snprintf(rest, sizeof(rest), "%s", error->hint);
	error_hint(error, "%s%s%s", fact, rest[0] != '\0' ? "; if that does not help: " : "", rest);
}

/* The lower of two limits; 0 means no limit. */
static double least(double a, double b)
{
	return a <= 0 || (b > 0 && b < a) ? b : a;
}

double advice_clock_allowed(const struct server *server, const struct http_clock *clock, long lifetime)
{
	double longest = (double)server->lifetime_max;
	double latest = server->exp_max > 0 ? (double)server->exp_max : longest;
	double life = least((double)lifetime, longest); /* a longer one has its own advice */

	if (clock->ahead < 0)
		return least(longest, life);
	if (latest == 0)
		return HUGE_VAL;
	return latest > life ? least(longest, latest - life) : 0;
}

/* The later of the times, from now, at which the assertion becomes valid; without any, that is far in the past. */
static double becomes_valid(const struct bearer_request *request)
{
	double iat = request->has_iat ? (double)request->iat : -HUGE_VAL;
	double nbf = request->has_nbf ? (double)request->nbf : -HUGE_VAL;

	return iat > nbf ? iat : nbf;
}

static double difference_allowed(const struct bearer_request *request, enum server_cause cause,
				 const struct http_clock *clock)
{
	double allowed = advice_clock_allowed(request->server, clock, request->lifetime);
	double issued = (double)IAT_TOLERATED - becomes_valid(request);

	if (cause == (clock->ahead < 0 ? SERVER_EXPIRED : SERVER_TOO_NEW))
		return ADVICE_CLOCK_NOTED;
	return clock->ahead > 0 && issued < allowed ? issued : allowed;
}

static void blame_clock(const char *party, enum server_cause cause, const struct http_clock *clock, struct error *error)
{
	char fact[256];

	snprintf(fact, sizeof(fact), "this machine's clock is %.0f s %s %s's: set it (NTP)", fabs(clock->ahead),
		 clock->ahead > 0 ? "ahead of" : "behind", party);
	if (cause == SERVER_EXPIRED || cause == SERVER_TOO_NEW)
		error_hint(error, "%s", fact); /* the rest would add nothing */
	else
		put_first(error, fact);
}

static void advise_on_clock(const struct bearer_request *request, const struct server_advice *advice,
			    const struct http_clock *clock, struct error *error)
{
	const struct server *server = request->server;
	long lifetime = request->lifetime;
	enum server_cause cause = advice != NULL ? advice->cause : SERVER_OTHER;
	bool judges_life = cause == SERVER_ASSERTION || cause == SERVER_TOO_NEW;
	char fact[256];

	if (clock->known && fabs(clock->ahead) - clock->margin > difference_allowed(request, cause, clock)) {
		blame_clock(server->party, cause, clock, error);
	} else if (cause == SERVER_EXPIRED && clock->known) {
		error_hint(error, "the assertion had expired when it arrived, and this machine's clock is not behind "
			   "%s's: give a longer --lifetime", server->party);
	} else if (judges_life && server->lifetime_max > 0 && lifetime > server->lifetime_max) {
		snprintf(fact, sizeof(fact), "the assertion's exp is %ld s ahead, and %s accepts at most %ld s: give "
			 "a shorter --lifetime", lifetime, server->title, server->lifetime_max);
		put_first(error, fact);
	}
}

static void advise_on_alg(const struct server *server, const struct server_advice *advice, enum alg alg,
			  struct error *error)
{
	enum alg accepted = ALG_RS256;
	char fact[128];

	if ((advice != NULL && advice->cause != SERVER_ASSERTION) || server->algs == 0 ||
	    (server->algs & 1U << alg) != 0)
		return;
	while ((server->algs & 1U << accepted) == 0)
		accepted++;
	snprintf(fact, sizeof(fact), "%s does not accept %s: use a key that can sign with %s, and --alg %s",
		 server->title, alg_info(alg)->name, alg_info(accepted)->name, alg_info(accepted)->name);
	put_first(error, fact);
}

/* Whether the key, its certificate or a clock may be wrong. */
static bool is_vague(const struct server *server, const struct server_advice *advice, const struct oauth_answer *answer)
{
	enum server_cause cause = advice != NULL ? advice->cause : SERVER_OTHER;

	return advice == NULL || turn_is_refusal(server, answer) || cause == SERVER_EXPIRED || cause == SERVER_TOO_NEW;
}

bool advice_refusal(const struct bearer_request *request, enum alg alg, const struct oauth_answer *answer,
		    struct error *error)
{
	const struct server_advice *advice = server_advice(request->server, answer->code, answer->description);

	advice_hint(request->server, advice, answer->retry_after, error);
	if (answer->refused)
		return false;
	error->is_vague = !answer->transient && is_vague(request->server, advice, answer);
	if (!answer->transient) {
		advise_on_clock(request, advice, &answer->clock, error);
		advise_on_alg(request->server, advice, alg, error);
	}
	return !answer->transient && (advice == NULL || advice->cause != SERVER_LOGIN_RATE);
}

void advice_certificate(X509 *certificate, const char *path, const struct http_clock *clock, struct error *error)
{
	time_t now = clock->known ? clock->server : time(NULL);
	enum x509_validity validity = x509_valid_at(certificate, now);
	char fact[640], when[32];

	if (validity == X509_VALID)
		return;
	if (validity == X509_EXPIRED)
		x509_expiry(certificate, when, sizeof(when));
	else
		x509_beginning(certificate, when, sizeof(when));
	snprintf(fact, sizeof(fact), "%s%.400s %s %s: put a valid one into the app",
		 path != NULL ? "the certificate " : "the key's certificate on its token", path != NULL ? path : "",
		 validity == X509_EXPIRED ? "expired at" : "is not valid before", when);
	put_first(error, fact);
}
