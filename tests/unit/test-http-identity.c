/* SPDX-License-Identifier: Apache-2.0 */
/* The client's identity in TLS handshakes with a server that runs in a thread. */
#include "unit.h"

#include "oauth/http.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

enum { DAY = 86400 };

/* --- keys and certificates --------------------------------------------------------------------------------------- */

static EVP_PKEY *ca_key, *other_key, *ec_key, *p384_key, *rsa_key;
static X509 *ca, *sub_ca, *other_ca, *server_certificate, *stranger, *ec, *p384, *rsa, *expired, *unknown;
static char cacert[64];

static void extend(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* `names`: subjectAltName, or NULL for a CA; `issuer` NULL: self-signed. */
static X509 *issue(const char *subject, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *names, long end)
{
	static long serial;
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	assert_non_null(certificate);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer != NULL ? issuer : certificate));
	X509_gmtime_adj(X509_getm_notBefore(certificate), -30L * DAY);
	X509_gmtime_adj(X509_getm_notAfter(certificate), end);
	X509_set_pubkey(certificate, key);
	if (names == NULL)
		extend(certificate, issuer != NULL ? issuer : certificate, NID_basic_constraints, "critical,CA:TRUE");
	else if (*names != '\0')
		extend(certificate, issuer, NID_subject_alt_name, names);
	assert_true(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
	return certificate;
}

static int make_all(void **state)
{
	FILE *file;
	int fd;

	(void)state;
	ca_key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	ec_key = EVP_EC_gen("P-256");
	p384_key = EVP_EC_gen("P-384");
	rsa_key = EVP_RSA_gen(2048);
	ca = issue("ca", ca_key, NULL, ca_key, NULL, DAY);
	sub_ca = issue("sub", ca_key, ca, ca_key, NULL, DAY);
	other_ca = issue("other", other_key, NULL, other_key, NULL, DAY);
	server_certificate = issue("server", ec_key, ca, ca_key, "IP:127.0.0.1,DNS:localhost", DAY);
	stranger = issue("stranger", ec_key, ca, ca_key, "DNS:example.com", DAY);
	ec = issue("ec", ec_key, sub_ca, ca_key, "", DAY);
	p384 = issue("p384", p384_key, sub_ca, ca_key, "", DAY);
	rsa = issue("rsa", rsa_key, sub_ca, ca_key, "", DAY);
	expired = issue("expired", ec_key, sub_ca, ca_key, "", -DAY);
	unknown = issue("unknown", ec_key, other_ca, other_key, "", DAY);
	strcpy(cacert, "/tmp/p11bearer-unit-XXXXXX");
	fd = mkstemp(cacert);
	file = fdopen(fd, "w");
	return file != NULL && PEM_write_X509(file, ca) == 1 && fclose(file) == 0 ? 0 : -1;
}

static int free_all(void **state)
{
	EVP_PKEY *keys[] = { ca_key, other_key, ec_key, p384_key, rsa_key };
	X509 *certificates[] = { ca, sub_ca, other_ca, server_certificate, stranger, ec, p384, rsa, expired, unknown };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	for (size_t i = 0; i < COUNT(certificates); i++)
		X509_free(certificates[i]);
	return unlink(cacert);
}

/* --- the server -------------------------------------------------------------------------------------------------- */

enum ask {
	ASK_NOTHING,
	ASK,
	ASK_LATER,  /* after the handshake, when there is a request */
	ASK_SECOND, /* with the second request of the connection */
	CLOSE,      /* instead of verifying */
};

struct server {
	enum ask ask;
	int version;         /* the only one; 0: 1.2 and 1.3 */
	const char *sigalgs; /* for clients; NULL: OpenSSL's */
	X509 *certificate;   /* NULL: server_certificate */
	/* What it saw. */
	int connections; /* over which something came */
	int requests, chain, seen_version, signature;
	int socket;
	char url[64];
	pthread_t thread;
};

static int verify_or_close(int good, X509_STORE_CTX *store)
{
	SSL *tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	(void)good;
	shutdown(SSL_get_fd(tls), SHUT_RDWR);
	return 0;
}

