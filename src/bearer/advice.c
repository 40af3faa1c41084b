/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/advice.h"

#include "bearer/retry.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* seconds: Salesforce takes no exp that is further ahead, and none that is past */
static const double CLOCK_WRONG = 180;
/* seconds: so few are worth a word where the org finds an assertion expired */
static const double CLOCK_NOTED = 5;

void advice_hint(const struct salesforce_advice *advice, long retry_after, struct error *error)
{
	bool login_rate = advice != NULL && advice->cause == SALESFORCE_LOGIN_RATE;

	if (login_rate && retry_after > 0)
		error_hint(error, "%s; the org asks to wait %ld s before the next try", advice->meaning, retry_after);
	else if (advice != NULL && retry_after > RETRY_WAIT_MOST)
		error_hint(error, "%s; the org asks to wait %ld s: %s", advice->meaning, retry_after, advice->remedy);
	else if (retry_after > RETRY_WAIT_MOST)
		error_hint(error, "the org asks to wait %ld s before the next try", retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
}

/* Puts a fact before the causes that the hint lists. */
static void put_first(struct error *error, const char *fact)
{
	char rest[sizeof(error->hint)];

	snprintf(rest, sizeof(rest), "%s", error->hint);
	error_hint(error, "%s%s%s", fact, rest[0] != '\0' ? "; if that does not help: " : "", rest);
}

/* The hint for an assertion that the org finds expired. */
static void explain_expiry(const struct http_clock *clock, bool differs, struct error *error)
{
	if (differs)
		error_hint(error, "this machine's clock is %.0f s %s the org's, by which the assertion's exp is in the past: set the "
			   "clock (NTP)", fabs(clock->ahead), clock->ahead > 0 ? "ahead of" : "behind");
	else
		error_hint(error, "this machine's clock agrees with the org's to %.0f s, so the assertion was too old or too "
			   "short-lived when it arrived; see --lifetime", CLOCK_NOTED + 2 * clock->margin);
}

void advice_clock(const struct salesforce_advice *advice, const struct http_clock *clock, long lifetime, struct error *error)
{
	enum salesforce_cause cause = advice != NULL ? advice->cause : SALESFORCE_OTHER;
	double off = clock->known ? fabs(clock->ahead) - clock->margin : 0;
	char fact[256];

	if (cause == SALESFORCE_CLOCK && clock->known) {
		explain_expiry(clock, off > CLOCK_NOTED, error);
	} else if (off >= CLOCK_WRONG) {
		snprintf(fact, sizeof(fact), "this machine's clock is %.0f s %s the org's: set it (NTP)", fabs(clock->ahead),
			 clock->ahead > 0 ? "ahead of" : "behind");
		put_first(error, fact);
	} else if (cause == SALESFORCE_ASSERTION && lifetime > ASSERTION_LIFETIME_MOST) {
		snprintf(fact, sizeof(fact), "the assertion's exp is %ld s ahead, and Salesforce takes %d s at most: give a shorter "
			 "--lifetime", lifetime, ASSERTION_LIFETIME_MOST);
		put_first(error, fact);
	}
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
	snprintf(fact, sizeof(fact), "%s%.400s %s %s: put one that is valid into the app",
		 path != NULL ? "the certificate " : "the key's certificate on its token", path != NULL ? path : "",
		 validity == X509_EXPIRED ? "expired at" : "is not valid before", when);
	put_first(error, fact);
}
