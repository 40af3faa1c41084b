/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy of a client. libcurl receives URL and account separately, so that its messages cannot repeat the
 * password. */
#include "oauth/http-proxy.h"

#include <stdlib.h>
#include <string.h>

/* A URL without a user has no account; ":" is an account, see proxy_methods. */
static int take_account(CURLU *parts, struct secret **account, struct error *error)
{
	char *user = NULL, *password = NULL;
	int result = 0;

	(void)curl_url_get(parts, CURLUPART_PASSWORD, &password, 0);
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK && (*user != '\0' || password != NULL)) {
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

static int take_parts(struct proxy *proxy, CURLU *parts, struct error *error)
{
	int result = take_account(parts, &proxy->account, error);

	return result == 0 ? take_url(parts, &proxy->url, error) : result;
}

int proxy_open(struct proxy **proxy, const struct http_options *options, struct error *error)
{
	const char *variable, *text = proxy_named(options->proxy, &variable);
	struct proxy *fresh;
	CURLU *parts = NULL;
	int result;

	*proxy = NULL;
	if (text == NULL)
		return 0;
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return error_memory(error);
	result = take_origin(options->proxy_origin, variable, &fresh->origin, error);
	if (result == 0)
		result = proxy_parse(text, variable, &parts, error);
	if (result == 0) {
		result = take_parts(fresh, parts, error);
	} else if (result == -ERROR_CONFIG && variable != NULL) {
		fresh->fault = *error;
		result = 0;
	}
	curl_url_cleanup(parts);
	if (result < 0)
		proxy_close(&fresh);
	*proxy = fresh;
	return result;
}

int proxy_check(const struct proxy *proxy, const char *url, struct error *error)
{
	if (proxy == NULL || proxy->fault.class == ERROR_NONE || !proxy_is_taken(url))
		return 0;
	*error = proxy->fault;
	return error_result(error);
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

/* libcurl uses the strongest method that the proxy offers, so the password is sent in the clear only as a last resort.
 * Negotiate uses a Kerberos ticket. It is tried only for an empty user and password, as in curl(1); otherwise libcurl
 * would prefer it to the given password. */
long proxy_methods(const struct proxy *proxy)
{
	if (strcmp(secret_data(proxy->account), ":") == 0)
		return (long)CURLAUTH_NEGOTIATE;
	return (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM);
}

bool proxy_set(CURL *easy, const struct proxy *proxy, const char *cacert)
{
	if (proxy == NULL || proxy->url == NULL) /* else libcurl would search the environment */
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

void proxy_redact(const struct proxy *proxy, char *text)
{
	struct redactor *redactor;

	if (proxy == NULL || proxy->account == NULL)
		return;
	redactor = redactor_new();
	/* If memory is exhausted, this masks everything. */
	(void)redactor_add(redactor, strchr(secret_data(proxy->account), ':') + 1);
	redact(redactor, text);
	redactor_free(&redactor);
}
