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
	{ "configuration", "next-key", { NULL }, doctor_configuration_next_key, false },
	{ "configuration", "audit", { NULL }, doctor_configuration_audit, false },
	{ "configuration", "assertion", { NULL }, doctor_configuration_assertion, false },
	{ "configuration", "server", { NULL }, doctor_configuration_server, false },
	{ "modules", "loaded", { "configuration.key" }, doctor_modules_loaded, false },
	{ "modules", "refused", { "modules.loaded" }, doctor_modules_refused, false },
	{ "token", "present", { "modules.refused" }, doctor_token_present, false },
	{ "token", "flags", { "token.present" }, doctor_token_flags, false },
	{ "token", "pin", { "token.present" }, doctor_token_pin, false },
	{ "token", "hardware", { "token.present" }, doctor_token_hardware, false },
	{ "token", "sessions", { "token.present" }, doctor_token_sessions, false },
	{ "token", "login", { "token.pin", "token.hardware", "token.sessions" }, doctor_token_login, true },
	{ "key", "present", { "token.sessions" }, doctor_key_present, false },
	{ "key", "type", { "key.present" }, doctor_key_type, false },
	{ "key", "protection", { "key.present" }, doctor_key_protection, false },
	{ "key", "authenticate", { "key.present" }, doctor_key_authenticate, false },
	{ "key", "mechanism", { "key.present" }, doctor_key_mechanism, false },
	{ "key", "algorithm", { "key.present" }, doctor_key_algorithm, false },
	{ "key", "signature", { "token.login", "key.protection", "key.mechanism" }, doctor_key_signature, true },
	{ "certificate", "read", { "configuration.key" }, doctor_certificate_read, false },
	{ "certificate", "key", { "certificate.read", "key.present" }, doctor_certificate_key, false },
	{ "certificate", "expiry", { "certificate.read" }, doctor_certificate_expiry, false },
	{ "certificate", "size", { "certificate.read" }, doctor_certificate_size, false },
	{ "next-key", "present", { "token.sessions" }, doctor_key_present, false },
	{ "next-key", "type", { "next-key.present" }, doctor_key_type, false },
	{ "next-key", "protection", { "next-key.present" }, doctor_key_protection, false },
	{ "next-key", "authenticate", { "next-key.present" }, doctor_key_authenticate, false },
	{ "next-key", "mechanism", { "next-key.present" }, doctor_key_mechanism, false },
	{ "next-key", "algorithm", { "next-key.present" }, doctor_key_algorithm, false },
	{ "next-certificate", "read", { "configuration.next-key" }, doctor_certificate_read, false },
	{ "next-certificate", "key", { "next-certificate.read", "next-key.present" }, doctor_certificate_key, false },
	{ "next-certificate", "expiry", { "next-certificate.read" }, doctor_certificate_expiry, false },
	{ "next-certificate", "size", { "next-certificate.read" }, doctor_certificate_size, false },
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