static SSL_CTX *context_of(const struct server *server)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

	SSL_CTX_use_certificate(context, server->certificate != NULL ? server->certificate : server_certificate);
	SSL_CTX_use_PrivateKey(context, ec_key);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
	if (server->version != 0) {
		SSL_CTX_set_min_proto_version(context, server->version);
		SSL_CTX_set_max_proto_version(context, server->version);
	}
	if (server->sigalgs != NULL)
		SSL_CTX_set1_client_sigalgs_list(context, server->sigalgs);
	if (server->ask == ASK || server->ask == CLOSE)
		SSL_CTX_set_verify(context, mode, server->ask == CLOSE ? verify_or_close : NULL);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"test", 4);
	return context;
}

/* Lets the client read an alert: a connection that is closed with data unread is reset. */
static void drain(int socket)
{
	char bytes[512];

	shutdown(socket, SHUT_WR);
	while (read(socket, bytes, sizeof(bytes)) > 0)
		;
}

/* Whether the client shows a certificate after the handshake. */
static bool asks_later(SSL *tls)
{
	struct pollfd readable = { .fd = SSL_get_fd(tls), .events = POLLIN };
	char byte;

	SSL_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_verify_client_post_handshake(tls) != 1 || SSL_do_handshake(tls) != 1)
		return false;
	fcntl(readable.fd, F_SETFL, O_NONBLOCK);
	while (SSL_get0_peer_certificate(tls) == NULL && poll(&readable, 1, 10000) == 1 &&
	       SSL_peek(tls, &byte, 1) <= 0 && SSL_get_error(tls, 0) == SSL_ERROR_WANT_READ)
		;
	fcntl(readable.fd, F_SETFL, 0);
	return SSL_get0_peer_certificate(tls) != NULL;
}

static void note_client(struct server *server, SSL *tls)
{
	server->seen_version = SSL_version(tls);
	server->chain = SSL_get_peer_cert_chain(tls) != NULL ? sk_X509_num(SSL_get_peer_cert_chain(tls)) : 0;
	server->chain += SSL_get0_peer_certificate(tls) != NULL ? 1 : 0;
	(void)SSL_get_peer_signature_type_nid(tls, &server->signature); /* unknown if a session was resumed */
}

static bool read_request(SSL *tls)
{
	char request[4096];
	int got = 0, more;

	do {
		more = SSL_read(tls, request + got, (int)sizeof(request) - 1 - got);
		got += more > 0 ? more : 0;
		request[got] = '\0';
	} while (more > 0 && strstr(request, "\r\n\r\n") == NULL);
	return more > 0;
}

