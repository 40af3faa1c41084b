/* SPDX-License-Identifier: Apache-2.0 */
/* Makes answers, valid and invalid ones. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIG_BODY = 2 * 1024 * 1024, RAW_MAX = 64 * 1024 * 1024 };

void http_date(time_t when, char text[HTTP_DATE_SIZE])
{
	struct tm utc;

	text[0] = '\0';
	if (gmtime_r(&when, &utc) != NULL)
		strftime(text, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

static void set_body(struct answer *answer, char *body)
{
	free(answer->body);
	answer->body = body;
	answer->length = body != NULL ? strlen(body) : 0;
}

void answer_json(struct answer *answer, unsigned int status, cJSON *json)
{
	answer->status = status;
	answer->content_type = "application/json;charset=UTF-8";
	set_body(answer, cJSON_PrintUnformatted(json));
	cJSON_Delete(json);
}

void answer_extra(cJSON *json, const cJSON *extra)
{
	for (const cJSON *member = extra != NULL ? extra->child : NULL; member != NULL; member = member->next) {
		cJSON_DeleteItemFromObjectCaseSensitive(json, member->string);
		cJSON_AddItemToObject(json, member->string, cJSON_Duplicate(member, 1));
	}
}

void answer_text(struct answer *answer, unsigned int status, const char *json)
{
	answer->status = status;
	answer->content_type = "application/json;charset=UTF-8";
	set_body(answer, strdup(json));
}

void answer_refusal(struct answer *answer, const struct refusal *refusal)
{
	cJSON *json;
	cJSON *list;

	if (refusal->form == IN_OWN) {
		answer_text(answer, refusal->status, refusal->description);
		answer->headers[0] = refusal->error;
		return;
	}
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, refusal->form == IN_API ? "errorCode" : "error", refusal->error);
	if (refusal->description != NULL)
		cJSON_AddStringToObject(json, refusal->form == IN_API ? "message" : "error_description", refusal->description);
	if (refusal->form == IN_API) {
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, json);
		json = list;
	}
	answer_json(answer, refusal->status, json);
}

void answer_session_ended(struct answer *answer)
{
	cJSON *list = cJSON_CreateArray();
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "message", "Session expired or invalid");
	cJSON_AddStringToObject(json, "errorCode", "INVALID_SESSION_ID");
	cJSON_AddItemToArray(list, json);
	answer_json(answer, 401, list);
}

/* A page for people, as a proxy or front end sends it where a program expects JSON. */
static void answer_page(struct answer *answer, unsigned int status, const char *title)
{
	char page[256];

	snprintf(page, sizeof(page), "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n",
		title, title);
	answer->status = status;
	answer->content_type = "text/html;charset=UTF-8";
	set_body(answer, strdup(page));
}

/* Enlarges the JSON with one more field; the rest stays valid, so that only a size limit refuses it. */
static void answer_pad(struct answer *answer)
{
	cJSON *json = cJSON_Parse(answer->body);
	char *padding = malloc(BIG_BODY + 1);

	if (padding != NULL) {
		memset(padding, 'x', BIG_BODY);
		padding[BIG_BODY] = '\0';
		cJSON_AddStringToObject(json, "padding", padding);
	}
	free(padding);
	answer_json(answer, answer->status, json);
}

static void answer_tokenless(struct answer *answer)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "token_type", "Bearer");
	answer_json(answer, 200, json);
}

static void answer_array(struct answer *answer)
{
	cJSON *json = cJSON_CreateArray();

	cJSON_AddItemToArray(json, cJSON_CreateString("access_token"));
	answer_json(answer, 200, json);
}

static void answer_server_error(struct answer *answer)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "error", "server_error");
	cJSON_AddStringToObject(json, "error_description", "unexpected error");
	answer_json(answer, 500, json);
}

static void set_header_value(struct answer *answer, const char *value)
{
	free(answer->header_value);
	answer->header_value = strdup(value);
}

static void answer_too_many(struct answer *answer, const struct fault *fault, time_t now)
{
	char text[HTTP_DATE_SIZE];

	answer_page(answer, 429, "Too Many Requests");
	if (!fault->has_seconds)
		return;
	if (fault->kind == FAULT_429_DATE)
		http_date(now + (time_t)fault->seconds, text);
	else
		snprintf(text, sizeof(text), "%.0f", fault->seconds);
	answer->header_name = "Retry-After";
	set_header_value(answer, text);
}

/* Reads the file for each request, because a test may change it in between. */
static void answer_raw(struct answer *answer, const struct fault *fault)
{
	FILE *file = fopen(fault->file, "re");
	char *body = malloc(RAW_MAX);
	size_t length = file != NULL && body != NULL ? fread(body, 1, RAW_MAX, file) : 0;

	if (length == 0)
		fprintf(stderr, "loopback-org: nothing was read from %s.\n", fault->file);
	if (file != NULL)
		fclose(file);
	answer->status = fault->status;
	answer->content_type = "application/json";
	set_body(answer, NULL);
	answer->body = body;
	answer->length = length;
}

void answer_spoil(struct answer *answer, const struct fault *fault, time_t now)
{
	switch (fault->kind) {
	case FAULT_401:
		answer_session_ended(answer);
		break;
	case FAULT_500:
		answer_page(answer, 500, "Internal Server Error");
		break;
	case FAULT_503:
		answer_page(answer, 503, "Service Unavailable");
		break;
	case FAULT_429:
	case FAULT_429_DATE:
		answer_too_many(answer, fault, now);
		break;
	case FAULT_SERVER_ERROR:
		answer_server_error(answer);
		break;
	case FAULT_DROP:
		answer->delivery = DELIVER_NOTHING;
		break;
	case FAULT_HALF:
		answer->delivery = DELIVER_HALF;
		break;
	case FAULT_NOT_JSON:
		answer_page(answer, 200, "Welcome");
		break;
	case FAULT_EMPTY:
		answer->status = 200;
		set_body(answer, NULL);
		break;
	case FAULT_NO_TOKEN:
		answer_tokenless(answer);
		break;
	case FAULT_ARRAY:
		answer_array(answer);
		break;
	case FAULT_BIG:
		answer_pad(answer);
		break;
	case FAULT_BIG_CHUNKED:
		answer_pad(answer);
		answer->delivery = DELIVER_CHUNKED;
		break;
	case FAULT_REDIRECT:
		answer_page(answer, 302, "Moved");
		answer->header_name = "Location";
		set_header_value(answer, fault->url);
		break;
	case FAULT_RAW:
		answer_raw(answer, fault);
		break;
	case FAULT_REFUSE:
		answer_refusal(answer, fault->refusal);
		break;
	case FAULT_SLOW:
	case FAULT_DATE:
	case FAULT_HEADER:
		break; /* these change how the answer is sent, not its content */
	}
}

void answer_clear(struct answer *answer)
{
	free(answer->body);
	free(answer->header_value);
	*answer = (struct answer){ 0 };
}
