/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the URL that a server names for requests with its bearer. */
#include "oauth/http-internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

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

static const char *site_fault(const struct http_url *url, const struct http_url *server, const struct url *base)
{
	const char *host = strstr(url->origin, "://") + strlen("://");

	if (host[strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz.-_[]:")] != '\0')
		return "has a host that is neither a name nor an address";
	if (strcmp(strrchr(host, ':'), ":0") == 0)
		return "has the port 0";
	if (url->plain && (!server->plain || base->https))
		return "uses plain http, although the org is reached with https";
	return NULL;
}

/* Sets *site to libcurl's spelling of the URL, without the path unless it is that of `base`. */
static int make_site(const struct http_url *url, const struct url *base, char **site, struct error *error)
{
	char *whole = NULL;
	struct url spelled;
	size_t path;

	if (curl_url_get(url->parts, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		return error_memory(error);
	(void)url_parse(&spelled, whole);
	path = (size_t)(spelled.end - spelled.path);
	if (path > 0 && ((size_t)(base->end - base->path) != path || memcmp(base->path, spelled.path, path) != 0))
		path = 0;
	*site = strndup(whole, (size_t)(spelled.path - whole) + path);
	if (*site != NULL)
		text_lower(*site, (size_t)(spelled.path - whole));
	curl_free(whole);
	return *site != NULL ? 0 : error_memory(error);
}

int http_site(const char *text, const struct http_url *server, const struct url *base, char **site,
	      struct error *error)
{
	const char *fault = site_text_fault(text);
	struct http_url *url = NULL;
	struct error why;
	int result;

	*site = NULL;
	if (fault == NULL && http_url_parse(&url, text, &why) < 0)
		return error_set(error, ERROR_ANSWER, "the org's instance_url: %.2048s", why.text);
	if (fault == NULL)
		fault = site_fault(url, server, base);
	if (fault == NULL)
		result = make_site(url, base, site, error);
	else
		result = error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	http_url_free(&url);
	return result;
}