static void serve_one(struct server *server, SSL *tls)
{
	static const char kept[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	static const char closed[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
	bool keeps = server->ask == ASK_SECOND;
	int requests = 0;

	if (SSL_accept(tls) != 1)
		return;
	while (read_request(tls)) {
		requests++;
		server->requests++;
		if ((server->ask == ASK_LATER || (keeps && requests == 2)) && !asks_later(tls))
			return;
		note_client(server, tls);
		SSL_write(tls, keeps ? kept : closed, (int)strlen(keeps ? kept : closed));
		if (!keeps)
			SSL_shutdown(tls);
	}
}

static void *serve(void *argument)
{
	struct server *server = argument;
	SSL_CTX *context = context_of(server);
	int socket;

	while ((socket = accept(server->socket, NULL, NULL)) >= 0) {
		SSL *tls = SSL_new(context);

		server->connections += recv(socket, &(char){ 0 }, 1, MSG_PEEK) == 1 ? 1 : 0;
		SSL_set_fd(tls, socket);
		serve_one(server, tls);
		drain(socket);
		SSL_free(tls);
		close(socket);
		ERR_clear_error();
	}
	SSL_CTX_free(context);
	return NULL;
}

static void server_start(struct server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->socket, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(server->socket, 8), 0);
	assert_int_equal(getsockname(server->socket, (struct sockaddr *)&address, &length), 0);
	snprintf(server->url, sizeof(server->url), "https://127.0.0.1:%d/", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* What the server saw is valid from then on. */
static void server_stop(struct server *server)
{
	shutdown(server->socket, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->socket);
}

/* --- the client -------------------------------------------------------------------------------------------------- */

struct client {
	EVP_PKEY *key;
	X509 *chain[3];
	bool tls12;
	const char *sigalgs;
	long wait_ms;        /* before the key is there */
	const char *failure; /* of key(); NULL: none */
	const char *broken;  /* what is wrong with signatures; NULL: nothing */
	int asked;
};

static int get_key(void *context, EVP_PKEY **key, bool *tls12, const char **sigalgs, struct error *error)
{
	struct client *client = context;

	client->asked++;
	nanosleep(&(struct timespec){ client->wait_ms / 1000, client->wait_ms % 1000 * 1000000 }, NULL);
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR); /* as a library that leaves its errors behind */
	if (client->failure != NULL) {
		error_set(error, ERROR_TOKEN, "%s", client->failure);
		error_hint(error, "look at the token");
		error->code = 7;
		return -ERROR_TOKEN;
	}
	*key = client->key;
	*tls12 = client->tls12;
	*sigalgs = client->sigalgs;
	return 0;
}

static bool has_failed(void *context, struct error *why)
{
	const struct client *client = context;

	if (client->broken != NULL)
		error_set(why, ERROR_TOKEN, "%s", client->broken);
	return client->broken != NULL;
}

static struct client client_of(EVP_PKEY *key, X509 *certificate)
{
	return (struct client){ .key = key, .chain = { certificate, sub_ca } };
}

static struct http_identity identity_of(struct client *client)
{
	return (struct http_identity){ .chain = client->chain, .count = 2, .context = client, .key = get_key,
				       .has_failed = has_failed };
}

/* Sends a request with the client's identity (NULL: none), and returns the result. */
static int ask(struct server *server, struct client *client, struct http_response *response, struct error *error)
{
	struct http_identity identity;
	struct http_options options = { .cacert = cacert, .proxy = NULL, .timeout = 1 };
	struct http_request request = { .method = "GET" };
	struct http_url *url;
	struct http *http;
	int result;

	if (client != NULL) {
		identity = identity_of(client);
		options.identity = &identity;
	}
	*error = (struct error){ .class = ERROR_NONE };
	assert_works(http_url_parse(&url, server->url, error), error);
	assert_works(http_open(&http, &options, error), error);
	request.url = url;
	result = http_send(http, &request, response, error);
	http_response_clear(response);
	http_close(&http);
	http_url_free(&url);
	return result;
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void nobody_asks(void **state)
{
	struct server server = { .ask = ASK_NOTHING };
	struct client client = client_of(ec_key, ec);
	struct http_response response;
	struct error error;

	(void)state;
	server_start(&server);
	assert_works(ask(&server, &client, &response, &error), &error);
	server_stop(&server);
	assert_int_equal(client.asked, 0);
	assert_int_equal(response.certificate, HTTP_NOT_ASKED);
}

static void the_chain_is_shown(void **state)
{
	const struct client clients[] = { client_of(ec_key, ec), client_of(p384_key, p384), client_of(rsa_key, rsa) };

	(void)state;
	for (size_t i = 0; i < COUNT(clients) * COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i % COUNT(versions)] };
		struct client client = clients[i / COUNT(versions)];
		struct http_response response;
		struct error error;

		server_start(&server);
		assert_works(ask(&server, &client, &response, &error), &error);
		server_stop(&server);
		assert_int_equal(response.status, 200);
		assert_int_equal(response.certificate, HTTP_SENT);
		assert_int_equal(client.asked, 1);
		assert_int_equal(server.connections, 1);
		assert_int_equal(server.seen_version, server.version);
		assert_int_equal(server.chain, 2);
	}
}

static void a_server_may_ask_later(void **state)
{
	struct server server = { .ask = ASK_LATER, .version = TLS1_3_VERSION };
	struct client client = client_of(ec_key, ec);
	struct http_response response;
	struct error error;

	(void)state;
	client.wait_ms = 1500;
	server_start(&server);
	assert_works(ask(&server, &client, &response, &error), &error);
	server_stop(&server);
	assert_int_equal(client.asked, 1);
	assert_int_equal(response.certificate, HTTP_SENT);
}

static void a_refusal(struct server *server, struct client *client, const char *text, const char *hint)
{
	struct http_response response;
	struct error error;

	server_start(server);
	assert_fails(ask(server, client, &response, &error), ERROR_ORG, &error);
	server_stop(server);
	assert_contains(error.text, server->url);
	assert_contains(error.text, text);
	assert_contains(error.hint, hint);
	assert_true(response.refused);
	assert_false(response.transient);
	assert_false(response.stale);
	assert_int_equal(response.status, 0);
	assert_int_equal(server->requests, 0);
	assert_int_equal(server->connections, 1);
}

static void refusals_are_told(void **state)
{
	const struct {
		X509 *certificate; /* NULL: no identity */
		const char *text, *old, *hint; /* `old` in TLS 1.2 */
	} rows[] = {
		{ NULL, "requires a client certificate (TLS alert 116)", "requires a client certificate (TLS alert 40)",
		  "--tls-certificate" },
		{ unknown, "refuses the client certificate: unknown CA (TLS alert 48)", NULL, "register the CA" },
		{ expired, "refuses the client certificate: certificate expired (TLS alert 45)", NULL, "new certificate" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i % COUNT(versions)] };
		struct client client = client_of(ec_key, rows[i / 2].certificate);
		bool old = server.version == TLS1_2_VERSION && rows[i / 2].old != NULL;

		a_refusal(&server, client.chain[0] != NULL ? &client : NULL, old ? rows[i / 2].old : rows[i / 2].text,
			  rows[i / 2].hint);
	}
}

