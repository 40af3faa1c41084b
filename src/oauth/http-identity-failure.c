/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises failures that concern the client's identity, and explains them. */
#include "oauth/http-identity.h"

#include "oauth/refusal.h"

#include <openssl/ssl.h>

enum { ALERT_PROTOCOL_VERSION = 70 };

bool identity_wants_more(struct transfer *transfer)
{
	if (transfer->connection == NULL || !transfer->connection->again || transfer->begun > 0)
		return false;
	identity_leave(transfer);
	return true;
}

static enum http_certificate what_became(const struct transfer *transfer)
{
	const struct connection *connection = transfer->connection;

	if (transfer->http->options->identity == NULL)
		return HTTP_NO_IDENTITY;
	if (connection == NULL || (!connection->asked && !connection->resumed))
		return HTTP_NOT_ASKED;
	return connection->proved || connection->resumed ? HTTP_SENT : HTTP_UNFIT;
}

void identity_answered(struct transfer *transfer)
{
	transfer->response->certificate = what_became(transfer);
	if (transfer->connection != NULL)
		transfer->connection->answered = true;
}

/* Whether the server ended the handshake because it does not accept the limits of the key. */
static bool lacks_tls12(const struct connection *connection)
{
	return connection->http->guard->tls12 && connection->limited && !connection->asked &&
	       (connection->alert == ALERT_PROTOCOL_VERSION || connection->alert == SSL_AD_HANDSHAKE_FAILURE);
}

bool identity_failed(struct transfer *transfer, struct error *error)
{
	const struct connection *connection = transfer->connection;
	struct http_response *response = transfer->response;

	if (connection == NULL)
		return false;
	response->certificate = what_became(transfer);
	if (connection->failure.class != ERROR_NONE) {
		*error = connection->failure;
		response->stale = connection->again;
		return true;
	}
	if (lacks_tls12(connection)) {
		error_set(error, ERROR_ORG, "cannot connect to %s: the key can make no signature that TLS 1.3 allows, "
			  "and the server does not accept TLS 1.2 (TLS alert %d)", response->url, connection->alert);
		error_hint(error, "use another key with --tls-key, such as an EC key on P-256, and its certificate");
	} else if (!connection->asked ||
		   !refusal_by_alert(response->url, connection->alert, response->certificate, error)) {
		return false;
	}
	response->refused = true;
	response->stale = false;
	return true;
}

const char *identity_advice(const struct transfer *transfer, CURLcode code)
{
	const struct connection *connection = transfer->connection;
	bool ended = code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
		     code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;

	if (connection == NULL || !ended || !connection->asked || connection->answered)
		return NULL;
	return refusal_hint(what_became(transfer));
}
