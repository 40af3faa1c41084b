/* SPDX-License-Identifier: Apache-2.0 */
/* When a profile's certificates expire. */
#ifndef P11BEARER_AGENT_HTTP_CERTIFICATE_H
#define P11BEARER_AGENT_HTTP_CERTIFICATE_H

/* Seconds since 1970, of the first certificate in the file; 0 if the path is NULL or the file holds none. */
long long certificate_expiry(const char *path);

/* Whole days from `now` to `expiry`; negative: it has expired. */
long long certificate_days(long long expiry, long long now);

#endif
