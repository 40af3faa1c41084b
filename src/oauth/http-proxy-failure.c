/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises the proxy's failures and explains them. */
#include "oauth/http-proxy.h"

#include <string.h>
#include <strings.h>

/* --- which requests use the proxy -------------------------------------------------------------------------------- */

static curl_socket_t no_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	(void)address;
	return CURL_SOCKET_BAD;
}

/* Only libcurl interprets no_proxy, so this asks it, without traffic: libcurl checks the proxy's URL, which is broken
 * here, before anything else; a host that uses no proxy fails for lack of a socket. */
static bool no_proxy_takes(const char *url)
{
	CURL *easy = curl_easy_init();
	struct curl_slist *to = curl_slist_append(NULL, "::127.0.0.1:1"); /* avoids a name lookup */
	bool takes = easy != NULL && to != NULL && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_PROXY, "http://[") == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, no_socket) == CURLE_OK &&
		     curl_easy_perform(easy) == CURLE_COULDNT_RESOLVE_PROXY;

	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	return takes;
}

bool proxy_is_taken(const char *url)
{
	return strncasecmp(url, "https:", 6) == 0 && no_proxy_takes(url);
}

const char *proxy_between(const struct proxy *proxy, const char *url)
{
	return proxy != NULL && proxy_is_taken(url) ? proxy->url : NULL;
}

/* --- its answers and failures ------------------------------------------------------------------------------------ */

static bool is_socks(const struct proxy *proxy)
{
	return strncasecmp(proxy->url, "socks", 5) == 0;
}

/* The status of the answer to CONNECT; 0 if there was none. */
static long connect_status(CURL *easy)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status;
}

/* Whether the proxy offers a method that the account works with. */
static bool asks_for_account(CURL *easy, const struct proxy *proxy)
{
	long offered = 0;

	curl_easy_getinfo(easy, CURLINFO_PROXYAUTH_AVAIL, &offered);
	return connect_status(easy) == 407 && proxy->account != NULL && (offered & proxy_methods(proxy)) != 0;
}

static void pass(struct transfer *transfer)
{
	transfer->passed = true;
	transfer->http->proxy->opened = true;
}

void proxy_hear(struct transfer *transfer, const char *line, size_t length)
{
	const char *blank = memchr(line, ' ', length);
	size_t left = blank != NULL ? length - (size_t)(blank - line) : 0;

	if (transfer->http->proxy == NULL || transfer->begun > 0)
		return;
	if (transfer->asks && (*line == '\r' || *line == '\n')) {
		transfer->asked++;
		transfer->asks = false;
	}
	if (length <= 5 || left < 4 || memcmp(line, "HTTP/", 5) != 0)
		return;
	transfer->asks = memcmp(blank, " 407", 4) == 0;
	if (blank[1] == '2')
		pass(transfer);
}

void proxy_see_tls(struct transfer *transfer)
{
	/* libcurl does not report the progress of SOCKS, but TLS with the server follows it. */
	if (transfer->http->proxy != NULL && transfer->http->proxy->url != NULL && is_socks(transfer->http->proxy))
		pass(transfer);
}

bool proxy_speaks_tls(const struct transfer *transfer)
{
	const struct proxy *proxy = transfer->http->proxy;

	return !transfer->passed && proxy != NULL && proxy->url != NULL && strncasecmp(proxy->url, "https:", 6) == 0 &&
	       proxy_is_taken(transfer->request->url->text);
}

bool proxy_wants_more(const struct http *http, struct transfer *transfer, CURLcode code)
{
	bool lost = code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;

	if (!lost || transfer->asked != 1 || transfer->again || !asks_for_account(http->easy, http->proxy))
		return false;
	transfer->again = true;
	return true;
}

/* Whether the request failed before the proxy connected to the server. This program looks up only the proxy's name. A
 * request that waits for another one's connection may time out because of the server. */
static bool is_proxys(const struct proxy *proxy, const struct transfer *transfer, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST: /* of a SOCKS proxy */
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return true;
	case CURLE_OPERATION_TIMEDOUT:
		return !transfer->passed && (!proxy->opened || transfer->asked > 0);
	case CURLE_ABORTED_BY_CALLBACK:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_SSL_CACERT_BADFILE:
		return false;
	default:
		return !transfer->passed;
	}
}

/* Negotiate is tried in the first request, other methods only after the proxy asks for them. */
static bool was_refused(const struct proxy *proxy, const struct transfer *transfer)
{
	return transfer->asked > 1 || proxy_methods(proxy) == (long)CURLAUTH_NEGOTIATE;
}

/* The methods that use a user and password. */
static const char *account_methods(void)
{
	return (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_NTLM) != 0 ? "Basic, Digest and NTLM" :
											  "Basic and Digest";
}

