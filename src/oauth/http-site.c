/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the URL that a server names for requests with its bearer. */
#include "oauth/http-internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct url {
	CURLU *parts;
	char *scheme, *host, *port, *path; /* `port` may be NULL */
};

static void url_clear(struct url *url)
{
	curl_free(url->scheme);
	curl_free(url->host);
	curl_free(url->port);
	curl_free(url->path);
	curl_url_cleanup(url->parts);
}

/* Returns false if the text is not a URL, or memory is exhausted. Clear `url` even then. */
static bool url_read(const char *text, struct url *url)
{
	*url = (struct url){ .parts = curl_url() };
	if (url->parts == NULL || curl_url_set(url->parts, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url->parts, CURLUPART_SCHEME, &url->scheme, 0) != CURLUE_OK ||
	    curl_url_get(url->parts, CURLUPART_HOST, &url->host, 0) != CURLUE_OK ||
	    curl_url_get(url->parts, CURLUPART_PATH, &url->path, 0) != CURLUE_OK || url->scheme == NULL ||
	    url->host == NULL || url->path == NULL)
		return false;
	(void)curl_url_get(url->parts, CURLUPART_PORT, &url->port, 0);
	text_lower(url->scheme, strlen(url->scheme));
	text_lower(url->host, strlen(url->host));
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

static bool same_path(const char *one, const char *other)
{
	size_t length = path_length(one);

	return length == path_length(other) && strncmp(one, other, length) == 0;
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

static const char *site_fault(const struct url *url, const struct http_url *server, const struct url *own)
{
	if (strspn(url->host, "0123456789abcdefghijklmnopqrstuvwxyz.-_[]:") != strlen(url->host))
		return "has a host that is neither a name nor an address";
	if (url->port != NULL && strcmp(url->port, "0") == 0)
		return "has the port 0";
	if (strcmp(url->scheme, "http") == 0 &&
	    (!server->plain || (own->scheme != NULL && strcmp(own->scheme, "https") == 0)))
		return "uses plain http, although the org is reached with https";
	return NULL;
}

static int join(const struct url *url, const char *path, char **site, struct error *error)
{
	if (asprintf(site, "%s://%s%s%s%.*s", url->scheme, url->host, url->port != NULL ? ":" : "",
		     url->port != NULL ? url->port : "", (int)path_length(path), path) >= 0)
		return 0;
	*site = NULL;
	return error_memory(error);
}

/* `own` has no parts if the user gave no URL. */
static int choose(const struct url *url, const struct http_url *server, const struct url *own, const char *text,
		  char **site, struct error *error)
{
	const char *fault = site_fault(url, server, own);

	if (fault != NULL)
		return error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	return join(url, own->path != NULL && same_path(url->path, own->path) ? url->path : "", site, error);
}

int http_site(const char *text, const struct http_url *server, const char *base, char **site, struct error *error)
{
	struct url url = { .parts = NULL }, own = { .parts = NULL };
	const char *fault = site_text_fault(text);
	struct http_url *checked = NULL;
	int result;

	*site = NULL;
	if (fault != NULL)
		return error_set(error, ERROR_ANSWER, "the org's instance_url %s: %s", fault, text);
	if (http_url_parse(&checked, text, error) < 0) {
		struct error why = *error;

		return error_set(error, ERROR_ANSWER, "the org's instance_url: %.2048s", why.text);
	}
	http_url_free(&checked);
	if (!url_read(text, &url) || (base != NULL && !url_read(base, &own)))
		result = error_memory(error);
	else
		result = choose(&url, server, &own, text, site, error);
	url_clear(&url);
	url_clear(&own);
	return result;
}
