/* SPDX-License-Identifier: Apache-2.0 */
/* Explains why a request got no answer. */
#include "oauth/http-identity.h"
#include "oauth/http-proxy.h"

#include "process/interrupt.h"

#include <string.h>

const char *party_of(const struct http *http)
{
	return http->options->party != NULL ? http->options->party : "the org";
}

static void advise(const struct http *http, const struct transfer *transfer, CURLcode code, const char *why,
		   struct error *error)
{
	const char *hint = identity_advice(transfer, code);

	if (hint != NULL) {
		error_hint(error, "%s", hint);
		return;
	}
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		if (strstr(why, "has expired") != NULL || strstr(why, "not yet valid") != NULL)
			error_hint(error, "check this machine's clock (NTP); if it is right, renew the certificate of "
				   "%s, or of a proxy that intercepts TLS", party_of(http));
		else
			error_hint(error, "if a private CA issued the certificate of %s, or of a proxy that intercepts "
				   "TLS, give the CA's certificate with --cacert", party_of(http));
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		error_hint(error, "check the host in %s, and DNS", http->options->named_in != NULL ?
			   http->options->named_in : "--instance-url");
		break;
	case CURLE_OPERATION_TIMEDOUT:
		error_hint(error, "allow more time with --timeout");
		break;
	default:
		break;
	}
}

int transfer_explain(const struct http *http, const struct transfer *transfer, CURLcode code, struct error *error)
{
	const struct http_request *request = transfer->request;
	struct http_response *response = transfer->response;
	const char *why = http->message[0] != '\0' ? http->message : curl_easy_strerror(code);
	const char *url = response->url, *proxy = proxy_between(http->proxy, request->url->text);

	response->by_proxy = proxy != NULL && !response->sent &&
			     proxy_failed(http, transfer, code, &response->transient, error);
	if (response->by_proxy)
		return error_result(error);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		response->transient = true;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		response->transient = !response->sent;
		break;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
		return error_set(error, ERROR_ANSWER, "the answer from %s is not HTTP: %s", url, why);
	case CURLE_WRITE_ERROR:
		if (!transfer->too_large)
			return error_memory(error);
		return error_set(error, ERROR_ANSWER, "the answer from %s is larger than %zu bytes", url,
				 body_limit(request));
	case CURLE_ABORTED_BY_CALLBACK:
		if (transfer->kept) {
			response->transient = true;
			return error_set(error, ERROR_NETWORK, "the connection to %s was lost", url);
		}
		error_set(error, ERROR_NETWORK, "interrupted while waiting for %s", url);
		error->signal = interrupt_signal();
		return -ERROR_NETWORK;
	case CURLE_SSL_CACERT_BADFILE:
		return error_set(error, ERROR_CONFIG, "cannot use the CA certificates: %s", why);
	default:
		break;
	}
	error_set(error, ERROR_NETWORK, "cannot reach %s%s%s: %s (curl code %d)", url,
		  proxy != NULL ? " through the proxy " : "", proxy != NULL ? proxy : "", why, (int)code);
	advise(http, transfer, code, why, error);
	return -ERROR_NETWORK;
}
