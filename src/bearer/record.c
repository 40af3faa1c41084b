/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/record.h"

#include "base/clock.h"
#include "x509/x509.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct recorder {
	struct audit *audit;
	const char *command, *profile;
	struct p11_observer observer;
};

/* Writes a record. `claims` may be NULL. */
static int record_event(const struct recorder *recorder, const struct p11_event *event, const struct jwt_params *claims,
			const char *jti, const struct error *failure, struct error *error)
{
	static const enum audit_event events[] = {
		[P11_LOGIN] = AUDIT_LOGIN,
		[P11_SIGNATURE] = AUDIT_SIGNATURE,
		[P11_TLS_SIGNATURE] = AUDIT_TLS_SIGNATURE,
	};
	char fingerprint[X509_FINGERPRINT_SIZE];
	struct audit_record record = {
		.event = events[event->kind],
		.command = recorder->command,
		.profile = recorder->profile,
		.token_serial = event->serial,
		.officer = event->officer,
		.attested = event->attested,
		.alg = event->alg,
		.jti = jti,
		.failure = failure,
		.milliseconds = event->milliseconds,
	};

	if (event->public != NULL) {
		x509_key_fingerprint(event->public, fingerprint);
		record.key_fingerprint = fingerprint;
	}
	if (claims != NULL) {
		record.iss = claims->iss;
		record.sub = claims->sub;
		record.aud = claims->aud;
		record.exp = claims->exp;
	}
	return audit_write(recorder->audit, &record, error);
}

static int tell(void *context, const struct p11_event *event, const struct error *failure, struct error *error)
{
	return record_event(context, event, NULL, NULL, failure, error);
}

int recorder_open(struct recorder **recorder, const struct audit_options *options, const char *command,
		  const char *profile, struct error *error)
{
	struct audit *audit;
	int result = audit_open(&audit, options, error);

	*recorder = audit != NULL ? calloc(1, sizeof(**recorder)) : NULL;
	if (*recorder == NULL && audit != NULL) {
		audit_close(&audit);
		return error_memory(error);
	}
	if (*recorder != NULL)
		**recorder = (struct recorder){ audit, command, profile, { tell, *recorder } };
	return result;
}

void recorder_close(struct recorder **recorder)
{
	if (*recorder == NULL)
		return;
	audit_close(&(*recorder)->audit);
	free(*recorder);
	*recorder = NULL;
}

const struct p11_observer *recorder_observer(const struct recorder *recorder)
{
	return recorder != NULL ? &recorder->observer : NULL;
}

/* The jti that the user gave as a claim (--no-jti): the last one counts. Returns NULL if the user gave no jti, or one
 * that is not JSON; the caller frees it. */
static cJSON *find_jti(const struct jwt_params *claims)
{
	for (size_t i = claims->claim_count; i > 0; i--) {
		if (strcmp(claims->claims[i - 1].name, "jti") == 0)
			return cJSON_Parse(claims->claims[i - 1].json);
	}
	return NULL;
}

int record_signature(const struct recorder *recorder, const struct p11_signer *signer, EVP_PKEY *public,
		     const struct jwt_params *claims, double began, int result, struct error *error)
{
	struct p11_event event;
	struct error ignored;
	cJSON *given;
	const char *jti;
	int written;

	if (recorder == NULL)
		return result;
	p11_signer_event(signer, &event);
	event.milliseconds = clock_ms() - began;
	if (event.public == NULL)
		event.public = public;
	given = claims != NULL && claims->jti == NULL ? find_jti(claims) : NULL;
	jti = claims != NULL && claims->jti != NULL ? claims->jti : cJSON_GetStringValue(given);
	written = record_event(recorder, &event, claims, jti, result < 0 ? error : NULL, result < 0 ? &ignored : error);
	cJSON_Delete(given);
	return result < 0 ? result : written;
}
