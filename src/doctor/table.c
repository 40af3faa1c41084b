/* SPDX-License-Identifier: Apache-2.0 */
/* The checks, in the order in which they run and are shown. A cause comes before what follows from it, because the
 * first failure sets the exit status. */
#include "doctor/internal.h"

/* { group, name, { needs }, run, acts } */
const struct doctor_check doctor_checks[] = {
	{ "configuration", "files", { NULL }, doctor_configuration_files, false },
	{ "configuration", "keys", { NULL }, doctor_configuration_keys, false },
	{ "configuration", "profile", { "configuration.files" }, doctor_configuration_profile, false },
	{ "configuration", "values", { NULL }, doctor_configuration_values, false },
	{ "configuration", "key", { NULL }, doctor_configuration_key, false },
	{ "configuration", "assertion", { NULL }, doctor_configuration_assertion, false },
	{ "configuration", "server", { NULL }, doctor_configuration_server, false },
	/* modules */
	/* token */
	/* key */
	/* mechanisms */
	/* certificate */
	/* app */
	{ "protection", "memory", { NULL }, doctor_protection_memory, false },
	{ "protection", "core", { NULL }, doctor_protection_core, false },
	{ "protection", "swap", { NULL }, doctor_protection_swap, false },
	{ "network", "trust", { "configuration.server" }, doctor_network_trust, false },
	{ "network", "proxy", { "network.trust" }, doctor_network_proxy, false },
	{ "network", "name", { "network.proxy" }, doctor_network_name, false },
	{ "network", "connection", { "network.name" }, doctor_network_connection, false },
	{ "network", "tls", { "network.connection" }, doctor_network_tls, false },
	{ "network", "certificate", { "network.tls" }, doctor_network_certificate, false },
	{ "network", "endpoint", { "network.tls" }, doctor_network_endpoint, false },
	{ "clock", "server", { "network.tls" }, doctor_clock_server, false },
	{ "clock", "synchronised", { NULL }, doctor_clock_synchronised, false },
	/* identity */
	/* agent */
	/* login */
	/* exchange */
};
const size_t doctor_check_count = sizeof(doctor_checks) / sizeof(doctor_checks[0]);
