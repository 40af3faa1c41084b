/* SPDX-License-Identifier: Apache-2.0 */
/* What a handle of libcurl keeps of the last request. */
#include "oauth/http-internal.h"

/* Older ones free what they sent; a new handle would only cost them the TLS session they resume. */
#define FIRST_THAT_KEEPS 0x080700U

void handle_renew(CURL **easy)
{
	CURL *fresh;

	if (curl_version_info(CURLVERSION_NOW)->version_num < FIRST_THAT_KEEPS)
		return;
	fresh = curl_easy_init();
	if (fresh == NULL)
		return;
	curl_easy_cleanup(*easy);
	*easy = fresh;
}
