/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a real exchange. It uses the login of token.login, and revokes each bearer that it gets. */
#include "doctor/internal.h"

#include "base/json.h"
#include "bearer/identity.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <strings.h>

static const char *const names[TURN_KEYS] = { "key", "next key" };
static const char *const steps[TURN_KEYS] = {
	"finish the rotation with \"p11bearer rotate\", or make the next key the key (--key)",
	"continue the rotation with \"p11bearer rotate\", or remove next-key",
};

/* Without retries: doctor reports what happens, and does not wait until it passes. */
static int open_client(struct doctor *doctor, struct error *error)
{
	struct doctor_exchange *exchange = &doctor->exchange;
	struct p11_key *key = doctor->key;

	exchange->request = *doctor->given->request;
	exchange->request.retries = exchange->request.rate_wait = exchange->request.warn_days = 0;
	exchange->request.identity = doctor->identity;
	exchange->request.http.identity = identity_http(doctor->identity);
	doctor->key = NULL;
	exchange->open = client_open_with(&exchange->client, &exchange->request, key, error) == 0;
	return exchange->open ? 0 : error_result(error);
}

/* Has each key get a bearer. */
static void exchange_all(struct doctor *doctor)
{
	struct doctor_exchange *exchange = &doctor->exchange;
	struct client *client = &exchange->client;

	if (open_client(doctor, &exchange->results[0].error) < 0)
		return;
	for (size_t i = 0; i < client->signer.count; i++) {
		if (client_renew_with(client, i, &exchange->results[i].error) == 0)
			exchange->results[i].bearer = client->bearer;
		client->bearer = NULL;
	}
}

/* Reports whether the server accepts the key. If it accepts the other one, that is a warning: the other one signs. */
static void report(const struct doctor *doctor, size_t which, struct doctor_finding *finding)
{
	const struct doctor_exchange *exchange = &doctor->exchange;
	const struct error *error = &exchange->results[which].error;

	if (exchange->results[which].bearer != NULL)
		doctor_ok(finding, "the server accepts the %s, and gives a bearer", names[which]);
	else if (error->class == ERROR_ORG && exchange->results[1 - which].bearer != NULL)
		doctor_warn(finding, steps[which], "the server refuses the %s, so the %s signs: %s", names[which],
			    names[1 - which], error->text);
	else
		doctor_fail(finding, error);
}

/* Whether an identity is configured that cannot be used. */
static bool lacks_identity(const struct doctor *doctor)
{
	return (doctor->given->tls_certificate != NULL || doctor->given->tls_key != NULL) &&
	       doctor_find(doctor, "identity.key")->status == DOCTOR_FAILURE;
}

void doctor_exchange_key(struct doctor *doctor, struct doctor_finding *finding)
{
	if (lacks_identity(doctor)) {
		doctor_skip(finding, "needs identity.key");
	} else {
		exchange_all(doctor);
		report(doctor, 0, finding);
	}
}

void doctor_exchange_next_key(struct doctor *doctor, struct doctor_finding *finding)
{
	if (!doctor->exchange.open)
		doctor_skip(finding, "needs exchange.key");
	else if (doctor->exchange.client.signer.count < TURN_KEYS)
		doctor_skip(finding, "needs next-key.present");
	else
		report(doctor, 1, finding);
}

/* Makes the first bearer the client's. Otherwise skips the check. */
static bool take_bearer(struct doctor *doctor, struct doctor_finding *finding)
{
	struct doctor_exchange *exchange = &doctor->exchange;

	exchange->client.renewed = true; /* no new bearer if the server refuses this one */
	exchange->client.bearer = exchange->results[exchange->results[0].bearer != NULL ? 0 : 1].bearer;
	if (exchange->client.bearer == NULL)
		doctor_skip(finding, "needs exchange.key");
	return exchange->client.bearer != NULL;
}

/* User names are addresses, in which case does not matter. */
static void judge_user(const struct doctor *doctor, const cJSON *json, struct doctor_finding *finding)
{
	const bool computed = (doctor->given->request->computed & BEARER_SUB) != 0;
	const char *wanted = computed ? NULL : doctor->given->request->username;
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "preferred_username"));
	struct error error;

	if (name == NULL) {
		doctor_ok(finding, "the bearer is good; the server does not tell the name of its user");
		return;
	}
	doctor_fact_text(finding, "username", name);
	if (wanted == NULL || strcasecmp(name, wanted) == 0) {
		doctor_ok(finding, "the bearer is that of %s", name);
		return;
	}
	error_set(&error, ERROR_ANSWER, "the bearer is that of %s, not of %s", name, wanted);
	error_hint(&error, "check --username, and whether the server is the right one (--instance-url)");
	doctor_fail(finding, &error);
}

void doctor_exchange_user(struct doctor *doctor, struct doctor_finding *finding)
{
	struct http_request get = { .method = "GET" };
	struct client *client = &doctor->exchange.client;
	struct oauth_answer answer = { .json = NULL };
	struct error error;
	cJSON *json;

	if (!take_bearer(doctor, finding))
		return;
	if (client->request->server->userinfo_url == NULL) {
		client->bearer = NULL;
		doctor_skip(finding, "%s has no endpoint that tells", client->request->server->party);
		return;
	}
	if (client_call(client, client->request->server->userinfo_url, &get, true, &answer, &error) < 0) {
		doctor_fail(finding, &error);
	} else {
		json = cJSON_Parse(secret_data(answer.json));
		judge_user(doctor, json, finding);
		cJSON_Delete(json);
	}
	client->bearer = NULL;
	oauth_answer_clear(&answer);
}

void doctor_exchange_revocation(struct doctor *doctor, struct doctor_finding *finding)
{
	struct doctor_exchange *exchange = &doctor->exchange;
	size_t count = 0;
	bool failed = false;
	struct error error;

	if (!take_bearer(doctor, finding))
		return;
	if (exchange->client.request->server->revoke_url == NULL) {
		exchange->client.bearer = NULL;
		doctor_skip(finding, "%s revokes no bearers: this one stays valid until it expires",
			    exchange->client.request->server->party);
		return;
	}
	for (size_t i = 0; i < TURN_KEYS; i++) {
		exchange->client.bearer = exchange->results[i].bearer;
		if (exchange->client.bearer == NULL)
			continue;
		count++;
		failed |= client_revoke(&exchange->client, &error) < 0;
	}
	exchange->client.bearer = NULL;
	if (failed)
		doctor_fail(finding, &error);
	else
		doctor_ok(finding, "the server has revoked the bearer%s", count == 1 ? "" : "s");
}

void doctor_exchange_close(struct doctor *doctor)
{
	struct doctor_exchange *exchange = &doctor->exchange;

	for (size_t i = 0; i < TURN_KEYS; i++)
		bearer_free(&exchange->results[i].bearer);
	if (exchange->client.request != NULL)
		client_close(&exchange->client);
	identity_close(&doctor->identity);
}
