/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/http.h"

#include "base/interrupt.h"
#include "base/message.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http {
	CURL *easy;
	struct http_options options;
	char message[CURL_ERROR_SIZE];
};

/* Looked at before a PIN is asked for; libcurl would tell only at the connection. */
static bool holds_certificates(const char *path)
{
	X509_STORE *store = X509_STORE_new();
	bool loaded = store != NULL && X509_STORE_load_file(store, path) > 0;

	X509_STORE_free(store);
	ERR_clear_error();
	return loaded;
}

int http_open(struct http **http, const struct http_options *options, struct error *error)
{
	static bool ready;

	if (!ready && curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipe_malloc, wipe_free, wipe_realloc, wipe_strdup,
					   wipe_calloc) != CURLE_OK)
		return error_set(error, ERROR_UNEXPECTED, "libcurl cannot be initialised");
	ready = true;
	*http = calloc(1, sizeof(**http));
	if (*http == NULL)
		return error_memory(error);
	(*http)->options = *options;
	(*http)->easy = curl_easy_init();
	if ((*http)->easy == NULL) {
		http_close(http);
		return error_memory(error);
	}
	if (options->cacert != NULL && !holds_certificates(options->cacert)) {
		http_close(http);
		return error_set(error, ERROR_CONFIG, "%s cannot be read, or holds no CA certificates", options->cacert);
	}
	return 0;
}

void http_close(struct http **http)
{
	if (*http == NULL)
		return;
	curl_easy_cleanup((*http)->easy);
	free(*http);
	*http = NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	char bare[64];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host + (host[0] == '['), "]"), host + (host[0] == '['));
	return inet_pton(AF_INET6, bare, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static int check_parts(CURLU *parts, const char *url, struct error *error)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, 0);
	int result = 0;

	if (code != CURLUE_OK || curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
		result = error_set(error, ERROR_CONFIG, "%s is not a URL that can be used", url);
	} else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK) {
		result = error_set(error, ERROR_CONFIG, "the URL must not hold a user and password");
	} else if (strcasecmp(scheme, "https") != 0 && (strcasecmp(scheme, "http") != 0 || !is_loopback(host))) {
		result = error_set(error, ERROR_CONFIG, "%s would be reached without encryption", url);
		error_hint(error, "use https://; plain http is for loopback addresses alone");
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return result;
}

int http_check_url(const char *url, struct error *error)
{
	CURLU *parts = curl_url();
	int result = parts != NULL ? check_parts(parts, url, error) : error_memory(error);

	curl_url_cleanup(parts);
	return result;
}

char *http_url_below(const char *base, const char *path)
{
	size_t length = strlen(base);
	char *url;

	while (length > 0 && base[length - 1] == '/')
		length--;
	return asprintf(&url, "%.*s%s", (int)length, base, path) < 0 ? NULL : url;
}

/* What libcurl's callbacks of one request need. */
struct transfer {
	const struct http_request *request;
	struct http_response *response;
	bool too_large; /* the answer */
};

static size_t body_limit(const struct http_request *request)
{
	return request->limit > 0 ? request->limit : HTTP_BODY_MAX;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct secret *body = transfer->response->body;
	size_t length = size * count;

	transfer->too_large = length > body_limit(transfer->request) - secret_length(body);
	return !transfer->too_large && secret_append(body, data, length) == 0 ? length : 0;
}

/* Called about once a second, and whenever something moves. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): libcurl sets the signature */
static int is_given_up(void *context, curl_off_t expected, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
	const struct transfer *transfer = context;

	(void)expected;
	(void)got;
	if (transfer->request->once_sent_await && to_send > 0 && sent >= to_send)
		return 0;
	return interrupt_signal() != 0 ? 1 : 0;
}

/* Copies the value of the header into `value` when the line is that header. */
static bool header_is(const char *line, size_t length, const char *name, char *value, size_t room)
{
	size_t name_length = strlen(name);

	if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
		return false;
	line += name_length + 1;
	length -= name_length + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && strchr("\r\n \t", line[length - 1]) != NULL)
		length--;
	snprintf(value, room, "%.*s", (int)length, line);
	return true;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
	struct http_response *response = ((const struct transfer *)context)->response;
	char value[512];

	if (header_is(data, size * count, "Date", value, sizeof(value)))
		response->date = curl_getdate(value, NULL);
	header_is(data, size * count, "Location", response->location, sizeof(response->location));
	return size * count;
}

