/* SPDX-License-Identifier: Apache-2.0 */
/* The client's identity in TLS handshakes with a server that runs in a thread. */
#include "tls-server.h"

#include "oauth/http.h"

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

/* Starts the server, sends it a request with the client's identity (NULL: none), stops it, and returns the request's
 * result. */
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
	server_start(server);
	assert_works(http_url_parse(&url, server->url, error), error);
	assert_works(http_open(&http, &options, error), error);
	request.url = url;
	result = http_send(http, &request, response, error);
	http_response_clear(response);
	http_close(&http);
	http_url_free(&url);
	server_stop(server);
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
	assert_works(ask(&server, &client, &response, &error), &error);
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

		assert_works(ask(&server, &client, &response, &error), &error);
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
	assert_works(ask(&server, &client, &response, &error), &error);
	assert_int_equal(client.asked, 1);
	assert_int_equal(response.certificate, HTTP_SENT);
}

static void a_refusal(struct server *server, struct client *client, const char *text, const char *hint)
{
	struct http_response response;
	struct error error;

	assert_fails(ask(server, client, &response, &error), ERROR_ORG, &error);
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

		assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
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
	assert_fails(ask(&server, &client, &response, &error), ERROR_ORG, &error);
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
	assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
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
		assert_fails(ask(&server, &client, &response, &error), ERROR_TOKEN, &error);
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
		assert_fails(ask(&server, &client, &response, &error), ERROR_TOKEN, &error);
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
	assert_fails(ask(&server, &client, &response, &error), ERROR_CONFIG, &error);
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
	assert_fails(ask(&server, &client, &response, &error), ERROR_NETWORK, &error);
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
		assert_works(ask(&server, &client, &response, &error), &error);
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
