/* SPDX-License-Identifier: Apache-2.0 */
/* Detects URLs of pages, copied from a browser, in place of the org's URL. An org accepts logins at its My Domain host,
 * NAME.my.salesforce.com; the URLs of its pages have another host, or a path. */
#ifndef P11BEARER_SALESFORCE_ORG_URL_H
#define P11BEARER_SALESFORCE_ORG_URL_H

#include "base/url.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns whether a URL given for an org or site, or with `token` for its token endpoint, is that of a page. If so,
 * fills `advice` with a sentence that names the URL to use. It quotes only the host and a site's path, as the rest
 * may be secret. */
bool salesforce_url_advice(const struct url *url, bool token, char *advice, size_t size);

#endif