/* The size of a package, and how fast it goes over, are nobody's to foresee: there only a standstill has a limit. */
static bool set_timeout(CURL *easy, const struct http_request *request, long timeout)
{
	if (request->timeout > 0 && request->timeout < timeout)
		timeout = request->timeout;
	if (request->parts == NULL)
		return curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout) == CURLE_OK;
	return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, timeout) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, timeout) == CURLE_OK;
}

static bool set_options(struct http *http, struct transfer *transfer)
{
	const struct http_options *options = &http->options;
	const char *url = transfer->request->url;
	CURL *easy = http->easy;
	bool plain = strncasecmp(url, "http:", 5) == 0;

	curl_easy_reset(easy);
	return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->message) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
#if LIBCURL_VERSION_NUM >= 0x075500
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK &&
#else
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS, plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS) == CURLE_OK &&
#endif
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (options->cacert == NULL || (curl_easy_setopt(easy, CURLOPT_CAINFO, options->cacert) == CURLE_OK &&
					    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
	       (options->proxy == NULL || curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy) == CURLE_OK) &&
	       /* A proxy would take plain http off this machine. */
	       (!plain || curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK) &&
	       curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       /* When a kept connection turns out to be dead, libcurl sends the request again by itself, and with it an
		* assertion that may have been taken already. */
	       curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       set_timeout(easy, transfer->request, options->timeout) &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "p11bearer/" P11BEARER_VERSION) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_given_up) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

static int add_header(struct curl_slist **headers, const char *name, const char *value, struct error *error)
{
	struct secret *line = secret_new(2048);
	struct curl_slist *longer = NULL;

	/* libcurl copies the line, and its allocator wipes what it frees. */
	if (line != NULL && secret_printf(line, "%s", name) == 0 && secret_append(line, value, strlen(value)) == 0)
		longer = curl_slist_append(*headers, secret_data(line));
	secret_free(&line);
	if (longer == NULL)
		return error_memory(error);
	*headers = longer;
	return 0;
}

static int make_headers(const struct http_request *request, struct curl_slist **headers, struct error *error)
{
	if (request->bearer != NULL &&
	    add_header(headers, "Authorization: Bearer ", secret_data(request->bearer), error) < 0)
		return error_result(error);
	if (request->json != NULL)
		return add_header(headers, "Content-Type: ", "application/json", error);
	if (request->fields != NULL)
		return add_header(headers, "Content-Type: ", "application/x-www-form-urlencoded", error);
	return 0;
}

/* What libcurl is handed for a request, and keeps no copy of. */
struct prepared {
	struct curl_slist *headers;
	struct secret *form;
	curl_mime *mime;
};

static void prepared_free(struct prepared *prepared)
{
	curl_slist_free_all(prepared->headers);
	secret_free(&prepared->form);
	curl_mime_free(prepared->mime);
}

static bool set_body(CURL *easy, const struct http_request *request, const struct prepared *prepared)
{
	const char *text = prepared->form != NULL ? secret_data(prepared->form) : request->json;

	if (prepared->mime != NULL)
		return curl_easy_setopt(easy, CURLOPT_MIMEPOST, prepared->mime) == CURLE_OK;
	if (text == NULL)
		return true;
	return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text)) == CURLE_OK;
}

static bool set_request(CURL *easy, const struct http_request *request, const struct prepared *prepared)
{
	return set_body(easy, request, prepared) &&
	       curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, prepared->headers) == CURLE_OK &&
	       /* No proxy sees the bearer. */
	       curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK;
}

static int encode_form(struct http *http, const struct http_field *fields, size_t count, struct secret **body,
		       struct error *error)
{
	int result = 0;

