/* SPDX-License-Identifier: Apache-2.0 */
/* Watches a request for whoever must explain why it fails. */
#include "oauth/http-probe.h"
#include "oauth/http-identity.h"
#include "oauth/http-proxy.h"

#include "base/clock.h"
#include "base/text.h"

#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <unistd.h>

/* --- the connection ---------------------------------------------------------------------------------------------- */

/* libcurl opens a socket for each address that it tries. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_probe *probe = context;
	char text[NI_MAXHOST];

	(void)purpose;
	if (getnameinfo(&address->addr, address->addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
		text_append(probe->addresses, sizeof(probe->addresses), "%s%s", probe->addresses[0] != '\0' ? ", " : "",
			    text);
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool probe_set(CURL *easy, const struct transfer *transfer)
{
	struct http_probe *probe = transfer->request->probe;

	return probe == NULL || (curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
				 curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, probe) == CURLE_OK);
}

/* --- the server's certificate ------------------------------------------------------------------------------------ */

static X509 *hold(X509 *certificate)
{
	if (certificate != NULL)
		X509_up_ref(certificate);
	return certificate;
}

static X509 *first_to_expire(const STACK_OF(X509) *chain)
{
	X509 *first = NULL;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *next = sk_X509_value(chain, i);

		if (first == NULL || ASN1_TIME_compare(X509_get0_notAfter(next), X509_get0_notAfter(first)) < 0)
			first = next;
	}
	return first;
}

static void forget(struct http_probe *probe)
{
	X509_free(probe->certificate);
	X509_free(probe->earliest);
	X509_free(probe->faulty);
	probe->certificate = probe->earliest = probe->faulty = NULL;
	probe->fault = NULL;
}

/* Called instead of X509_verify_cert, whose result it returns. */
static int verify(X509_STORE_CTX *store, void *context)
{
	const SSL *tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct http_probe *probe = context;
	int result = X509_verify_cert(store);

	forget(probe);
	snprintf(probe->version, sizeof(probe->version), "%s", SSL_get_version(tls));
	probe->certificate = hold(X509_STORE_CTX_get0_cert(store));
	if (result == 1) {
		probe->earliest = hold(first_to_expire(X509_STORE_CTX_get0_chain(store)));
	} else {
		probe->faulty = hold(X509_STORE_CTX_get_current_cert(store));
		probe->fault_code = X509_STORE_CTX_get_error(store);
		probe->fault = X509_verify_cert_error_string(probe->fault_code);
	}
	return result;
}

void probe_see_tls(const struct transfer *transfer, void *tls_context)
{
	struct http_probe *probe = transfer->request->probe;

	if (probe == NULL || proxy_speaks_tls(transfer))
		return;
	probe->connected = clock_ms() - transfer->begun_at;
	SSL_CTX_set_cert_verify_callback(tls_context, verify, probe);
}

/* --- the result -------------------------------------------------------------------------------------------------- */

static bool has_happened(CURL *easy, CURLINFO what)
{
	curl_off_t after = 0; /* microseconds */

	return curl_easy_getinfo(easy, what, &after) == CURLE_OK && after > 0;
}

static enum http_stage find_stage(const struct http *http, const struct transfer *transfer, CURLcode code)
{
	const struct http_response *response = transfer->response;

	if (code == CURLE_OK)
		return HTTP_STAGE_DONE;
	if (code == CURLE_SSL_CACERT_BADFILE)
		return HTTP_STAGE_OPTIONS;
	if (response->by_proxy)
		return HTTP_STAGE_PROXY;
	if (response->refused || response->sent)
		return HTTP_STAGE_ANSWER;
	if (!transfer->passed && !has_happened(http->easy, CURLINFO_NAMELOOKUP_TIME_T))
		return HTTP_STAGE_NAME;
	return transfer->request->probe->connected > 0 ? HTTP_STAGE_TLS : HTTP_STAGE_CONNECTION;
}

void probe_end(const struct http *http, const struct transfer *transfer, CURLcode code)
{
	struct http_probe *probe = transfer->request->probe;

	if (probe == NULL)
		return;
	probe->stage = find_stage(http, transfer, code);
	probe->other_host = code == CURLE_PEER_FAILED_VERIFICATION && probe->certificate != NULL &&
			    probe->fault == NULL;
	probe->asked = transfer->connection != NULL && transfer->connection->asked;
}

void http_probe_clear(struct http_probe *probe)
{
	forget(probe);
	*probe = (struct http_probe){ .version = "" };
}

/* --- what is configured ------------------------------------------------------------------------------------------ */

const char *http_ca_file(const struct http_options *options)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (options->cacert != NULL)
		return options->cacert;
	return info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}

int http_check_options(const struct http_options *options, struct error *error)
{
	struct http *http;
	int result = http_open(&http, options, error);

	http_close(&http);
	return result;
}

int http_proxy_used(const struct http_options *options, const struct http_url *url, struct http_proxy_use *use,
		    struct error *error)
{
	struct proxy *proxy = NULL;
	int result = http_begin(options, &proxy, error);

	*use = (struct http_proxy_use){ .url = "" };
	if (result == 0)
		result = proxy_check(proxy, url->text, error);
	if (result == 0 && proxy != NULL && !url->plain) {
		use->exempt = !proxy_is_taken(url->text);
		snprintf(use->url, sizeof(use->url), "%s", use->exempt || proxy->url == NULL ? "" : proxy->url);
		snprintf(use->origin, sizeof(use->origin), "%s", proxy->origin);
	}
	proxy_close(&proxy);
	return result;
}
