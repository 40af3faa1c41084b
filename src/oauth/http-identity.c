/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the client's identity to servers that request a certificate, and watches what becomes of it. OpenSSL calls back
 * when a server requests one, which may be long after the handshake (RFC 8446 section 4.6.2). */
#include "oauth/http-identity.h"

#include "base/message.h"
#include "oauth/http-proxy.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static void release(struct connection *connection)
{
	if (connection != NULL && --connection->holders == 0)
		free(connection);
}

static void hold(struct transfer *transfer, struct connection *connection)
{
	if (connection != NULL)
		connection->holders++;
	release(transfer->connection);
	transfer->connection = connection;
}

/* OpenSSL frees an SSL_CTX. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): OpenSSL sets the signature */
static void on_free(void *parent, void *connection, CRYPTO_EX_DATA *all, int index, long number, void *argument)
{
	(void)parent;
	(void)all;
	(void)index;
	(void)number;
	(void)argument;
	release(connection);
}

/* Where an SSL_CTX keeps its connection. */
static int place(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_free);
	return index;
}

/* --- the certificate request ------------------------------------------------------------------------------------- */

/* Whether the server's certificate is for the host. libcurl checks this only after the handshake, but nobody else is
 * to get the client's certificate and a signature. */
static bool is_for_host(const struct connection *connection, const SSL *tls)
{
	const char *name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
	X509 *certificate = SSL_get0_peer_certificate(tls);

	if (name == NULL)
		name = connection->host; /* an address */
	return certificate != NULL && (X509_check_host(certificate, name, 0, 0, NULL) == 1 ||
				       X509_check_ip_asc(certificate, name, 0) == 1);
}

/* Sends the whole chain and nothing else. */
static bool use(SSL *tls, const struct http_identity *identity, EVP_PKEY *key)
{
	bool used;

	SSL_certs_clear(tls);
	SSL_set_mode(tls, SSL_MODE_NO_AUTO_CHAIN);
	used = X509_check_private_key(identity->chain[0], key) == 1 &&
	       SSL_use_certificate(tls, identity->chain[0]) == 1 && SSL_use_PrivateKey(tls, key) == 1;
	for (size_t i = 1; i < identity->count && used; i++)
		used = SSL_add1_chain_cert(tls, identity->chain[i]) == 1;
	return used;
}

static int show(struct connection *connection, SSL *tls, struct error *error)
{
	const struct http_identity *identity = connection->http->options->identity;
	const char *sigalgs = NULL;
	EVP_PKEY *key = NULL;
	bool tls12 = false;
	int result;

	if (!is_for_host(connection, tls)) {
		error_set(error, ERROR_NETWORK, "%s requests a client certificate, but its own certificate is for "
			  "another host", connection->host);
		error_hint(error, "check the host and port of the URL");
		return -ERROR_NETWORK;
	}
	ERR_set_mark();
	result = identity->key(identity->context, &key, &tls12, &sigalgs, error);
	ERR_pop_to_mark(); /* another library may leave errors behind, and the first one in the queue is reported */
	if (result < 0)
		return result;
	connection->http->guard->tls12 = tls12;
	connection->http->guard->sigalgs = sigalgs;
	if ((tls12 || sigalgs != NULL) && !connection->limited) {
		connection->again = true;
		return error_set(error, ERROR_NETWORK, "%s requested a client certificate during the request",
				 connection->host);
	}
	if (!use(tls, identity, key)) {
		error_openssl(error, ERROR_CONFIG, "cannot use the client certificate");
		error_hint(error, "check that the first certificate in the file of --tls-certificate is the key's, and "
			   "that its keys and signatures are not too weak for this machine's TLS settings");
		return -ERROR_CONFIG;
	}
	connection->given = true;
	return 0;
}

static int on_request(SSL *tls, void *context)
{
	struct connection *connection = context;

	message_step("%s requests a client certificate", connection->host);
	connection->asked = true;
	connection->given = connection->proved = false;
	if (connection->http->options->identity == NULL)
		return 1;
	guard_pause(connection->http->guard);
	return show(connection, tls, &connection->failure) == 0 ? 1 : 0;
}

/* --- the rest of the handshake ----------------------------------------------------------------------------------- */

/* OpenSSL returns to its caller. */
static void on_exit_of(struct connection *connection, int value)
{
	const struct http_identity *identity = connection->http->options->identity;

	guard_resume(connection->http->guard);
	if (value <= 0 && connection->given && !connection->proved &&
	    identity->has_failed(identity->context, &connection->failure))
		connection->given = false;
}

/* Whether CertificateVerify is ready. OpenSSL's numbers for states are not the same in all versions, but their names
 * are. */
static bool has_signed(const SSL *tls)
{
	return strcmp(SSL_state_string(tls), "TWCV") == 0;
}

static void on_event(const SSL *tls, int event, int value)
{
	struct connection *connection = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), place());
	int alert = value & 0xff;

	if ((event & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && alert != SSL_AD_CLOSE_NOTIFY) {
		connection->alert = alert;
	} else if ((event & SSL_CB_EXIT) != 0) {
		on_exit_of(connection, value);
	} else if ((event & SSL_CB_HANDSHAKE_DONE) != 0) {
		connection->resumed = SSL_session_reused(tls) == 1;
	} else if ((event & SSL_CB_LOOP) != 0 && has_signed(tls)) {
		connection->proved = true;
		guard_resume(connection->http->guard);
	}
}

/* --- connections ------------------------------------------------------------------------------------------------- */

/* What a request for a certificate has revealed about the key. */
static bool limit(SSL_CTX *context, const struct guard *guard)
{
	return (!guard->tls12 || SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1) &&
	       (guard->sigalgs == NULL || SSL_CTX_set1_client_sigalgs_list(context, guard->sigalgs) == 1);
}

static void name_host(struct connection *connection, const struct http_url *url)
{
	const char *host = strstr(url->origin, "://") + strlen("://");
	size_t length = strlen(host) - strlen(strrchr(host, ':'));

	if (*host == '[') {
		host++;
		length -= 2;
	}
	snprintf(connection->host, sizeof(connection->host), "%.*s", (int)length, host);
}

CURLcode identity_begin(struct transfer *transfer, void *tls_context)
{
	const struct guard *guard = transfer->http->guard;
	struct connection *connection;

	if (proxy_speaks_tls(transfer))
		return CURLE_OK;
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL || SSL_CTX_set_ex_data(tls_context, place(), connection) != 1) {
		free(connection);
		return CURLE_OUT_OF_MEMORY;
	}
	connection->holders = 1;
	connection->http = transfer->http;
	connection->limited = guard->tls12 || guard->sigalgs != NULL;
	name_host(connection, transfer->request->url);
	hold(transfer, connection);
	SSL_CTX_set_cert_cb(tls_context, on_request, connection);
	SSL_CTX_set_info_callback(tls_context, on_event);
	return limit(tls_context, guard) ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

void identity_join(struct transfer *transfer)
{
	struct curl_tlssessioninfo *info = NULL;

	if (curl_easy_getinfo(transfer->http->easy, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK && info != NULL &&
	    info->internals != NULL)
		hold(transfer, SSL_CTX_get_ex_data(SSL_get_SSL_CTX(info->internals), place()));
}

void identity_leave(struct transfer *transfer)
{
	hold(transfer, NULL);
}
