/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS server in a thread, which requests client certificates, and keys and certificates for it and its clients. */
#ifndef P11BEARER_TESTS_TLS_SERVER_H
#define P11BEARER_TESTS_TLS_SERVER_H

#include "unit.h"

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

#endif
