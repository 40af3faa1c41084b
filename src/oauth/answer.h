/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the oauth room: reading what an org answers. */
#ifndef P11BEARER_OAUTH_ANSWER_H
#define P11BEARER_OAUTH_ANSWER_H

#include "oauth/http.h"

#include <cjson/cJSON.h>

/* From here on what cJSON copies, which may be a bearer, is wiped when it is freed. Before there are threads. */
void answer_begin(void);

/* The answer as JSON, an object or an array; NULL when it is neither. To be freed with cJSON_Delete. */
cJSON *answer_parse(const struct secret *body);

/* Copies a string field of the object (NULL is allowed) as one clean, redacted line; empty when it is not there or no
 * string. */
void answer_field(const cJSON *object, const char *name, struct redactor *redactor, char *text, size_t size);

/* The org's code and words for a refusal, empty where it gives none: `error` and `error_description` of the OAuth
 * endpoints, or `errorCode` and `message` of the API, which answers with a list of objects and of which the first with a
 * code counts. Copied as answer_field does. */
void answer_words(const cJSON *json, struct redactor *redactor, char *code, size_t code_size, char *description,
		  size_t description_size);

/* The same for an answer that is not JSON: the first line of a short plain text takes the place of the code. */
void answer_plain_words(const struct http_response *response, char *code, size_t code_size);

/* Fails with ERROR_ORG, in the org's words. */
int answer_refuses(const struct http_response *response, const char *code, const char *description, struct error *error);

/* Fails with ERROR_ANSWER if `json`, the body or NULL, names a member twice. */
int answer_repeats(const struct http_response *response, const cJSON *json, struct error *error);

/* Fails with ERROR_ANSWER when the response is a redirect. */
int answer_redirects(const struct http_response *response, struct error *error);

#endif
