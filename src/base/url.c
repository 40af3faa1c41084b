/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

static const char *find_port(const char *host)
{
	const char *port = host + strcspn(host, *host == '[' ? "]/?#" : ":/?#");

	if (*host != '[')
		return port;
	return *port == ']' ? port + 1 : host;
}

static const char *find_fault(const struct url *url)
{
	size_t authority = (size_t)(url->path - url->host);
	const char *bracket = memchr(url->host, '[', authority);

	if (!url->https && !begins(url->text, "http://"))
		return "does not begin with https://";
	if (begins(url->host, "https://") || begins(url->host, "http://"))
		return "begins with https:// twice";
	if (!isalnum((unsigned char)*url->host) && *url->host != '[')
		return "has no host";
	if (memchr(url->host, '@', authority) != NULL)
		return "must not contain a user and password";
	/* Other brackets enclose a placeholder, such as [name]. */
	if (bracket != NULL && (bracket != url->host || bracket[1] == ']' ||
				bracket[1 + strspn(bracket + 1, "0123456789abcdefABCDEF:.%")] != ']'))
		return "has brackets around something that is not an IPv6 address";
	/* As in a password with a slash. */
	if (*url->port == ':' && url->port + 1 + strspn(url->port + 1, "0123456789") != url->path)
		return "has a port that is not a number";
	if (memmem(url->host, authority, "..", 2) != NULL)
		return "has two dots in a row in its host";
	if (strpbrk(url->host, "?#") != NULL)
		return "has a query or a fragment";
	if (strpbrk(url->text, " \"<>\\^`{|}") != NULL)
		return "contains a character that is not valid in a URL";
	return NULL;
}

const char *url_parse(struct url *url, const char *text)
{
	const char *scheme = strstr(text, "://");

	url->text = text;
	url->https = begins(text, "https://");
	url->host = scheme != NULL ? scheme + strlen("://") : text;
	url->port = find_port(url->host);
	url->path = url->host + strcspn(url->host, "/?#");
	url->end = url->path + strcspn(url->path, "?#");
	while (url->end > url->path && url->end[-1] == '/')
		url->end--;
	return find_fault(url);
}
