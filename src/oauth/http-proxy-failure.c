/* SPDX-License-Identifier: Apache-2.0 */
/* Which failures are the proxy's, and what to do about them. */
#include "oauth/http-proxy.h"

#include <string.h>
#include <strings.h>

/* --- whether there was a proxy ----------------------------------------------------------------------------------- */

static curl_socket_t no_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	(void)address;
	return CURL_SOCKET_BAD;
}

/* Whether no_proxy lets the URL take a proxy. libcurl alone knows what no_proxy means, so it is asked, without any traffic:
 * a proxy whose URL is broken is refused before anything else, and a host that needs none fails for want of a socket. */
static bool takes_proxy(const char *url)
{
	CURL *easy = curl_easy_init();
	struct curl_slist *to = curl_slist_append(NULL, "::127.0.0.1:1"); /* so that no name is looked up */
	bool takes = easy != NULL && to != NULL && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_PROXY, "http://[") == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, no_socket) == CURLE_OK &&
		     curl_easy_perform(easy) == CURLE_COULDNT_RESOLVE_PROXY;

	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	return takes;
}

const char *proxy_between(const struct proxy *proxy, const char *url)
{
	return proxy != NULL && strncasecmp(url, "https:", 6) == 0 && takes_proxy(url) ? proxy->url : NULL;
}

/* --- what it did ------------------------------------------------------------------------------------------------- */

/* Of a SOCKS proxy libcurl does not tell how far it got: the org's TLS may have begun. */
static bool is_socks(const struct proxy *proxy)
{
	return strncasecmp(proxy->url, "socks", 5) == 0;
}

/* Whether what failed comes before the way to the org is open. */
static bool is_proxys(const struct proxy *proxy, CURLcode code, long status)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return true;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_ABORTED_BY_CALLBACK:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_SSL_CACERT_BADFILE:
		return false;
	default:
		return !is_socks(proxy) && (status < 200 || status >= 300);
	}
}

static void want_account(CURL *easy, const struct proxy *proxy, struct error *error)
{
	long offered = 0;

	curl_easy_getinfo(easy, CURLINFO_PROXYAUTH_AVAIL, &offered);
	if (proxy->account == NULL) {
		error_set(error, ERROR_NETWORK, "the proxy %s wants a user and password (HTTP status 407)", proxy->url);
		error_hint(error, "add them to %s: SCHEME://USER:PASSWORD@HOST:PORT", proxy->origin);
	} else if ((offered & proxy_methods(proxy)) == 0) {
		error_set(error, ERROR_NETWORK, "the proxy %s offers no authentication that can be used (HTTP status 407)",
			  proxy->url);
		error_hint(error, "user and password go with Basic, Digest and NTLM; for Negotiate leave both empty in %s: "
				  "SCHEME://:@HOST:PORT", proxy->origin);
	} else {
		error_set(error, ERROR_NETWORK, "the proxy %s refuses the user and password (HTTP status 407)", proxy->url);
		error_hint(error, "check both in %s; percent-encode special characters", proxy->origin);
	}
}

/* An answer to CONNECT other than 2xx and 407. */
static void refused(const struct proxy *proxy, long status, const char *url, struct error *error)
{
	error_set(error, ERROR_NETWORK, "the proxy %s does not connect to %s (HTTP status %ld)", proxy->url, url, status);
	error_hint(error, "ask whoever runs the proxy, check %s, or list the org's host in no_proxy", proxy->origin);
}

static bool refused_by_socks(CURL *easy, const struct proxy *proxy, struct error *error)
{
	long why = CURLPX_OK;

	if (curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &why) != CURLE_OK ||
	    (why != CURLPX_USER_REJECTED && why != CURLPX_NO_AUTH))
		return false;
	error_set(error, ERROR_NETWORK, "the proxy %s %s", proxy->url,
		  proxy->account != NULL ? "refuses the user and password" : "wants a user and password");
	error_hint(error, "check both in %s: SCHEME://USER:PASSWORD@HOST:PORT", proxy->origin);
	return true;
}

static const char *remedy(const struct proxy *proxy, CURLcode code)
{
	bool encrypted = strncasecmp(proxy->url, "https:", 6) == 0;

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "; if the proxy's certificate is from a private CA, give that CA's certificate with --cacert";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "; --timeout allows more time";
	if (code == CURLE_SSL_CONNECT_ERROR && encrypted)
		return "; if the proxy speaks plain HTTP, begin its URL with http://";
	if (code != CURLE_COULDNT_RESOLVE_PROXY && code != CURLE_COULDNT_CONNECT && !encrypted && !is_socks(proxy))
		return "; if the proxy speaks TLS, begin its URL with https://";
	return "";
}

static bool may_pass(CURLcode code, long status)
{
	if (status >= 300)
		return status == 408 || status == 429 || status >= 500;
	return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	       code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PROXY;
}

bool proxy_failed(const struct http *http, const char *url, CURLcode code, bool *passing, struct error *error)
{
	const char *why = http->message[0] != '\0' ? http->message : curl_easy_strerror(code);
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (!is_proxys(http->proxy, code, status))
		return false;
	*passing = may_pass(code, status);
	if (status == 407) {
		want_account(http->easy, http->proxy, error);
	} else if (status >= 300) {
		refused(http->proxy, status, url, error);
	} else if (code == CURLE_PROXY && refused_by_socks(http->easy, http->proxy, error)) {
		*passing = false;
	} else {
		error_set(error, ERROR_NETWORK, "cannot use the proxy %s: %s (curl code %d)", http->proxy->url, why, (int)code);
		error_hint(error, "check %s%s", http->proxy->origin, remedy(http->proxy, code));
	}
	return true;
}
