/* SPDX-License-Identifier: Apache-2.0 */
/* URLs that a browser shows and that are not the org's. An org logs in at its My Domain host, NAME.my.salesforce.com; its
 * pages are on other hosts, and their URLs have a path. */
#ifndef P11BEARER_SALESFORCE_ORG_URL_H
#define P11BEARER_SALESFORCE_ORG_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the URL of an org or site (or, `token`, of its token endpoint) is rather that of a page. Then `advice` says so and
 * names the URL to use. It quotes nothing of the URL but its host and the path of a site. */
bool salesforce_url_advice(const char *url, bool token, char *advice, size_t size);

#endif
