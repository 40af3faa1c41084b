/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and replaces libcurl's handles. */
#include "oauth/http-internal.h"

/* The first libcurl version whose handles keep the data they sent. In older versions, a new handle would only lose the
 * TLS session that could be resumed. */
#define FIRST_THAT_KEEPS 0x080700U

CURLM *handle_many(void)
{
	CURLM *multi = curl_multi_init();

#if LIBCURL_VERSION_NUM >= 0x081400
	if (multi != NULL && curl_multi_setopt(multi, CURLMOPT_QUICK_EXIT, 1L) != CURLM_OK) {
		curl_multi_cleanup(multi);
		return NULL;
	}
#endif
	return multi;
}

void handle_move(CURLM *multi, struct guard *guard)
{
	int running;

	guard->took = false;
	curl_multi_perform(multi, &running);
	if (guard->took)
		curl_multi_perform(multi, &running);
}

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
