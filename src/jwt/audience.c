/* SPDX-License-Identifier: Apache-2.0 */
/* Normalizes URLs: RFC 3986 section 6.2.2.1 (case of scheme and host) and 6.2.3 (default port). */
#include "jwt/jwt.h"

#include "base/text.h"

#include <string.h>

/* Returns the length of a redundant port with its colon: an empty one, or https's default port. Else 0. */
static size_t idle_port(const char *port, size_t length, bool https)
{
	const char *number = port + 1;

	if (length == 0 || *port != ':')
		return 0;
	while (*number == '0' && number < port + length - 1)
		number++;
	if (length == 1)
		return 1;
	return https && port + length - number == 3 && memcmp(number, "443", 3) == 0 ? length : 0;
}

char *jwt_audience(const char *url)
{
	char *audience = strdup(url);
	char *host = audience != NULL ? strstr(audience, "://") : NULL, *port, *path;
	size_t idle;

	if (host == NULL)
		return audience;
	host += strlen("://");
	path = host + strcspn(host, "/?#");
	text_lower(audience, (size_t)(path - audience));
	port = host + (*host == '[' ? strcspn(host, "]/") : strcspn(host, ":/?#"));
	port += *port == ']' ? 1 : 0;
	idle = idle_port(port, (size_t)(path - port), strncmp(audience, "https:", strlen("https:")) == 0);
	memmove(port, port + idle, strlen(port + idle) + 1);
	return audience;
}
