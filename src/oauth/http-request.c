/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields and body of a request. */
#include "oauth/http-internal.h"

#include <string.h>

/* libcurl copies the line and wipes the copy when it frees it. */
static int add_header(struct curl_slist **headers, const char *line, struct error *error)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (longer == NULL)
		return error_memory(error);
	*headers = longer;
	return 0;
}

static int add_bearer(struct curl_slist **headers, const struct secret *bearer, struct error *error)
{
	struct secret *line = secret_new(2048);
	int result;

	if (line == NULL || secret_printf(line, "Authorization: Bearer ") < 0 ||
	    secret_append(line, secret_data(bearer), secret_length(bearer)) < 0)
		result = error_memory(error);
	else
		result = add_header(headers, secret_data(line), error);
	secret_free(&line);
	return result;
}

/* RFC 9110 section 8.6: it should have a Content-Length. */
static bool is_empty_post(const struct http_request *request)
{
	return request->bearer != NULL && strcmp(request->method, "POST") == 0 && request->fields == NULL &&
	       request->parts == NULL && request->json == NULL;
}

static int make_headers(const struct http_request *request, struct curl_slist **headers, struct error *error)
{
	if (request->bearer != NULL && add_bearer(headers, request->bearer, error) < 0)
		return error_result(error);
	if (request->header != NULL && add_header(headers, request->header, error) < 0)
		return error_result(error);
	if (request->json != NULL || request->fields_as_json)
		return add_header(headers, "Content-Type: application/json", error);
	if (request->fields != NULL)
		return add_header(headers, "Content-Type: application/x-www-form-urlencoded", error);
	return is_empty_post(request) ? add_header(headers, "Content-Type:", error) : 0; /* none */
}

static int encode_form(struct http *http, const struct http_field *fields, size_t count, struct secret **body,
		       struct error *error)
{
	int result = 0;

	if (*body == NULL)
		*body = secret_new(4096);
	if (*body == NULL)
		return error_memory(error);
	secret_truncate(*body, 0);
	for (size_t i = 0; i < count && result == 0; i++) {
		char *name = curl_easy_escape(http->easy, fields[i].name, 0);
		char *value = curl_easy_escape(http->easy, fields[i].value, 0);

		if (name == NULL || value == NULL || secret_printf(*body, "%s%s=", i > 0 ? "&" : "", name) < 0 ||
		    secret_append(*body, value, strlen(value)) < 0)
			result = error_memory(error);
		curl_free(name);
		curl_free(value);
	}
	return result;
}

static int make_mime(struct http *http, const struct http_part *parts, size_t count, curl_mime **mime,
		     struct error *error)
{
	*mime = curl_mime_init(http->easy);
	for (size_t i = 0; i < count && *mime != NULL; i++) {
		curl_mimepart *part = curl_mime_addpart(*mime);

		if (part == NULL || curl_mime_name(part, parts[i].name) != CURLE_OK ||
		    curl_mime_type(part, parts[i].type) != CURLE_OK ||
		    (parts[i].file != NULL && curl_mime_filename(part, parts[i].file) != CURLE_OK) ||
		    curl_mime_data(part, parts[i].data, parts[i].length) != CURLE_OK) {
			curl_mime_free(*mime);
			*mime = NULL;
		}
	}
	return *mime != NULL ? 0 : error_memory(error);
}

int request_prepare(struct http *http, struct transfer *transfer, struct error *error)
{
	const struct http_request *request = transfer->request;

	if (request->fields_as_json) {
		secret_free(&transfer->form);
		if (http_json_fields(request->fields, request->field_count, &transfer->form, error) < 0)
			return error_result(error);
	} else if (request->fields != NULL &&
	    encode_form(http, request->fields, request->field_count, &transfer->form, error) < 0)
		return error_result(error);
	if (request->parts != NULL && make_mime(http, request->parts, request->part_count, &transfer->mime, error) < 0)
		return error_result(error);
	return make_headers(request, &transfer->headers, error);
}

static bool set_body(CURL *easy, const struct transfer *transfer)
{
	bool form = transfer->request->fields != NULL;
	const char *text = form ? secret_data(transfer->form) : transfer->request->json;

	if (transfer->mime != NULL)
		return curl_easy_setopt(easy, CURLOPT_MIMEPOST, transfer->mime) == CURLE_OK;
	if (text == NULL && is_empty_post(transfer->request))
		text = "";
	if (text == NULL)
		return true;
	return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text)) == CURLE_OK;
}

bool request_set(CURL *easy, const struct transfer *transfer)
{
	return set_body(easy, transfer) &&
	       curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->request->method) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
	       /* Keeps the bearer from proxies. */
	       curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK;
}
