/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a key: of the one that signs, and of the one that replaces it. */
#include "doctor/internal.h"

#include "base/alg.h"

#include <stdio.h>
#include <string.h>

enum { BITS_MIN = 2048 }; /* of an RSA key: RFC 7518 section 3.3; Salesforce accepts no fewer */

/* Skips a check of what the token shows only after a login. Returns whether it did. */
static bool is_hidden(const struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->now->seen.what == P11_SEEN_PRIVATE)
		return false;
	doctor_skip(finding, doctor->given->login ? "the token hides it until a login" : "needs --login");
	return true;
}

void doctor_key_present(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct bearer_request *request = doctor->given->request;
	const struct uri *uri = doctor->now == &doctor->keys[0] ? request->key.uri : request->next_key;
	struct p11_seen_key *seen = &doctor->now->seen;
	struct error error;

	if (p11_inspect_key(doctor->key, uri, seen, &error) < 0)
		doctor_fail(finding, &error);
	else if (seen->what == P11_SEEN_PRIVATE)
		doctor_ok(finding, "%s", seen->uri != NULL ? seen->uri : "exactly one");
	else if (seen->what == P11_SEEN_HALF)
		doctor_ok(finding, "its public half; the token hides private keys until a login");
	else
		(void)is_hidden(doctor, finding);
	if (seen->uri != NULL)
		doctor_fact_text(finding, "uri", seen->uri);
}

void doctor_key_type(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_seen_key *seen = &doctor->now->seen;
	struct error error;

	if (seen->bits == 0 && seen->curve[0] == '\0') {
		doctor_skip(finding, "%s, of a size that the token does not show", seen->type);
		return;
	}
	if (strcmp(seen->type, "RSA") == 0 && seen->bits < BITS_MIN) {
		error_set(&error, ERROR_NO_KEY, "RSA with %u bits; %s requires %d or more", seen->bits,
			  doctor->given->request->server->title, (int)BITS_MIN);
		error_hint(&error, "replace the key by a larger one, with \"p11bearer keygen\"");
		doctor_fail(finding, &error);
	} else if (seen->curve[0] != '\0') {
		doctor_ok(finding, "%s on %s", seen->type, seen->curve);
		doctor_fact_text(finding, "curve", seen->curve);
	} else {
		doctor_ok(finding, "%s with %u bits", seen->type, seen->bits);
	}
	doctor_fact_text(finding, "type", seen->type);
	if (seen->bits > 0)
		doctor_fact_number(finding, "bits", seen->bits);
}

static const char *word(int flag, const char *yes, const char *no, const char *unknown)
{
	return flag == 1 ? yes : flag == 0 ? no : unknown;
}

static void add_flag(struct doctor_finding *finding, const char *name, int flag)
{
	if (flag >= 0)
		doctor_fact_flag(finding, name, flag == 1);
}

void doctor_key_protection(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_seen_key *seen = &doctor->now->seen;
	bool required = doctor->given->request->key.require_nonextractable;
	struct error error;
	char text[256];

	if (is_hidden(doctor, finding))
		return;
	snprintf(text, sizeof(text), "%s, %s, %s",
		 word(seen->sensitive, "sensitive", "not sensitive", "CKA_SENSITIVE is not shown"),
		 word(seen->extractable, "extractable", "not extractable", "CKA_EXTRACTABLE is not shown"),
		 word(seen->local, "made on the token", "imported", "CKA_LOCAL is not shown"));
	if (required && (seen->sensitive != 1 || seen->extractable != 0 || seen->local != 1)) {
		error_set(&error, ERROR_NO_KEY, "%s, and --require-nonextractable refuses it", text);
		error_hint(&error, "make a key on the token with \"p11bearer keygen\", or omit "
				   "--require-nonextractable");
		doctor_fail(finding, &error);
	} else if (seen->sensitive == 0 || seen->extractable == 1) {
		doctor_warn(finding, "the key can leave the token: replace it by one that is made there, with "
				     "\"p11bearer keygen\"", "%s", text);
	} else {
		doctor_ok(finding, "%s", text);
	}
	add_flag(finding, "sensitive", seen->sensitive);
	add_flag(finding, "extractable", seen->extractable);
	add_flag(finding, "local", seen->local);
}

void doctor_key_attested(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_seen_key *seen = &doctor->now->seen;

	if (doctor->given->request->key.attester == NULL) {
		doctor_skip(finding, "needs --require-attested");
		return;
	}
	if (is_hidden(doctor, finding))
		return;
	if (seen->attested == 1)
		doctor_ok(finding, "the token proves that it made the key");
	else
		doctor_fail(finding, &seen->unproven);
	doctor_fact_flag(finding, "attested", seen->attested == 1);
}

void doctor_key_authenticate(struct doctor *doctor, struct doctor_finding *finding)
{
	bool always = doctor->now->seen.always_authenticate == 1;

	if (is_hidden(doctor, finding))
		return;
	doctor_ok(finding, always ? "each signature needs a login of its own" :
				    "one login is enough for all signatures");
	doctor_fact_flag(finding, "always_authenticate", always);
}

/* Whether the algorithm is known; otherwise skips the check. */
static bool knows_alg(const struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->now->seen.alg == ALG_AUTO)
		doctor_skip(finding, "the token does not show what the key signs with");
	return doctor->now->seen.alg != ALG_AUTO;
}

void doctor_key_mechanism(struct doctor *doctor, struct doctor_finding *finding)
{
	enum alg alg = doctor->now->seen.alg;
	struct error error;
	const char *name;

	if (!knows_alg(doctor, finding))
		return;
	if (p11_inspect_mechanism(doctor->key, alg, &name, &error) < 0) {
		doctor_fail(finding, &error);
	} else if (name != NULL) {
		doctor_ok(finding, "the token signs %s with %s", alg_info(alg)->name, name);
		doctor_fact_text(finding, "mechanism", name);
	} else {
		doctor_ok(finding, "the token does not list its mechanisms; the first signature shows which it has");
	}
}

void doctor_key_algorithm(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct server *server = doctor->given->request->server;
	enum alg alg = doctor->now->seen.alg, accepted = ALG_RS256;
	struct error error;

	if (!knows_alg(doctor, finding))
		return;
	while (server->algs != 0 && (server->algs & 1U << accepted) == 0)
		accepted++;
	if (server->algs == 0) {
		doctor_ok(finding, "the key signs with %s; which algorithms %s accepts is not known",
			  alg_info(alg)->name, server->party);
	} else if ((server->algs & 1U << alg) != 0) {
		doctor_ok(finding, "%s accepts %s", server->title, alg_info(alg)->name);
	} else {
		error_set(&error, ERROR_CONFIG, "%s does not accept %s", server->title, alg_info(alg)->name);
		error_hint(&error, "use a key that can sign with %s, and --alg %s", alg_info(accepted)->name,
			   alg_info(accepted)->name);
		doctor_fail(finding, &error);
	}
	doctor_fact_text(finding, "algorithm", alg_info(alg)->name);
}