/* OpenSSL then sends no certificate. */
static void a_key_may_not_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i], .sigalgs = "ECDSA+SHA256" };
		struct client client = client_of(rsa_key, rsa);

		a_refusal(&server, &client, "requires a client certificate", "accepts no signature that the TLS key makes: "
			  "use a key of another type with --tls-key, an EC key on P-256 or an RSA key");
		assert_int_equal(client.asked, 1);
	}
}

static void a_closed_connection_gets_a_hint(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct server server = { .ask = CLOSE, .version = versions[i] };
		struct client client = client_of(ec_key, ec);
		struct http_response response;
		struct error error;

		server_start(&server);
		assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
		server_stop(&server);
		assert_false(response.refused);
		assert_contains(error.hint, "check that the client certificate is valid");
		assert_contains(error.hint, "register the certificate");
	}
}

/* Only the first request shows what the key cannot do. */
static void limits_are_remembered(void **state)
{
	static const char list[] = "RSA+SHA256:RSA+SHA384:RSA+SHA512";

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct server server = { .ask = ASK, .version = i == 0 ? 0 : TLS1_2_VERSION };
		struct client client = client_of(rsa_key, rsa);
		struct http_identity identity = identity_of(&client);
		const struct http_options options = { .identity = &identity, .cacert = cacert, .timeout = 1 };
		struct http_request request = { .method = "GET" };
		struct http_response response;
		struct http_url *url;
		struct error error;
		struct http *http;

		client.tls12 = true;
		client.sigalgs = list;
		server_start(&server);
		assert_works(http_url_parse(&url, server.url, &error), &error);
		assert_works(http_open(&http, &options, &error), &error);
		request.url = url;
		for (int sent = 0; sent < 3; sent++) {
			assert_works(http_send(http, &request, &response, &error), &error);
			http_response_clear(&response);
		}
		http_close(&http);
		http_url_free(&url);
		server_stop(&server);
		assert_int_equal(server.connections, 4);
		assert_int_equal(server.requests, 3);
		assert_int_equal(server.seen_version, TLS1_2_VERSION);
		assert_int_equal(server.signature, EVP_PKEY_RSA); /* not PSS */
	}
}

