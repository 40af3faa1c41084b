/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-internal.h"

#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static unsigned worker_status(enum error_class class)
{
	switch (class) {
	case ERROR_USAGE:
		return MHD_HTTP_BAD_REQUEST;
	case ERROR_CONFIG:
	case ERROR_NO_KEY:
	case ERROR_PIN:
	case ERROR_TOKEN:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case ERROR_NETWORK:
		return MHD_HTTP_GATEWAY_TIMEOUT;
	case ERROR_ORG:
	case ERROR_ANSWER:
		return MHD_HTTP_BAD_GATEWAY;
	case ERROR_NONE:
	case ERROR_UNEXPECTED:
		break;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static unsigned failure_status(const struct failure *failure)
{
	switch (failure->kind) {
	case FAILURE_LOCKED:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case FAILURE_BUDGET:
		return MHD_HTTP_TOO_MANY_REQUESTS;
	case FAILURE_TIME:
		return MHD_HTTP_GATEWAY_TIMEOUT;
	case FAILURE_REQUEST:
		return MHD_HTTP_BAD_REQUEST;
	case FAILURE_DENIED:
		return MHD_HTTP_FORBIDDEN;
	case FAILURE_WORKER:
	case FAILURE_REPLACED:
		break;
	}
	return worker_status(failure->error.class);
}

const char *http_failure_code(const struct failure *failure)
{
	if (failure->code[0] != '\0')
		return failure->code;
	if (failure->kind == FAILURE_LOCKED)
		return "locked";
	switch (failure_status(failure)) {
	case MHD_HTTP_BAD_REQUEST:
		return "invalid_request";
	case MHD_HTTP_FORBIDDEN:
		return "access_denied";
	case MHD_HTTP_TOO_MANY_REQUESTS:
	case MHD_HTTP_SERVICE_UNAVAILABLE:
	case MHD_HTTP_GATEWAY_TIMEOUT:
		return "temporarily_unavailable";
	default:
		return "server_error";
	}
}

/* Adds a string, without what could mislead a reader: cJSON would pass bytes on that are not UTF-8. */
static bool add_text(cJSON *object, const char *name, const char *text)
{
	char clean[sizeof(((struct error *)NULL)->text)];

	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean, "\n");
	return cJSON_AddStringToObject(object, name, clean) != NULL;
}

static bool fill_failure(cJSON *object, const struct failure *failure, const char *code)
{
	cJSON *own;

	if (!add_text(object, "error", code) || !add_text(object, "error_description", failure->error.text))
		return false;
	own = cJSON_AddObjectToObject(object, "p11bearer");
	if (own == NULL || cJSON_AddNumberToObject(own, "status", failure->error.class) == NULL)
		return false;
	return failure->error.hint[0] == '\0' || add_text(own, "hint", failure->error.hint);
}

struct secret *http_json(const cJSON *value)
{
	char *text = cJSON_PrintUnformatted(value);
	struct secret *json = text != NULL ? secret_new(strlen(text)) : NULL;

	if (json != NULL && secret_append(json, text, strlen(text)) < 0)
		secret_free(&json);
	cJSON_free(text);
	return json;
}

struct secret *http_failure_json(const struct failure *failure, const char *code)
{
	cJSON *object = cJSON_CreateObject();
	struct secret *json = object != NULL && fill_failure(object, failure, code) ? http_json(object) : NULL;

	cJSON_Delete(object);
	return json;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static void done(struct client *client, unsigned status)
{
	struct request *request = &client->request;

	request->state = REQUEST_DONE;
	request->status = status;
	if (!request->suspended)
		return;
	loop_watch_end(&request->hang_up);
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

void http_answer(struct client *client, unsigned status, struct MHD_Response *response)
{
	client->request.response = response;
	done(client, status);
}

static void free_response(void *response)
{
	MHD_destroy_response(response);
}

void http_answer_bearer(struct client *client, struct agent_bearer *bearer)
{
	/* The response takes the JSON over: MHD may still be sending it when the cache wipes the bearer. */
	if (bearer->response == NULL) {
		bearer->response = http_response(&bearer->json, "application/json");
		bearer->response_free = free_response;
	}
	if (bearer->response != NULL)
		client->request.bearer = agent_bearer_use(bearer);
	done(client, MHD_HTTP_OK);
}

static void free_body(void *body)
{
	struct secret *secret = body;

	secret_free(&secret);
}

struct MHD_Response *http_response(struct secret **body, const char *type)
{
	struct secret *secret = *body;
	struct MHD_Response *response;

	*body = NULL;
	if (secret == NULL)
		return NULL;
	/* MHD sends from this buffer and makes no copy. */
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		secret_length(secret), (void *)secret_data(secret), free_body, secret);
	if (response == NULL) {
		secret_free(&secret);
		return NULL;
	}
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) != MHD_YES ||
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") != MHD_YES) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

void http_answer_json(struct client *client, unsigned status, struct secret **body)
{
	http_answer(client, status, http_response(body, "application/json"));
}

void http_answer_refusal(struct client *client, unsigned status, const char *code, const char *allow,
			 const struct failure *failure)
{
	struct secret *body = http_failure_json(failure, code);
	struct MHD_Response *response = http_response(&body, "application/json");
	char seconds[32];

	/* A header that does not fit into memory is not worth losing the answer. */
	if (response != NULL && allow != NULL)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
	if (response != NULL && failure->retry_after > 0) {
		snprintf(seconds, sizeof(seconds), "%ld", failure->retry_after);
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	http_answer(client, status, response);
}

void http_answer_failure(struct client *client, const struct failure *failure)
{
	http_answer_refusal(client, failure_status(failure), http_failure_code(failure), NULL, failure);
}