	*body = secret_new(4096);
	if (*body == NULL)
		return error_memory(error);
	for (size_t i = 0; i < count && result == 0; i++) {
		char *value = curl_easy_escape(http->easy, fields[i].value, 0);

		if (value == NULL || secret_printf(*body, "%s%s=", i > 0 ? "&" : "", fields[i].name) < 0 ||
		    secret_append(*body, value, strlen(value)) < 0)
			result = error_memory(error);
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

static const char *advice(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return "if a proxy or the org has a certificate of an own CA, give its CA certificates with --cacert";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "check the host in --instance-url, and the name service";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "check --proxy, or https_proxy in the environment";
	case CURLE_OPERATION_TIMEDOUT:
		return "--timeout allows more time";
	default:
		return "";
	}
}

static int failed(struct http *http, CURLcode code, const struct transfer *transfer, struct error *error)
{
	const struct http_request *request = transfer->request;
	struct http_response *response = transfer->response;
	const char *why = http->message[0] != '\0' ? http->message : curl_easy_strerror(code);
	const char *url = request->url;
	long bytes = 0, connect_status = 0;

	/* Counts what went out, a proxy's CONNECT included; where the proxy refused that, nothing else did. */
	curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &bytes);
	curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	response->sent = bytes > 0 && connect_status < 300;
	if (connect_status == 407)
		return error_set(error, ERROR_NETWORK, "the proxy wants a user and password (HTTP status 407)");
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		response->passing = true;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		response->passing = !response->sent;
		break;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
		return error_set(error, ERROR_ANSWER, "the answer of %s is not HTTP: %s", url, why);
	case CURLE_WRITE_ERROR:
		if (!transfer->too_large)
			return error_memory(error);
		return error_set(error, ERROR_ANSWER, "the answer of %s is larger than %zu bytes", url, body_limit(request));
	case CURLE_ABORTED_BY_CALLBACK:
		error_set(error, ERROR_NETWORK, "interrupted while %s was asked", url);
		error->signal = interrupt_signal();
		return -ERROR_NETWORK;
	case CURLE_SSL_CACERT_BADFILE:
		return error_set(error, ERROR_CONFIG, "the CA certificates cannot be used: %s", why);
	default:
		break;
	}
	error_set(error, ERROR_NETWORK, "cannot reach %s: %s (curl code %d)", url, why, (int)code);
	error_hint(error, "%s", advice(code));
	return -ERROR_NETWORK;
}

static int perform(struct http *http, const struct transfer *transfer, struct error *error)
{
	const struct http_request *request = transfer->request;
	struct http_response *response = transfer->response;
	curl_off_t wait = 0;
	CURLcode code;

	message_step("%s %s", request->method, request->url);
	code = curl_easy_perform(http->easy);
	if (code != CURLE_OK)
		return failed(http, code, transfer, error);
	response->sent = true;
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &response->status);
	curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &wait);
	if (wait > 0)
		response->retry_after = (long)wait;
	message_step("HTTP status %ld, %zu bytes", response->status, secret_length(response->body));
	return 0;
}

static int prepare(struct http *http, const struct http_request *request, struct prepared *prepared,
		   struct error *error)
{
	if (request->fields != NULL &&
	    encode_form(http, request->fields, request->field_count, &prepared->form, error) < 0)
		return error_result(error);
	if (request->parts != NULL && make_mime(http, request->parts, request->part_count, &prepared->mime, error) < 0)
		return error_result(error);
	return make_headers(request, &prepared->headers, error);
}

int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct error *error)
{
	struct transfer transfer = { .request = request };
	struct prepared prepared = { NULL, NULL, NULL };
	int result;

	*response = (struct http_response){ .date = -1, .retry_after = -1, .body = secret_new(4096) };
	transfer.response = response;
	if (response->body == NULL)
		return error_memory(error);
	result = http_check_url(request->url, error);
	if (result == 0)
		result = prepare(http, request, &prepared, error);
	http->message[0] = '\0';
	if (result == 0 && (!set_options(http, &transfer) || !set_request(http->easy, request, &prepared)))
		result = error_set(error, ERROR_UNEXPECTED, "libcurl lacks something that is needed");
	if (result == 0)
		result = perform(http, &transfer, error);
	/* Not before: what is freed below must no longer be set. */
	curl_easy_reset(http->easy);
	prepared_free(&prepared);
	return result;
}

void http_response_clear(struct http_response *response)
{
	secret_free(&response->body);
}
