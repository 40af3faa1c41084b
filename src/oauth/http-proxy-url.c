/* SPDX-License-Identifier: Apache-2.0 */
/* Selects the proxy and checks its URL. Messages never repeat the URL, because it may contain a password. */
#include "oauth/http-proxy.h"

#include "base/text.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5", "socks5h" };
#define SCHEMES "http://, https://, socks4://, socks4a://, socks5:// or socks5h://"

/* Searches for the proxy of an https URL as libcurl does; an empty variable counts as unset. Returns NULL if there is
 * none. */
static const char *from_environment(const char **name)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0') {
			*name = names[i];
			return value;
		}
	}
	return NULL;
}

static bool is_proxy_scheme(const char *scheme)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strcasecmp(scheme, schemes[i]) == 0)
			return true;
	}
	return false;
}

static bool part_is(CURLU *parts, CURLUPart part, const char *wanted)
{
	char *text = NULL;
	bool is = curl_url_get(parts, part, &text, 0) == CURLUE_OK && strcmp(text, wanted) == 0;

	curl_free(text);
	return is;
}

static bool is_ascii(CURLU *parts, CURLUPart part)
{
	char *text = NULL;
	bool is = curl_url_get(parts, part, &text, 0) == CURLUE_OK;

	for (const char *c = text; is && *c != '\0'; c++)
		is = isascii((unsigned char)*c) != 0;
	curl_free(text);
	return is;
}

/* For user and password. libcurl refuses to decode control characters. */
static CURLUcode decode(CURLU *parts, CURLUPart part, char **text)
{
	CURLUcode code = curl_url_get(parts, part, text, CURLU_URLDECODE);

	return code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD ? CURLUE_OK : code;
}

static const char *account_fault(CURLU *parts)
{
	char *user = NULL, *password = NULL;
	CURLUcode code = decode(parts, CURLUPART_USER, &user);

	if (code == CURLUE_OK)
		code = decode(parts, CURLUPART_PASSWORD, &password);
	curl_free(user);
	curl_free(password);
	return code != CURLUE_OK ? "has a control character in its user or password" : NULL;
}

static const char *scheme_fault(CURLU *parts)
{
	char *scheme = NULL;
	const char *fault = NULL;

	if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || !is_proxy_scheme(scheme))
		fault = "does not begin with " SCHEMES;
	else if (strcasecmp(scheme, "https") == 0 &&
		 (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTPS_PROXY) == 0)
		fault = "begins with https://, but this libcurl does not support TLS to a proxy";
	curl_free(scheme);
	return fault;
}

static const char *parts_fault(CURLU *parts)
{
	const char *fault = scheme_fault(parts);

	if (fault != NULL)
		return fault;
	if (!is_ascii(parts, CURLUPART_HOST))
		return "has a host with characters that are not ASCII";
	if (part_is(parts, CURLUPART_PORT, "0"))
		return "has the port 0";
	/* An unescaped special character in a password looks like the end of the host. */
	if (!part_is(parts, CURLUPART_PATH, "/") || url_has(parts, CURLUPART_QUERY) ||
	    url_has(parts, CURLUPART_FRAGMENT))
		return "continues after host and port";
	return account_fault(parts);
}

/* Splits the URL. The default scheme is http. */
static CURLUcode split(const char *text, CURLU *parts)
{
	CURLUcode code;
	char *whole;

	if (asprintf(&whole, "%s%s", strstr(text, "://") != NULL ? "" : "http://", text) < 0)
		return CURLUE_OUT_OF_MEMORY;
	code = curl_url_set(parts, CURLUPART_URL, whole, CURLU_NON_SUPPORT_SCHEME);
	OPENSSL_cleanse(whole, strlen(whole));
	free(whole);
	return code;
}

/* Returns the fault of the URL, or NULL. `code` is the result of split. Repeats no part of the URL: in a broken one,
 * the password may be anywhere. */
static const char *url_fault(const char *text, CURLUcode code, CURLU *parts)
{
	const char *fault = text_fault(text), *at = strchr(text, '@');

	if (fault != NULL)
		return fault;
	if (at != NULL && strchr(at + 1, '@') != NULL)
		return "contains more than one @";
	switch (code) {
	case CURLUE_OK:
		return parts_fault(parts);
	case CURLUE_NO_HOST:
		return "has no host";
	case CURLUE_BAD_PORT_NUMBER:
		return "has a port that is not a number from 1 to 65535";
	default:
		return "is not a URL";
	}
}

const char *proxy_named(const char *given, const char **variable)
{
	*variable = NULL;
	return given != NULL ? given : from_environment(variable);
}

int proxy_parse(const char *text, const char *variable, CURLU **parts, struct error *error)
{
	const char *fault;
	CURLUcode code;

	*parts = curl_url();
	code = *parts != NULL ? split(text, *parts) : CURLUE_OUT_OF_MEMORY;
	if (code == CURLUE_OUT_OF_MEMORY)
		return error_memory(error);
	fault = url_fault(text, code, *parts);
	if (fault == NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "%s%s%sthe proxy's URL %s", variable != NULL ? "environment variable " : "",
		  variable != NULL ? variable : "", variable != NULL ? ": " : "", fault);
	error_hint(error, "write it as [SCHEME://][USER:PASSWORD@]HOST[:PORT], and percent-encode special characters "
			  "in user and password: / is %%2F, @ is %%40, : is %%3A, # is %%23, ? is %%3F");
	return -ERROR_CONFIG;
}

int http_check_proxy(const char *proxy, const char *url, struct error *error)
{
	const char *variable, *text = proxy_named(proxy, &variable);
	CURLU *parts = NULL;
	int result;

	if (text == NULL)
		return 0;
	result = http_ready(error);
	if (result == 0)
		result = proxy_parse(text, variable, &parts, error);
	curl_url_cleanup(parts);
	if (result == -ERROR_CONFIG && variable != NULL && url != NULL && !proxy_is_taken(url))
		return 0;
	return result;
}