static void want_account(CURL *easy, const struct proxy *proxy, struct error *error)
{
	if (proxy->account == NULL) {
		error_set(error, ERROR_NETWORK, "the proxy %s requires a user and password (HTTP status 407)",
			  proxy->url);
		error_hint(error, "add them to %s: SCHEME://USER:PASSWORD@HOST:PORT", proxy->origin);
	} else if (!asks_for_account(easy, proxy)) {
		error_set(error, ERROR_NETWORK, "the proxy %s offers no usable authentication (HTTP status 407)",
			  proxy->url);
		error_hint(error, "user and password work with %s; for Negotiate leave both empty in %s: "
			   "SCHEME://:@HOST:PORT", account_methods(), proxy->origin);
	} else if (proxy_methods(proxy) == (long)CURLAUTH_NEGOTIATE) {
		error_set(error, ERROR_NETWORK, "the proxy %s did not accept Negotiate (HTTP status 407)", proxy->url);
		error_hint(error, "get a Kerberos ticket with kinit(1), or give user and password in %s",
			   proxy->origin);
	} else {
		error_set(error, ERROR_NETWORK, "the proxy %s refuses the user and password (HTTP status 407)",
			  proxy->url);
		error_hint(error, "check both in %s; percent-encode special characters", proxy->origin);
	}
}

/* The answer to CONNECT was neither 2xx nor 407. */
static void refused(const struct http *http, long status, const char *url, struct error *error)
{
	const struct proxy *proxy = http->proxy;

	error_set(error, ERROR_NETWORK, "the proxy %s refused to connect to %s (HTTP status %ld)", proxy->url, url,
		  status);
	error_hint(error, "ask whoever runs the proxy, check %s, or list %s's host in no_proxy", proxy->origin,
		   party_of(http));
}

static bool refused_by_socks(CURL *easy, const struct proxy *proxy, struct error *error)
{
	long why = CURLPX_OK;

	if (curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &why) != CURLE_OK ||
	    (why != CURLPX_USER_REJECTED && why != CURLPX_NO_AUTH))
		return false;
	error_set(error, ERROR_NETWORK, "the proxy %s %s", proxy->url,
		  proxy->account != NULL ? "refuses the user and password" : "requires a user and password");
	error_hint(error, "check both in %s: SCHEME://USER:PASSWORD@HOST:PORT", proxy->origin);
	return true;
}

/* `spoke`: whether the proxy answered in HTTP. */
static const char *remedy(const struct proxy *proxy, CURLcode code, bool spoke)
{
	bool encrypted = strncasecmp(proxy->url, "https:", 6) == 0;

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "; if a private CA issued the proxy's certificate, give the CA's certificate with --cacert";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "; allow more time with --timeout";
	if (code == CURLE_SSL_CONNECT_ERROR && encrypted)
		return "; if the proxy speaks plain HTTP, begin its URL with http://";
	if (code != CURLE_COULDNT_RESOLVE_PROXY && code != CURLE_COULDNT_RESOLVE_HOST &&
	    code != CURLE_COULDNT_CONNECT && !spoke && !encrypted && !is_socks(proxy))
		return "; if the proxy speaks TLS, begin its URL with https://";
	return "";
}

static bool is_transient(CURLcode code, long status)
{
	if (status >= 300 && status != 407)
		return status == 408 || status == 429 || status >= 500;
	return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	       code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PROXY;
}

bool proxy_failed(const struct http *http, const struct transfer *transfer, CURLcode code, bool *transient,
		  struct error *error)
{
	const char *why = http->message[0] != '\0' ? http->message : curl_easy_strerror(code);
	const struct proxy *proxy = http->proxy;
	long status = connect_status(http->easy);

	if (!is_proxys(proxy, transfer, code))
		return false;
	*transient = false;
	/* What the proxy offers is known only when its header is complete. */
	if (status == 407 && transfer->asked > 0 &&
	    (!asks_for_account(http->easy, proxy) || was_refused(proxy, transfer))) {
		want_account(http->easy, proxy, error);
	} else if (status >= 300 && status != 407) {
		*transient = is_transient(code, status);
		refused(http, status, transfer->request->url->text, error);
	} else if (code != CURLE_PROXY || !refused_by_socks(http->easy, proxy, error)) {
		*transient = is_transient(code, status);
		error_set(error, ERROR_NETWORK, "cannot use the proxy %s: %s (curl code %d)", proxy->url, why,
			  (int)code);
		error_hint(error, "check %s%s", proxy->origin, remedy(proxy, code, status != 0 || transfer->asked > 0));
	}
	return true;
}
