/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the checks: what they look at, and what they keep open for later ones. */
#ifndef P11BEARER_DOCTOR_INTERNAL_H
#define P11BEARER_DOCTOR_INTERNAL_H

#include "doctor/doctor.h"
#include "doctor/network.h"

struct doctor {
	const struct doctor_given *given;
	struct doctor_finding *findings; /* one for each check of the table; all 0 until it has run */

	/* modules, token, key, mechanisms, certificate, login */

	/* protection, clock, network, identity, exchange */
	struct doctor_network network;
};

/* What an earlier check has found, by "group.name". Not NULL. */
struct doctor_finding *doctor_find(const struct doctor *doctor, const char *name);

/* The name of the first check of the configuration that has failed, or NULL. */
const char *doctor_wrong_configuration(const struct doctor *doctor);

/* Close what the checks of a part keep open. Called once, also if none of them ran. */
void doctor_network_close(struct doctor *doctor);

/* --- the checks -------------------------------------------------------------------------------------------------- */

typedef void doctor_check_run(struct doctor *doctor, struct doctor_finding *finding);

doctor_check_run doctor_configuration_files, doctor_configuration_keys, doctor_configuration_profile;
doctor_check_run doctor_configuration_values, doctor_configuration_key;
doctor_check_run doctor_configuration_assertion, doctor_configuration_server;
doctor_check_run doctor_protection_memory, doctor_protection_core, doctor_protection_swap;
doctor_check_run doctor_network_trust, doctor_network_proxy, doctor_network_name, doctor_network_connection;
doctor_check_run doctor_network_tls, doctor_network_certificate, doctor_network_endpoint;
doctor_check_run doctor_clock_server, doctor_clock_synchronised;

#endif
