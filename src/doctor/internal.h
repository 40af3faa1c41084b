/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the checks: what they look at, and what they keep open for later ones. */
#ifndef P11BEARER_DOCTOR_INTERNAL_H
#define P11BEARER_DOCTOR_INTERNAL_H

#include "doctor/doctor.h"

struct doctor {
	const struct doctor_given *given;
	struct doctor_finding *findings; /* one for each check of the table; all 0 until it has run */

	/* modules, token, key, mechanisms, certificate, login */

	/* protection, clock, network, identity, exchange */
};

/* What an earlier check has found, by "group.name". Not NULL. */
struct doctor_finding *doctor_find(const struct doctor *doctor, const char *name);

/* Close what the checks of a part keep open. Called once, also if none of them ran. */

/* --- the checks -------------------------------------------------------------------------------------------------- */

typedef void doctor_check_run(struct doctor *doctor, struct doctor_finding *finding);

doctor_check_run doctor_configuration_key, doctor_configuration_assertion, doctor_configuration_server;

#endif
