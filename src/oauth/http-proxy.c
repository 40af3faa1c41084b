/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy is used, and whether its URL can be. libcurl is handed URL and account apart, so that no message of it can
 * repeat the password. */
#include "oauth/http-proxy.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5", "socks5h" };
#define SCHEMES "http://, https://, socks4://, socks4a://, socks5:// or socks5h://"

/* --- its URL ----------------------------------------------------------------------------------------------------- */

/* Where libcurl looks for the proxy of an https URL, in its order; an empty variable counts as not set. NULL: nowhere. */
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

/* Of user and password. libcurl refuses to decode what would be a control character. */
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
		fault = "begins with https://, and this libcurl does not speak TLS to a proxy";
	curl_free(scheme);
	return fault;
}

static const char *parts_fault(CURLU *parts)
{
	const char *fault = scheme_fault(parts);

	if (fault != NULL)
		return fault;
	if (part_is(parts, CURLUPART_PORT, "0"))
		return "has the port 0";
	/* A special character in a password looks like the end of the host. */
	if (!part_is(parts, CURLUPART_PATH, "/") || url_has(parts, CURLUPART_QUERY) ||
	    url_has(parts, CURLUPART_FRAGMENT))
		return "goes on after host and port";
	return account_fault(parts);
}

/* Splits the URL. A scheme may be missing, and then it is http. */
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

/* What is wrong with the URL, `code` being what split returned: never in words of the URL itself, because where its password
 * begins and ends is what is not certain then. */
static const char *url_fault(const char *text, CURLUcode code, CURLU *parts)
{
	const char *fault = text_fault(text), *at = strchr(text, '@');

	if (fault != NULL)
		return fault;
	if (at != NULL && strchr(at + 1, '@') != NULL)
		return "holds more than one @";
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

static int read_url(const char *text, const char *variable, CURLU **parts, struct error *error)
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
	error_hint(error, "write it as [SCHEME://][USER:PASSWORD@]HOST[:PORT], and percent-encode special characters in user "
			  "and password: / is %%2F, @ is %%40, : is %%3A, # is %%23, ? is %%3F");
	return -ERROR_CONFIG;
}

int http_check_proxy(const char *url, struct error *error)
{
	const char *variable = NULL;
	CURLU *parts = NULL;
	int result = 0;

	if (url == NULL)
		url = from_environment(&variable);
	if (url != NULL)
		result = http_ready(error);
	if (url != NULL && result == 0)
		result = read_url(url, variable, &parts, error);
	curl_url_cleanup(parts);
	return result;
}

/* --- the proxy of a client --------------------------------------------------------------------------------------- */

/* Without a user there is no account. */
static int take_account(CURLU *parts, struct secret **account, struct error *error)
{
	char *user = NULL, *password = NULL;
	int result = 0;

	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK) {
		(void)curl_url_get(parts, CURLUPART_PASSWORD, &password, 0);
		*account = secret_new(64);
		if (*account == NULL || secret_printf(*account, "%s:", user) < 0 ||
		    (password != NULL && secret_append(*account, password, strlen(password)) < 0))
			result = error_memory(error);
	}
	curl_free(user);
	curl_free(password);
	return result;
}

static int take_url(CURLU *parts, char **url, struct error *error)
{
	char *whole = NULL;

	if (curl_url_set(parts, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
	    curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_URL, &whole, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		return error_memory(error);
	*url = strndup(whole, strlen(whole) - 1); /* the path is a slash */
	curl_free(whole);
	return *url != NULL ? 0 : error_memory(error);
}

static int take_origin(const char *given, const char *variable, char **origin, struct error *error)
{
	if (variable == NULL)
		*origin = strdup(given != NULL ? given : "the proxy's URL");
	else if (asprintf(origin, "environment variable %s", variable) < 0)
		*origin = NULL;
	return *origin != NULL ? 0 : error_memory(error);
}

int proxy_open(struct proxy **proxy, const struct http_options *options, struct error *error)
{
	const char *variable = NULL;
	const char *text = options->proxy != NULL ? options->proxy : from_environment(&variable);
	struct proxy *fresh;
	CURLU *parts = NULL;
	int result;

	*proxy = NULL;
	if (text == NULL)
		return 0;
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return error_memory(error);
	result = read_url(text, variable, &parts, error);
	if (result == 0)
		result = take_origin(options->proxy_origin, variable, &fresh->origin, error);
	if (result == 0)
		result = take_account(parts, &fresh->account, error);
	if (result == 0)
		result = take_url(parts, &fresh->url, error);
	curl_url_cleanup(parts);
	if (result < 0)
		proxy_close(&fresh);
	*proxy = fresh;
	return result;
}

void proxy_close(struct proxy **proxy)
{
	if (*proxy == NULL)
		return;
	secret_free(&(*proxy)->account);
	free((*proxy)->url);
	free((*proxy)->origin);
	free(*proxy);
	*proxy = NULL;
}

/* Of what a proxy offers the strongest is taken, so that the password goes over as it is only where nothing else will do.
 * Negotiate takes the user from a Kerberos ticket, and is tried for an empty user and password, as curl(1) does: offered
 * by a proxy, it would otherwise be preferred to the password that was given. */
long proxy_methods(const struct proxy *proxy)
{
	if (strcmp(secret_data(proxy->account), ":") == 0)
		return (long)CURLAUTH_NEGOTIATE;
	return (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM);
}

bool proxy_set(CURL *easy, const struct proxy *proxy, const char *cacert)
{
	if (proxy == NULL) /* libcurl would look into the environment for itself */
		return curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
	return curl_easy_setopt(easy, CURLOPT_PROXY, proxy->url) == CURLE_OK &&
	       (proxy->account == NULL ||
		(curl_easy_setopt(easy, CURLOPT_PROXYUSERPWD, secret_data(proxy->account)) == CURLE_OK &&
		 curl_easy_setopt(easy, CURLOPT_PROXYAUTH, proxy_methods(proxy)) == CURLE_OK)) &&
	       curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (cacert == NULL || (curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, cacert) == CURLE_OK &&
				   curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL) == CURLE_OK));
}
