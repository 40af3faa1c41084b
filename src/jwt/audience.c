/* SPDX-License-Identifier: Apache-2.0 */
/* Normalizes URLs: RFC 3986 section 6.2.2.1 (case of scheme and host) and 6.2.3 (default port). */
#include "jwt/jwt.h"

#include "base/text.h"

#include <string.h>

/* Whether the port is redundant: empty, or https's default. */
static bool port_is_idle(const struct url *url)
{
	const char *number = url->port + 1;

	if (*url->port != ':')
		return false;
	number += strspn(number, "0");
	return url->path == url->port + 1 ||
	       (url->https && url->path - number == 3 && memcmp(number, "443", 3) == 0);
}

char *jwt_audience(const struct url *url, size_t length)
{
	char *audience = strndup(url->text, length), *port;

	if (audience == NULL)
		return NULL;
	text_lower(audience, (size_t)(url->path - url->text));
	port = audience + (url->port - url->text);
	if (port_is_idle(url))
		memmove(port, port + (url->path - url->port), strlen(port + (url->path - url->port)) + 1);
	return audience;
}
