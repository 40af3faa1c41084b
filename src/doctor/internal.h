/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the checks: what they look at, and what they keep open for later ones. */
#ifndef P11BEARER_DOCTOR_INTERNAL_H
#define P11BEARER_DOCTOR_INTERNAL_H

#include "bearer/turn.h"
#include "doctor/doctor.h"
#include "doctor/exchange.h"
#include "doctor/network.h"
#include "p11/inspect.h"
#include "x509/x509.h"

/* A key, and its certificate. */
struct doctor_key {
	struct p11_seen_key seen;
	struct x509_list certificates; /* in its file; empty: there is no file */
	X509 *certificate;             /* the key's; NULL: not known */
};

struct doctor {
	const struct doctor_given *given;
	struct doctor_finding *findings; /* one for each check of the table; all 0 until it has run */
	struct cJSON *app;   /* what "app check --json" printed; NULL: nothing */
	struct cJSON *agent; /* the agent's status; NULL: none */

	/* modules, token, key, certificate */
	struct p11_key *key; /* with the modules, the token and its session; NULL: no module is loaded */
	struct p11_seen_token token;
	bool logged_in;
	struct doctor_key keys[TURN_KEYS], *now; /* `now`: the one that a check is about */
	unsigned char signature[SIGNATURE_MAX];  /* of doctor_test_data, by the first key */
	size_t signature_length;                 /* 0: none was made */

	/* protection, clock, network, identity, exchange */
	struct doctor_network network;
	struct bearer_identity *identity; /* NULL: none that can be used */
	struct doctor_exchange exchange;
};

/* What an earlier check has found, by "group.name". Not NULL. */
struct doctor_finding *doctor_find(const struct doctor *doctor, const char *name);

/* The name of the first check of the configuration that has failed, or NULL. */
const char *doctor_wrong_configuration(const struct doctor *doctor);

/* Close what the checks of a group keep open. Called once, also if none of them ran. */
void doctor_token_close(struct doctor *doctor);
void doctor_app_close(struct doctor *doctor);
void doctor_agent_close(struct doctor *doctor);
void doctor_network_close(struct doctor *doctor);
void doctor_exchange_close(struct doctor *doctor); /* before the token */

/* What the test signature signs. */
extern const char doctor_test_data[];

/* --- the checks -------------------------------------------------------------------------------------------------- */

typedef void doctor_check_run(struct doctor *doctor, struct doctor_finding *finding);

doctor_check_run doctor_configuration_files, doctor_configuration_keys, doctor_configuration_profile;
doctor_check_run doctor_configuration_values, doctor_configuration_key;
doctor_check_run doctor_configuration_assertion, doctor_configuration_server;
doctor_check_run doctor_configuration_next_key, doctor_configuration_audit;
doctor_check_run doctor_modules_loaded, doctor_modules_refused;
doctor_check_run doctor_token_present, doctor_token_flags, doctor_token_pin, doctor_token_hardware;
doctor_check_run doctor_token_sessions, doctor_token_login;
doctor_check_run doctor_key_present, doctor_key_type, doctor_key_protection, doctor_key_authenticate;
doctor_check_run doctor_key_mechanism, doctor_key_algorithm, doctor_key_attested, doctor_key_signature;
doctor_check_run doctor_certificate_read, doctor_certificate_key, doctor_certificate_expiry, doctor_certificate_size;
doctor_check_run doctor_app_files, doctor_app_certificate;
doctor_check_run doctor_agent_socket, doctor_agent_profile, doctor_agent_worker, doctor_agent_certificate;
doctor_check_run doctor_protection_memory, doctor_protection_core, doctor_protection_swap;
doctor_check_run doctor_network_trust, doctor_network_proxy, doctor_network_name, doctor_network_connection;
doctor_check_run doctor_network_tls, doctor_network_certificate, doctor_network_endpoint;
doctor_check_run doctor_clock_server, doctor_clock_synchronised;
doctor_check_run doctor_identity_certificate, doctor_identity_key;
doctor_check_run doctor_exchange_key, doctor_exchange_next_key, doctor_exchange_user, doctor_exchange_revocation;

#endif
