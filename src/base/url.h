/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of servers, in parts (RFC 3986 section 3). Whether requests may be sent to one is up to oauth/http.h. */
#ifndef P11BEARER_BASE_URL_H
#define P11BEARER_BASE_URL_H

#include <stdbool.h>

/* The parts point into `text`, which must outlive the URL. Host, port and path each end where the next one begins. */
struct url {
	const char *text; /* NULL: there is no URL, and no part is set */
	const char *host; /* of an IPv6 address, with its brackets */
	const char *port; /* with its colon; may be empty */
	const char *path; /* may be empty */
	const char *end;  /* of the path, without its trailing slashes */
	bool https;
};

/* Splits the text, whatever it is; text without a scheme begins with the host. Returns why it is not an http or https
 * URL without user, password, query and fragment ("has no host"), or NULL. The result is static. */
const char *url_parse(struct url *url, const char *text);

#endif
