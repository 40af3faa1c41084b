/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the configuration. */
#include "doctor/internal.h"

static void check_part(const struct doctor_part *part, const char *what, struct doctor_finding *finding)
{
	if (part->error.class != ERROR_NONE)
		doctor_fail(finding, &part->error);
	else if (part->absent)
		doctor_skip(finding, "not set");
	else
		doctor_ok(finding, "%s", what);
}

void doctor_configuration_key(struct doctor *doctor, struct doctor_finding *finding)
{
	check_part(&doctor->given->key, "names a key", finding);
}

void doctor_configuration_assertion(struct doctor *doctor, struct doctor_finding *finding)
{
	check_part(&doctor->given->assertion, "has all that an assertion needs", finding);
}

void doctor_configuration_server(struct doctor *doctor, struct doctor_finding *finding)
{
	check_part(&doctor->given->server, "names the token endpoint", finding);
}
