/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the URL that a server names for requests with its bearer. */
#include "oauth/http-internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* A URL as libcurl reads it. */
struct parts {
	CURLU *handle;
	char *scheme, *host, *port, *path; /* `port` may be NULL */
};

static void parts_clear(struct parts *parts)
{
	curl_free(parts->scheme);
	curl_free(parts->host);
	curl_free(parts->port);
	curl_free(parts->path);
	curl_url_cleanup(parts->handle);
}

/* Returns false if memory is exhausted. Clear `parts` even then. */
static bool parts_read(const char *text, struct parts *parts)
{
	CURLU *handle = curl_url();

	*parts = (struct parts){ .handle = handle };
	if (handle == NULL || curl_url_set(handle, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_SCHEME, &parts->scheme, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_HOST, &parts->host, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_PATH, &parts->path, 0) != CURLUE_OK || parts->scheme == NULL ||
	    parts->host == NULL || parts->path == NULL)
		return false;
	(void)curl_url_get(handle, CURLUPART_PORT, &parts->port, 0);
	text_lower(parts->scheme, strlen(parts->scheme));
	text_lower(parts->host, strlen(parts->host));
	return true;
}

/* The length of the path without its trailing slashes. */
static size_t path_length(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && path[length - 1] == '/')
		length--;
	return length;
}

static bool has_path_of(const struct parts *parts, const struct url *url)
{
	size_t length = path_length(parts->path);

	return url->text != NULL && (size_t)(url->end - url->path) == length &&
	       memcmp(parts->path, url->path, length) == 0;
}

/* Rejects characters that no URL contains (RFC 3986 section 2), and text that programs read in different ways. */
static const char *site_text_fault(const char *text)
{
	const char *host = strstr(text, "://");

	if (*text == '\0')
		return "is empty";
	for (const char *c = text; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~' || strchr("\\\"<>^`{|}", *c) != NULL)
			return "contains a character that is not valid in a URL";
	}
	if (strpbrk(text, "?#") != NULL)
		return "has a query or a fragment";
	/* libcurl skips a third slash and decodes the host name; both can disguise the host. */
	if (host == NULL || host[3] == '/' || memchr(host + 3, '%', strcspn(host + 3, "/")) != NULL)
		return "has no usable host";
	return NULL;
}

static const char *site_fault(const struct parts *parts, const struct http_url *server, const struct url *base)
{
	if (strspn(parts->host, "0123456789abcdefghijklmnopqrstuvwxyz.-_[]:") != strlen(parts->host))
		return "has a host that is neither a name nor an address";
	if (parts->port != NULL && strcmp(parts->port, "0") == 0)
		return "has the port 0";
	if (strcmp(parts->scheme, "http") == 0 && (!server->plain || base->https))
		return "uses plain http, although the org is reached with https";
	return NULL;
}

static int join(const struct parts *parts, const char *path, char **site, struct error *error)
{
	if (asprintf(site, "%s://%s%s%s%.*s", parts->scheme, parts->host, parts->port != NULL ? ":" : "",
		     parts->port != NULL ? parts->port : "", (int)path_length(path), path) >= 0)
		return 0;
	*site = NULL;
	return error_memory(error);
}

static int choose(const struct parts *parts, const struct http_url *server, const struct url *base, const char *text,
		  char **site, struct error *error)
{
	const char *fault = site_fault(parts, server, base);

	if (fault != NULL)
		return error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	return join(parts, has_path_of(parts, base) ? parts->path : "", site, error);
}

int http_site(const char *text, const struct http_url *server, const struct url *base, char **site,
	      struct error *error)
{
	const char *fault = site_text_fault(text);
	struct http_url *checked = NULL;
	struct parts parts;
	int result;

	*site = NULL;
	if (fault != NULL)
		return error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	if (http_url_parse(&checked, text, error) < 0) {
		struct error why = *error;

		return error_set(error, ERROR_ANSWER, "the org's instance_url: %.2048s", why.text);
	}
	http_url_free(&checked);
	result = parts_read(text, &parts) ? choose(&parts, server, base, text, site, error) : error_memory(error);
	parts_clear(&parts);
	return result;
}
