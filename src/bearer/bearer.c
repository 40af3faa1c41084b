/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/exchange.h"

#include "bearer/advice.h"
#include "bearer/limit.h"
#include "bearer/retry.h"
#include "bearer/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bearer {
	struct oauth_answer answer;
	char *site; /* what its instance_url stands for; NULL: not known yet */
};

int exchange_url(const struct bearer_request *request, char **url, struct error *error)
{
	*url = request->token_url != NULL ? strdup(request->token_url) :
					    http_url_below(request->instance_url, request->server->token_path);
	return *url != NULL ? 0 : error_memory(error);
}

void exchange_advice(const struct oauth_answer *answer, const struct bearer_request *request, struct error *error)
{
	const struct server_advice *advice = server_advice(request->server, answer->code, answer->description);

	advice_hint(advice, answer->retry_after, error);
	if (!answer->passing)
		advice_clock(request->server, advice, &answer->clock, request->lifetime, error);
}

bool exchange_is_judged(const struct oauth_answer *answer, const struct bearer_request *request)
{
	return !answer->passing && !limit_is_met(request->server, answer);
}

/* How long a user who has logged in too often is waited for, in seconds. */
static long rate_wait(const struct bearer_session *session)
{
	double left = http_left(session->http) / 1e3;

	return left < (double)session->rate_wait ? (long)left : session->rate_wait;
}

static void advise_on_certificate(struct signer *signer, const struct oauth_answer *answer, struct error *error)
{
	X509 *certificate = signer_certificate(signer, error);

	if (certificate != NULL)
		advice_certificate(certificate, signer->path, &answer->clock, error);
	X509_free(certificate);
}

/* One assertion after another until one is exchanged. One that may have reached the org is never sent twice: its jti is
 * spent, and whoever could replay it should not be us. */
static int exchange(struct bearer_session *session, struct oauth_answer *answer, struct error *error)
{
	const struct bearer_request *request = session->request;
	struct assertion assertion = { .text = NULL };
	struct limit limit = { .refused = 0 };
	int result = 0;

	for (long try = 0;;) {
		if (assertion.text == NULL)
			result = assertion_make(&session->signer, request, &assertion, error);
		if (result < 0)
			break;
		result = oauth_exchange(session->http, session->token_url, assertion.text, request->server->error_names, answer,
					error);
		if (result == 0)
			break;
		if (limit_is_met(request->server, answer)) {
			if (!limit_pause(&limit, rate_wait(session), answer, error))
				break;
		} else if (!answer->passing || try >= request->retries || answer->retry_after > RETRY_WAIT_MOST ||
			   !retry_wait(http_left(session->http), answer->retry_after, try++, error)) {
			break;
		}
		if (answer->sent || time(NULL) + REUSE_MARGIN > assertion.exp)
			assertion_clear(&assertion);
		oauth_answer_clear(answer);
		result = 0;
	}
	assertion_clear(&assertion);
	if (result == -ERROR_ORG) {
		exchange_advice(answer, request, error);
		if (exchange_is_judged(answer, request))
			advise_on_certificate(&session->signer, answer, error);
	}
	return result;
}

int session_renew_bearer(struct bearer_session *session, struct error *error)
{
	struct bearer *fresh = calloc(1, sizeof(*fresh));
	int result;

	if (fresh == NULL)
		return error_memory(error);
	result = exchange(session, &fresh->answer, error);
	if (result < 0) {
		bearer_free(&fresh);
		return result;
	}
	bearer_free(&session->bearer);
	session->bearer = fresh;
	return 0;
}

int session_start(struct bearer_session *session, const struct bearer_request *request, struct error *error)
{
	int result;

	*session = (struct bearer_session){ .request = request, .retries = request->retries, .rate_wait = request->rate_wait };
	/* All that can be wrong with the way there is found before the token is touched. */
	result = exchange_url(request, &session->token_url, error);
	if (result == 0)
		result = http_check_url(session->token_url, error);
	if (result == 0)
		result = http_open(&session->http, &request->http, error);
	if (result == 0)
		result = signer_open(&session->signer, request, error);
	if (result == 0)
		result = session_renew_bearer(session, error);
	return result;
}

void session_end(struct bearer_session *session)
{
	bearer_free(&session->bearer);
	signer_close(&session->signer);
	http_close(&session->http);
	free(session->token_url);
	session->token_url = NULL;
}

int bearer_get(const struct bearer_request *request, struct bearer **bearer, struct error *error)
{
	struct bearer_session session;
	int result = session_start(&session, request, error);

	*bearer = NULL;
	if (result == 0) {
		*bearer = session.bearer;
		session.bearer = NULL;
	}
	session_end(&session);
	return result;
}

const struct secret *bearer_json(const struct bearer *bearer)
{
	return bearer->answer.json;
}

const struct secret *bearer_access_token(const struct bearer *bearer)
{
	return bearer->answer.access_token;
}

const char *bearer_instance_url(const struct bearer *bearer)
{
	return bearer->answer.instance_url;
}

const char *bearer_id(const struct bearer *bearer)
{
	return bearer->answer.id;
}

/* The text of the org, and messages about it, may repeat the bearer. */
static int find_site(struct bearer *bearer, const struct bearer_request *request, const char *text, struct error *error)
{
	const char *server = request->token_url != NULL ? request->token_url : request->instance_url;
	struct redactor *redactor = redactor_new();
	int result = http_site(text, server, request->instance_url, &bearer->site, error);

	(void)redactor_add(redactor, secret_data(bearer->answer.access_token));
	if (result < 0)
		redact_error(redactor, error);
	redactor_free(&redactor);
	return result;
}

int bearer_site(struct bearer *bearer, const struct bearer_request *request, const char **url, struct error *error)
{
	const char *text = bearer->answer.instance_url;

	if (text == NULL && request->instance_url == NULL) {
		error_set(error, ERROR_ANSWER, "the org's answer does not say where the bearer is used (instance_url)");
		error_hint(error, "give the org with --instance-url");
		return -ERROR_ANSWER;
	}
	if (text != NULL && bearer->site == NULL && find_site(bearer, request, text, error) < 0)
		return error_result(error);
	*url = text != NULL ? bearer->site : request->instance_url;
	return 0;
}

void bearer_free(struct bearer **bearer)
{
	if (*bearer == NULL)
		return;
	oauth_answer_clear(&(*bearer)->answer);
	free((*bearer)->site);
	free(*bearer);
	*bearer = NULL;
}
