/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <gnutls/x509.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec.h"

/* A verify function gets no context. */
static client_refused *on_refusal;
static void *refusal_context;

static void add_fingerprint(cJSON *json, gnutls_session_t session)
{
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, NULL);
	unsigned char digest[32];
	char hex[SHA256_HEX_SIZE];
	size_t size = sizeof(digest);

	if (chain == NULL || gnutls_fingerprint(GNUTLS_DIG_SHA256, chain, digest, &size) != 0) {
		cJSON_AddNullToObject(json, "sha256");
		return;
	}
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	cJSON_AddStringToObject(json, "sha256", hex);
}

/*
 * Reads what the client has sent until it closes the connection, for 10 s at most: if the server closed first, the client
 * could lose the alert to a reset.
 */
static void drain(int socket)
{
	struct pollfd readable = { .fd = socket, .events = POLLIN };
	char bytes[1024];

	shutdown(socket, SHUT_WR);
	while (poll(&readable, 1, 10000) == 1 && read(socket, bytes, sizeof(bytes)) > 0)
		;
}

/* Tells the client and the log why. What is returned ends the handshake. */
static int refuse(gnutls_session_t session, gnutls_alert_description_t alert)
{
	cJSON *line = cJSON_CreateObject();

	cJSON_AddStringToObject(line, "refused_client", gnutls_alert_get_name(alert));
	add_fingerprint(line, session);
	on_refusal(refusal_context, line);
	gnutls_alert_send(session, GNUTLS_AL_FATAL, alert);
	drain(gnutls_transport_get_int(session));
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned int status;

	if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) != 0)
		return refuse(session, GNUTLS_A_BAD_CERTIFICATE);
	if ((status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) != 0)
		return refuse(session, GNUTLS_A_UNKNOWN_CA);
	if ((status & GNUTLS_CERT_EXPIRED) != 0)
		return refuse(session, GNUTLS_A_CERTIFICATE_EXPIRED);
	return status == 0 ? 0 : refuse(session, GNUTLS_A_BAD_CERTIFICATE);
}

static int verify_if_any(gnutls_session_t session)
{
	return gnutls_certificate_get_peers(session, NULL) != NULL ? verify(session) : 0;
}

static int verify_required(gnutls_session_t session)
{
	bool has_none = gnutls_certificate_get_peers(session, NULL) == NULL;
	bool is_old = gnutls_protocol_get_version(session) < GNUTLS_TLS1_3;

	if (has_none)
		return refuse(session, is_old ? GNUTLS_A_HANDSHAKE_FAILURE : GNUTLS_A_CERTIFICATE_REQUIRED);
	return verify(session);
}

void client_ask(gnutls_session_t session, bool required, client_refused *refused, void *context)
{
	on_refusal = refused;
	refusal_context = context;
	/* GNUTLS_CERT_REQUIRE would end the handshake without an alert. */
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(session, required ? verify_required : verify_if_any);
}

cJSON *client_describe(gnutls_session_t session)
{
	cJSON *json = cJSON_CreateObject();
	bool has_one = gnutls_certificate_get_peers(session, NULL) != NULL;
	int algorithm = gnutls_sign_algorithm_get_client(session);
	const char *signature = has_one ? gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm) : NULL;

	cJSON_AddStringToObject(json, "protocol", gnutls_protocol_get_name(gnutls_protocol_get_version(session)));
	add_fingerprint(json, session);
	cJSON_AddItemToObject(json, "signature", signature != NULL ? cJSON_CreateString(signature) : cJSON_CreateNull());
	return json;
}
