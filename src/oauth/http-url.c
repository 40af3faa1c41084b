/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/http-internal.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool url_has(CURLU *parts, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(parts, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static int take_origin(struct http_url *url, const char *scheme, const char *host, struct error *error)
{
	size_t length = strlen(host);
	char *port = NULL;

	if (length > 1 && host[length - 1] == '.') /* the DNS root */
		length--;
	if (curl_url_get(url->parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    asprintf(&url->origin, "%s://%.*s:%s", scheme, (int)length, host, port) < 0)
		url->origin = NULL;
	curl_free(port);
	if (url->origin != NULL)
		text_lower(url->origin, strlen(url->origin));
	return url->origin != NULL ? 0 : error_memory(error);
}

/* Does not show a URL that cannot be parsed or contains a user and password. */
static int take_parts(struct http_url *url, struct error *error)
{
	CURLU *parts = url->parts;
	char *scheme = NULL, *host = NULL;
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url->text, 0);
	int result;

	if (code != CURLUE_OK || curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
		result = error_set(error, ERROR_CONFIG, "the URL cannot be used: %s", curl_url_strerror(code));
	} else if (url_has(parts, CURLUPART_USER) || url_has(parts, CURLUPART_PASSWORD)) {
		result = error_set(error, ERROR_CONFIG, "the URL must not contain a user and password");
	} else if (strcasecmp(scheme, "https") != 0 && (strcasecmp(scheme, "http") != 0 || !is_loopback(host))) {
		result = error_set(error, ERROR_CONFIG, "%s://%s would be reached without encryption", scheme, host);
		error_hint(error, "use https://; plain http is for loopback addresses only");
	} else {
		url->plain = strcasecmp(scheme, "https") != 0;
		result = take_origin(url, scheme, host, error);
	}
	curl_free(scheme);
	curl_free(host);
	return result;
}

static int make(struct http_url **url, const char *base, int length, const char *path, struct error *error)
{
	int result;

	*url = calloc(1, sizeof(**url));
	if (*url == NULL)
		return error_memory(error);
	(*url)->parts = curl_url();
	if (asprintf(&(*url)->text, "%.*s%s", length, base, path) < 0)
		(*url)->text = NULL;
	result = (*url)->parts != NULL && (*url)->text != NULL ? take_parts(*url, error) : error_memory(error);
	if (result < 0)
		http_url_free(url);
	return result;
}

int http_url_parse(struct http_url **url, const char *text, struct error *error)
{
	return make(url, text, (int)strlen(text), "", error);
}

int http_url_below(struct http_url **url, const struct url *base, const char *path, struct error *error)
{
	return make(url, base->text, (int)(base->end - base->text), path, error);
}

const char *http_url_origin(const struct http_url *url)
{
	return url->origin;
}

void http_url_free(struct http_url **url)
{
	if (*url == NULL)
		return;
	free((*url)->text);
	free((*url)->origin);
	curl_url_cleanup((*url)->parts);
	free(*url);
	*url = NULL;
}
