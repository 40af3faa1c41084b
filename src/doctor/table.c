/* SPDX-License-Identifier: Apache-2.0 */
/* The checks, in the order in which they run and are shown. A cause comes before what follows from it, because the
 * first failure sets the exit status. */
#include "doctor/internal.h"

/* { group, name, { needs }, run, acts } */
const struct doctor_check doctor_checks[] = {
	{ "configuration", "key", { NULL }, doctor_configuration_key, false },
	{ "configuration", "assertion", { NULL }, doctor_configuration_assertion, false },
	{ "configuration", "server", { NULL }, doctor_configuration_server, false },
	/* modules */
	/* token */
	/* key */
	/* mechanisms */
	/* certificate */
	/* app */
	/* protection */
	/* clock */
	/* network */
	/* identity */
	/* agent */
	/* login */
	/* exchange */
};
const size_t doctor_check_count = sizeof(doctor_checks) / sizeof(doctor_checks[0]);