static void a_server_may_not_accept_the_limits(void **state)
{
	struct server server = { .ask = ASK, .version = TLS1_3_VERSION };
	struct client client = client_of(rsa_key, rsa);
	struct http_response response;
	struct error error;

	(void)state;
	client.tls12 = true;
	client.sigalgs = "RSA+SHA256";
	server_start(&server);
	assert_fails(ask(&server, &client, &response, &error), ERROR_ORG, &error);
	server_stop(&server);
	assert_contains(error.text, "the key can make no signature that TLS 1.3 allows, and the server does not accept TLS 1.2");
	assert_contains(error.hint, "--tls-key");
	assert_true(response.refused);
	assert_int_equal(client.asked, 1);
	assert_int_equal(server.connections, 2);
}

/* The request is under way then, and must not be repeated. */
static void limits_may_come_too_late(void **state)
{
	struct server server = { .ask = ASK_LATER, .version = TLS1_3_VERSION };
	struct client client = client_of(rsa_key, rsa);
	struct http_response response;
	struct error error;

	(void)state;
	client.tls12 = true;
	server_start(&server);
	assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
	server_stop(&server);
	assert_contains(error.text, "requested a client certificate during the request");
	assert_true(response.sent);
	assert_true(response.stale); /* another request may succeed */
	assert_int_equal(server.connections, 1);
}

static void the_keys_failure_is_the_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i] };
		struct client client = client_of(ec_key, ec);
		struct http_response response;
		struct error error;

		client.failure = "the token is gone";
		server_start(&server);
		assert_fails(ask(&server, &client, &response, &error), ERROR_TOKEN, &error);
		server_stop(&server);
		assert_string_equal(error.text, "the token is gone");
		assert_string_equal(error.hint, "look at the token");
		assert_int_equal(error.code, 7);
		assert_false(response.sent || response.transient || response.stale || response.refused);
		assert_int_equal(client.asked, 1);
		assert_int_equal(server.connections, 1);
	}
}

/* With this, OpenSSL's own signatures fail. */
static EVP_PKEY *public_half(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	const unsigned char *from = der;
	EVP_PKEY *half = d2i_PUBKEY(NULL, &from, length);

	OPENSSL_free(der);
	assert_non_null(half);
	return half;
}

static void a_signatures_failure_is_the_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i % 2] };
		EVP_PKEY *half = public_half(i < 2 ? ec_key : rsa_key);
		struct client client = client_of(half, i < 2 ? ec : rsa);
		struct http_response response;
		struct error error;

		client.broken = "C_Sign failed";
		server_start(&server);
		assert_fails(ask(&server, &client, &response, &error), ERROR_TOKEN, &error);
		server_stop(&server);
		EVP_PKEY_free(half);
		assert_string_equal(error.text, "C_Sign failed");
		assert_false(response.sent || response.transient || response.stale || response.refused);
	}
}

static void a_wrong_certificate_is_told(void **state)
{
	struct server server = { .ask = ASK };
	struct client client = client_of(ec_key, rsa);
	struct http_response response;
	struct error error;

	(void)state;
	server_start(&server);
	assert_fails(ask(&server, &client, &response, &error), ERROR_CONFIG, &error);
	server_stop(&server);
	assert_contains(error.text, "cannot use the client certificate: ");
	assert_contains(error.text, "key type"); /* not what the key's library has left behind */
}

/* It gets neither the certificate nor a signature. */
static void a_stranger_gets_nothing(void **state)
{
	struct server server = { .ask = ASK, .certificate = stranger };
	struct client client = client_of(ec_key, ec);
	struct http_response response;
	struct error error;

	(void)state;
	server_start(&server);
	assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
	server_stop(&server);
	assert_contains(error.text, "its own certificate is for another host");
	assert_int_equal(client.asked, 0);
}

