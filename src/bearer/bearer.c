/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/assertion.h"

#include "base/message.h"
#include "oauth/exchange.h"
#include "salesforce/advice.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	WAIT_MOST = 60,       /* seconds: an org that asks for a longer wait is told to the user instead */
	FIRST_WAIT_MS = 500,  /* doubled for each further try */
	REUSE_MARGIN = 15,    /* seconds of life that an unsent assertion must still have to be sent */
	SKEW_NOTED = 5,       /* seconds between two clocks that are worth a word */
};

struct bearer {
	struct oauth_answer answer;
};

static int token_url(const struct bearer_request *request, char **url, struct error *error)
{
	size_t length;

	if (request->token_url != NULL) {
		*url = strdup(request->token_url);
	} else {
		length = strlen(request->instance_url);
		while (length > 0 && request->instance_url[length - 1] == '/')
			length--;
		if (asprintf(url, "%.*s" SALESFORCE_TOKEN_PATH, (int)length, request->instance_url) < 0)
			*url = NULL;
	}
	return *url != NULL ? 0 : error_memory(error);
}

/* The org's Date against our clock: what "expired" mostly comes from. */
static void tell_skew(const struct oauth_answer *answer, struct error *error)
{
	long long skew = (long long)answer->date - (long long)time(NULL);
	char rest[sizeof(error->hint)];

	if (answer->date == -1)
		return;
	snprintf(rest, sizeof(rest), "%s", error->hint);
	if (skew > SKEW_NOTED || skew < -SKEW_NOTED)
		error_hint(error, "this machine's clock is %lld s %s the org's; %s", skew > 0 ? skew : -skew,
			   skew > 0 ? "behind" : "ahead of", rest);
	else
		error_hint(error, "this machine's clock agrees with the org's to %d s, so the assertion was too old or too "
				  "short-lived when it arrived; see --lifetime", SKEW_NOTED);
}

static void add_advice(const struct oauth_answer *answer, struct error *error)
{
	const struct salesforce_advice *advice = salesforce_advice(answer->code, answer->description);

	if (answer->retry_after > WAIT_MOST)
		error_hint(error, "the org asks to wait %ld s before the next try", answer->retry_after);
	else if (advice != NULL)
		error_hint(error, "%s: %s", advice->meaning, advice->remedy);
	if (strcasestr(answer->description, "expired") != NULL)
		tell_skew(answer, error);
}

/* Waits before the next try: as long as the org asks, else twice as long each time, with a random part so that many
 * clients do not come back at once. */
static void wait_before_retry(const struct oauth_answer *answer, long try, const struct error *error)
{
	unsigned long milliseconds = FIRST_WAIT_MS;
	unsigned char jitter = 0;
	struct timespec rest;

	(void)RAND_bytes(&jitter, 1);
	if (answer->retry_after >= 0)
		milliseconds = (unsigned long)answer->retry_after * 1000;
	else
		milliseconds = (milliseconds << try) * (256UL + jitter) / 512UL;
	message_note("%s; trying again in %lu ms", error->text, milliseconds);
	rest.tv_sec = (time_t)(milliseconds / 1000);
	rest.tv_nsec = (long)(milliseconds % 1000) * 1000000L;
	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
}

/* One assertion after another until one is exchanged. One that may have reached the org is never sent twice: its jti is
 * spent, and whoever could replay it should not be us. */
static int exchange(struct signer *signer, struct http *http, const char *url, struct oauth_answer *answer,
		    struct error *error)
{
	const struct bearer_request *request = signer->request;
	struct assertion assertion = { .text = NULL };
	int result = 0;

	for (long try = 0;; try++) {
		if (assertion.text == NULL)
			result = assertion_make(signer, &assertion, error);
		if (result < 0)
			return result;
		result = oauth_exchange(http, url, assertion.text, answer, error);
		if (result == 0 || !answer->passing || try >= request->retries || answer->retry_after > WAIT_MOST)
			break;
		wait_before_retry(answer, try, error);
		if (answer->sent || time(NULL) + REUSE_MARGIN > assertion.exp)
			assertion_clear(&assertion);
		oauth_answer_clear(answer);
		result = 0;
	}
	assertion_clear(&assertion);
	if (result == -ERROR_ORG)
		add_advice(answer, error);
	return result;
}

int bearer_get(const struct bearer_request *request, struct bearer **bearer, struct error *error)
{
	struct signer signer = { .key = NULL };
	struct http *http = NULL;
	char *url = NULL;
	int result;

	*bearer = calloc(1, sizeof(**bearer));
	if (*bearer == NULL)
		return error_memory(error);
	/* All that can be wrong with the way there is found before the token is touched. */
	result = token_url(request, &url, error);
	if (result == 0)
		result = http_check_url(url, error);
	if (result == 0)
		result = http_open(&http, &request->http, error);
	if (result == 0)
		result = signer_open(&signer, request, error);
	if (result == 0)
		result = exchange(&signer, http, url, &(*bearer)->answer, error);
	signer_close(&signer);
	http_close(&http);
	free(url);
	if (result < 0)
		bearer_free(bearer);
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

void bearer_free(struct bearer **bearer)
{
	if (*bearer == NULL)
		return;
	oauth_answer_clear(&(*bearer)->answer);
	free(*bearer);
	*bearer = NULL;
}
