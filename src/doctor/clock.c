/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the clock, by which servers judge assertions. */
#include "doctor/internal.h"

#include "bearer/advice.h"

#include <math.h>
#include <sys/timex.h>

#define SET "set this machine's clock: run an NTP client, such as chrony or systemd-timesyncd"

void doctor_clock_server(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct bearer_request *request = doctor->given->request;
	const struct http_clock *clock = &doctor->network.response.clock;
	double difference = fabs(clock->ahead), allowed;
	const char *side = clock->ahead > 0 ? "ahead of" : "behind";
	struct error error;

	if (!clock->known) {
		doctor_skip(finding, "%s", doctor->network.probe.stage == HTTP_STAGE_DONE ?
			    "needs a Date in the server's answer" : "needs an answer of the server");
		return;
	}
	allowed = advice_clock_allowed(request->server, clock,
				       request->lifetime > 0 ? request->lifetime : server_lifetime(request->server));
	doctor_fact_number(finding, "ahead", clock->ahead);
	doctor_fact_number(finding, "margin", clock->margin);
	if (difference - clock->margin > allowed) {
		error_set(&error, ERROR_ORG, "this machine's clock is %.0f s %s the server's, which tolerates %.0f s",
			  difference, side, allowed);
		error_hint(&error, SET);
		doctor_fail(finding, &error);
	} else if (difference - clock->margin > (double)ADVICE_CLOCK_NOTED && isinf(allowed)) {
		doctor_warn(finding, SET, "this machine's clock is %.0f s %s the server's", difference, side);
	} else if (difference - clock->margin > (double)ADVICE_CLOCK_NOTED) {
		doctor_warn(finding, SET, "this machine's clock is %.0f s %s the server's, which tolerates %.0f s",
			    difference, side, allowed);
	} else {
		doctor_ok(finding, "agrees with the server's clock to within %ld s",
			  (long)(difference + clock->margin) + 1);
	}
}

void doctor_clock_synchronised(struct doctor *doctor, struct doctor_finding *finding)
{
	struct timex state = { .modes = 0 }; /* changes nothing */

	(void)doctor;
	if (adjtimex(&state) < 0)
		doctor_skip(finding, "the kernel does not say whether the clock is synchronised");
	else if ((state.status & STA_UNSYNC) != 0)
		doctor_warn(finding, SET, "the kernel says that nothing synchronises the clock");
	else
		doctor_ok(finding, "the clock is synchronised (to %ld ms at worst)", state.maxerror / 1000);
}
