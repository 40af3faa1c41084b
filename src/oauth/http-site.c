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

/* Returns the site as libcurl spells it; NULL if memory is exhausted. */
static char *make_site(const char *text, const struct url *base)
{
	CURLU *parts = curl_url();
	char *whole = NULL, *site = NULL;
	struct url url;
	size_t path;

	if (parts != NULL && curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK) {
		(void)url_parse(&url, whole);
		path = (size_t)(url.end - url.path);
		if (path > 0 && (base->end - base->path != url.end - url.path ||
				 memcmp(base->path, url.path, path) != 0))
			path = 0;
		site = strndup(whole, (size_t)(url.path - whole) + path);
	}
	if (site != NULL)
		text_lower(site, (size_t)(url.path - whole));
	curl_free(whole);
	curl_url_cleanup(parts);
	return site;
}

int http_site(const char *text, const struct http_url *server, const struct url *base, char **site,
	      struct error *error)
{
	const char *fault = site_text_fault(text);
	struct http_url *url = NULL;
	struct error why;

	*site = NULL;
	if (fault == NULL && http_url_parse(&url, text, &why) < 0)
		return error_set(error, ERROR_ANSWER, "the org's instance_url: %.2048s", why.text);
	if (fault == NULL)
		fault = site_fault(url, server, base);
	http_url_free(&url);
	if (fault != NULL)
		return error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	*site = make_site(text, base);
	return *site != NULL ? 0 : error_memory(error);
}
