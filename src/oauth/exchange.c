/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

#include "base/json.h"
#include "oauth/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Readers that do not tell upper from lower case would take such a member for the one that was checked; U+017F and
 * U+212A are the letters outside ASCII that are other cases of s and k. */
static bool is_lookalike(const char *name, const char *wanted)
{
	bool same = strcmp(name, wanted) == 0;

	for (; *name != '\0' && *wanted != '\0'; wanted++) {
		size_t used = strncmp(name, "\xc5\xbf", 2) == 0 && *wanted == 's' ? 2 :
			      strncmp(name, "\xe2\x84\xaa", 3) == 0 && *wanted == 'k' ? 3 :
			      tolower((unsigned char)*name) == *wanted ? 1 : 0;

		if (used == 0)
			return false;
		name += used;
	}
	return !same && *name == *wanted;
}

static int check_names(const cJSON *object, struct error *error)
{
	static const char *const names[] = { "access_token", "instance_url", "id", "token_type" };

	for (const cJSON *member = object->child; member != NULL; member = member->next) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (is_lookalike(member->string, names[i]))
				return error_set(error, ERROR_ANSWER, "the org's answer has a \"%.64s\", which may be taken "
						 "for %s", member->string, names[i]);
		}
	}
	return 0;
}

static int take_bearer(const cJSON *object, const struct secret *body, struct oauth_answer *answer, struct error *error)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "access_token"));
	const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "instance_url"));
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "id"));

	/* The words of a refusal are told whatever they are; what is handed on must be what it says it is. */
	if (json_strict(secret_data(body), object, ERROR_ANSWER, "the org's answer", error) < 0)
		return error_result(error);
	if (token == NULL || *token == '\0')
		return error_set(error, ERROR_ANSWER, "the org's answer has no access_token");
	if (check_names(object, error) < 0)
		return error_result(error);
	/* RFC 6750 section 2.1 allows visible characters only; anything else could add lines to a header or a
	 * script. */
	for (const char *c = token; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			return error_set(error, ERROR_ANSWER, "the org's access_token has a character that RFC 6750 does not allow");
	}
	if (answer->json == NULL)
		answer->json = secret_new(4096);
	if (answer->access_token == NULL)
		answer->access_token = secret_new(1024);
	answer->instance_url = url != NULL ? strdup(url) : NULL;
	answer->id = id != NULL ? strdup(id) : NULL;
	if (answer->json == NULL || answer->access_token == NULL || (url != NULL && answer->instance_url == NULL) ||
	    (id != NULL && answer->id == NULL) ||
	    json_line(answer->json, secret_data(body)) < 0 ||
	    secret_append(answer->access_token, token, strlen(token)) < 0)
		return error_memory(error);
	return 0;
}

/* `object` is the answer, NULL if it is not JSON. */
static int refused(const struct http_response *response, const cJSON *object, struct oauth_answer *answer,
		   struct error *error)
{
	bool worded = answer->code[0] != '\0' || answer->description[0] != '\0';

	if (object == NULL)
		answer_plain_words(response, answer->code, sizeof(answer->code));
	answer_refuses(response, answer->code, answer->description, error);
	if (!worded && !answer->passing)
		error_hint(error, "what answers at %s does not look like a token endpoint, or is a proxy; check --instance-url "
				  "and --token-url", response->url);
	return -ERROR_ORG;
}

/* What the org sends is as secret as what it was sent. */
static void guard_tokens(struct redactor *redactor, const cJSON *object)
{
	static const char *const names[] = { "access_token", "refresh_token", "id_token" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, names[i]));

		if (token != NULL)
			(void)redactor_add(redactor, token); /* one that lacks memory masks everything */
	}
}

static int read_answer(const struct http_response *response, struct oauth_answer *answer, struct error *error)
{
	cJSON *object;
	int result;

	if (answer_redirects(response, error) < 0)
		return error_result(error);
	if (response->status >= 400)
		answer->passing = response->status == 429 || response->status >= 500;
	object = answer_parse(response->body);
	guard_tokens(response->redactor, object);
	if (answer_repeats(response, object, error) < 0) {
		cJSON_Delete(object);
		return error_result(error);
	}
	answer_words(object, response->redactor, answer->code, sizeof(answer->code), answer->description,
		     sizeof(answer->description));
	if (response->status >= 400 || answer->code[0] != '\0')
		result = refused(response, object, answer, error);
	else if (!cJSON_IsObject(object))
		result = error_set(error, ERROR_ANSWER, "the org's answer is not a JSON object (HTTP status %ld)",
				   response->status);
	else
		result = take_bearer(object, response->body, answer, error);
	cJSON_Delete(object);
	return result;
}

static int judge(const struct http_response *response, struct oauth_answer *answer, struct error *error)
{
	int result = read_answer(response, answer, error);

	if (result < 0)
		redact_error(response->redactor, error);
	return result;
}

/* What of the answer is known without its body. */
static void take_response(const struct http_response *response, struct oauth_answer *answer)
{
	oauth_answer_wipe(answer);
	*answer = (struct oauth_answer){
		.json = answer->json,
		.access_token = answer->access_token,
		.status = response->status,
		.sent = response->sent,
		.passing = response->passing,
		.stale = response->stale,
		.clock = response->clock,
		.retry_after = response->retry_after,
	};
}

/* The form; `fields` has room for FIELDS. */
enum { FIELDS = 2 };
static struct http_request form(const char *url, const struct secret *assertion, struct http_field *fields)
{
	fields[0] = (struct http_field){ "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", false };
	fields[1] = (struct http_field){ "assertion", secret_data(assertion), true };
	return (struct http_request){ .method = "POST", .url = url, .fields = fields, .field_count = FIELDS };
}

int oauth_exchange(struct http *http, const char *url, const struct secret *assertion, struct oauth_answer *answer,
		   struct error *error)
{
	struct http_field fields[FIELDS];
	const struct http_request request = form(url, assertion, fields);
	struct http_response response;
	int result = http_send(http, &request, &response, error);

	take_response(&response, answer);
	if (result == 0)
		result = judge(&response, answer, error);
	http_response_clear(&response);
	return result;
}

int oauth_exchange_start(struct http_pool *pool, const char *url, const struct secret *assertion, bool fresh, void *tag,
			 struct error *error)
{
	struct http_field fields[FIELDS];
	struct http_request request = form(url, assertion, fields);

	request.fresh = fresh;
	return http_pool_start(pool, &request, tag, error);
}

bool oauth_exchange_take(struct http_pool *pool, struct oauth_answer *answer, void **tag, int *result, struct error *error)
{
	const struct http_response *response = http_pool_take(pool, tag, result, error);

	if (response == NULL)
		return false;
	take_response(response, answer);
	if (*result == 0)
		*result = judge(response, answer, error);
	return true;
}

void oauth_answer_wipe(struct oauth_answer *answer)
{
	if (answer->json != NULL)
		secret_truncate(answer->json, 0);
	if (answer->access_token != NULL)
		secret_truncate(answer->access_token, 0);
	free(answer->instance_url);
	free(answer->id);
	answer->instance_url = answer->id = NULL;
}

void oauth_answer_clear(struct oauth_answer *answer)
{
	oauth_answer_wipe(answer);
	secret_free(&answer->json);
	secret_free(&answer->access_token);
	memset(answer, 0, sizeof(*answer));
}
