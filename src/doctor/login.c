/* SPDX-License-Identifier: Apache-2.0 */
/* The checks that use the PIN: one login, and one signature of something that no server takes for an assertion. */
#include "doctor/internal.h"

#include "base/clock.h"
#include "bearer/record.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <string.h>

/* It has blanks, which the signing input of a JWS cannot have (RFC 7515 section 5.1). */
const char doctor_test_data[] = "a test signature by p11bearer doctor, not an assertion";

void doctor_token_login(struct doctor *doctor, struct doctor_finding *finding)
{
	struct error error;

	if (!doctor->given->login) {
		doctor_skip(finding, "needs --login");
		return;
	}
	if (p11_inspect_login(doctor->key, &doctor->logged_in, &error) == 0)
		doctor_ok(finding, doctor->logged_in ? "the token accepted the PIN" : "none is needed");
	else if (error.class == ERROR_NO_KEY)
		doctor_skip(finding, "no login was tried, see key.present");
	else
		doctor_fail(finding, &error);
}

/* Signs, and records the signature in the audit. */
static int sign(struct doctor *doctor, double *milliseconds, struct error *error)
{
	struct p11_signer *signer;
	double began = clock_ms();
	int result = p11_signer_open(&signer, doctor->key, error);

	if (result < 0)
		return result;
	result = p11_signer_sign(signer, doctor_test_data, strlen(doctor_test_data), doctor->signature,
				 &doctor->signature_length, error);
	*milliseconds = clock_ms() - began;
	result = record_signature(doctor->given->request->recorder, signer, NULL, NULL, began, result, error);
	p11_signer_close(&signer);
	if (result < 0)
		doctor->signature_length = 0;
	return result;
}

void doctor_key_signature(struct doctor *doctor, struct doctor_finding *finding)
{
	double milliseconds = 0;
	const char *unchecked;
	struct error error;

	/* key.attested looked again, and that does not prove the key that was opened before. */
	if (doctor->given->request->key.attester != NULL && !p11_key_is_attested(doctor->key)) {
		doctor_skip(finding, "needs key.attested");
		return;
	}
	/* A short key could sign, but what signs with it would warn of what key.type has found. */
	if (doctor_find(doctor, "key.type")->status == DOCTOR_FAILURE) {
		doctor_skip(finding, "needs key.type");
		return;
	}
	if (sign(doctor, &milliseconds, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	unchecked = p11_key_unchecked(doctor->key);
	if (unchecked != NULL && doctor->given->request->certificate == NULL)
		doctor_warn(finding, "give the key's certificate with --certificate FILE",
			    "made, but it cannot be verified: %s", unchecked);
	else if (milliseconds > (double)P11_TOUCH_MS)
		doctor_ok(finding, "made, after a wait for a touch or a slow token");
	else
		doctor_ok(finding, unchecked != NULL ? "made" : "made, and the key's public half verifies it");
	doctor_fact_number(finding, "milliseconds", milliseconds);
}

void doctor_token_close(struct doctor *doctor)
{
	for (size_t i = 0; i < TURN_KEYS; i++) {
		p11_seen_key_clear(&doctor->keys[i].seen);
		x509_list_clear(&doctor->keys[i].certificates);
		X509_free(doctor->keys[i].certificate);
	}
	OPENSSL_cleanse(doctor->signature, sizeof(doctor->signature));
	p11_key_close(&doctor->key);
}
