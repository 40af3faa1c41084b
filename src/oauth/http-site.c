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

static bool is_downgraded(const struct http_url *url, const struct http_url *server, const struct url *base)
{
	return url->plain && ((server != NULL && !server->plain) || base->https);
}

static const char *site_fault(const struct http_url *url)
{
	const char *host = strstr(url->origin, "://") + strlen("://");

	if (host[strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz.-_[]:")] != '\0')
		return "has a host that is neither a name nor an address";
	if (strcmp(strrchr(host, ':'), ":0") == 0)
		return "has the port 0";
	return NULL;
}

/* Orgs name no port, even if they are reached through one. Returns the port of `asked` (may be NULL) with its colon if
 * that differs from `url` only in its port, otherwise an empty text. */
static const char *port_of(const struct http_url *asked, const struct http_url *url)
{
	const char *own = strrchr(url->origin, ':'), *port = asked != NULL ? strrchr(asked->origin, ':') : own;
	size_t length = (size_t)(own - url->origin);

	if (asked == NULL || strcmp(port, own) == 0 || (size_t)(port - asked->origin) != length ||
	    strncmp(asked->origin, url->origin, length) != 0)
		return "";
	return port;
}

/* Sets *site to libcurl's spelling of the URL, with the port of `asked` if it has none, and without the path unless it
 * is that of `base`. */
static int make_site(const struct http_url *url, const struct url *base, const struct http_url *asked, char **site,
		     struct error *error)
{
	char *whole = NULL;
	struct url spelled;
	size_t authority, path;

	if (curl_url_get(url->parts, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		return error_memory(error);
	(void)url_parse(&spelled, whole);
	path = (size_t)(spelled.end - spelled.path);
	if (path > 0 && ((size_t)(base->end - base->path) != path || memcmp(base->path, spelled.path, path) != 0))
		path = 0;
	authority = (size_t)(spelled.path - whole);
	text_lower(whole, authority);
	if (asprintf(site, "%.*s%s%.*s", (int)authority, whole, spelled.port == spelled.path ? port_of(asked, url) : "",
		     (int)path, spelled.path) < 0)
		*site = NULL;
	curl_free(whole);
	return *site != NULL ? 0 : error_memory(error);
}

int http_site(const char *text, const struct http_url *server, const struct url *base, const char *party, char **site,
	      struct error *error)
{
	const char *fault = site_text_fault(text);
	struct http_url *url = NULL, *asked = NULL;
	struct error why;
	int result;

	*site = NULL;
	if (fault == NULL && http_url_parse(&url, text, &why) < 0)
		return error_set(error, ERROR_ANSWER, "%s's instance_url: %.2048s", party, why.text);
	if (fault == NULL)
		fault = site_fault(url);
	if (fault == NULL && base->text != NULL)
		(void)http_url_below(&asked, base, "", &why); /* it may be unusable, unlike `server` */
	if (fault != NULL)
		result = error_set(error, ERROR_ANSWER, "%s's instance_url %s: %s", party, fault, text);
	else if (is_downgraded(url, server, base))
		result = error_set(error, ERROR_ANSWER, "%s's instance_url uses plain http, although %s is reached "
				   "with https: %s", party, party, text);
	else
		result = make_site(url, base, base->text != NULL ? asked : server, site, error);
	http_url_free(&asked);
	http_url_free(&url);
	return result;
}