static void time_for_the_key_does_not_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct server server = { .ask = ASK, .version = versions[i] };
		struct client client = client_of(ec_key, ec);
		struct http_response response;
		struct error error;

		client.wait_ms = 2500;
		server_start(&server);
		assert_works(ask(&server, &client, &response, &error), &error);
		server_stop(&server);
		assert_int_equal(server.requests, 1);
	}
}

/* All requests of a pool wait for the key. */
static void nor_does_it_for_others(void **state)
{
	struct server server = { .ask = ASK };
	struct client client = client_of(ec_key, ec);
	struct http_identity identity = identity_of(&client);
	const struct http_options options = { .identity = &identity, .cacert = cacert, .timeout = 1 };
	struct http_request request = { .method = "GET" };
	struct http_pool *pool;
	struct http_url *url;
	struct error error;
	int done = 0, result;
	void *tag;

	(void)state;
	client.wait_ms = 1200;
	server_start(&server);
	assert_works(http_url_parse(&url, server.url, &error), &error);
	assert_works(http_pool_open(&pool, &options, 3, &error), &error);
	request.url = url;
	for (int i = 0; i < 3; i++)
		assert_works(http_pool_start(pool, &request, &done, &error), &error);
	while (http_pool_busy(pool) > 0) {
		if (http_pool_take(pool, &tag, &result, &error) == NULL) {
			http_pool_wait(pool, NULL, 0, -1);
			continue;
		}
		assert_works(result, &error);
		done++;
	}
	http_pool_close(&pool);
	http_url_free(&url);
	server_stop(&server);
	assert_int_equal(done, 3);
	assert_true(client.asked >= 1 && client.asked <= 3); /* a session may be resumed */
}

/* The second request uses the connection of the first. libcurl would repeat it over another one. */
static void a_kept_connection_may_be_refused(void **state)
{
	struct server server = { .ask = ASK_SECOND, .version = TLS1_3_VERSION };
	const struct http_options options = { .cacert = cacert, .timeout = 5 };
	struct http_request request = { .method = "GET" };
	const struct http_response *response = NULL;
	struct http_pool *pool;
	struct http_url *url;
	struct error error;
	int result;
	void *tag;

	(void)state;
	server_start(&server);
	assert_works(http_url_parse(&url, server.url, &error), &error);
	assert_works(http_pool_open(&pool, &options, 1, &error), &error);
	request.url = url;
	for (int i = 0; i < 2; i++) {
		assert_works(http_pool_start(pool, &request, NULL, &error), &error);
		while ((response = http_pool_take(pool, &tag, &result, &error)) == NULL)
			http_pool_wait(pool, NULL, 0, -1);
		if (i == 0)
			assert_works(result, &error);
	}
	assert_fails(result, ERROR_ORG, &error);
	assert_contains(error.text, "requires a client certificate (TLS alert 116)");
	assert_true(response->refused);
	assert_false(response->stale || response->transient);
	http_pool_close(&pool);
	http_url_free(&url);
	server_stop(&server);
	assert_int_equal(server.requests, 2);
	assert_int_equal(server.connections, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_asks),
		cmocka_unit_test(the_chain_is_shown),
		cmocka_unit_test(a_server_may_ask_later),
		cmocka_unit_test(refusals_are_told),
		cmocka_unit_test(a_key_may_not_fit),
		cmocka_unit_test(a_closed_connection_gets_a_hint),
		cmocka_unit_test(limits_are_remembered),
		cmocka_unit_test(a_server_may_not_accept_the_limits),
		cmocka_unit_test(limits_may_come_too_late),
		cmocka_unit_test(the_keys_failure_is_the_requests),
		cmocka_unit_test(a_signatures_failure_is_the_requests),
		cmocka_unit_test(a_wrong_certificate_is_told),
		cmocka_unit_test(a_stranger_gets_nothing),
		cmocka_unit_test(time_for_the_key_does_not_count),
		cmocka_unit_test(nor_does_it_for_others),
		cmocka_unit_test(a_kept_connection_may_be_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http-identity", tests, make_all, free_all);
}
