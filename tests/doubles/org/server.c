/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd with one thread per connection, so that a slow answer does not delay others. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "org.h"
#include "tls.h"

enum { BODY_MAX = 64 * 1024 * 1024, BLOCK_SIZE = 16 * 1024 };

struct server {
	struct MHD_Daemon *daemon;
	struct tls tls;
	struct org org;
	pthread_mutex_t lock; /* guards org and what follows */
	pthread_cond_t wake;  /* ends the delays of answers */
	bool stopping;
	unsigned long finished;
	unsigned long connections;
};

/* State of a request between calls by libmicrohttpd. */
struct exchange {
	struct request request;
	bool answered;
};

/* A body sent in blocks, for answers that are not a plain buffer. */
struct stream {
	char *body;
	size_t end;
	bool broken; /* ends in an error */
};

static ssize_t stream_read(void *context, uint64_t position, char *block, size_t size)
{
	const struct stream *stream = context;
	size_t left = stream->end - (size_t)position;

	if (left == 0)
		return stream->broken ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
	if (size > left)
		size = left;
	memcpy(block, stream->body + position, size);
	return (ssize_t)size;
}

static void stream_free(void *context)
{
	struct stream *stream = context;

	free(stream->body);
	free(stream);
}

/* Takes ownership of the answer's body. */
static struct MHD_Response *new_stream(struct answer *answer)
{
	bool half = answer->delivery == DELIVER_HALF;
	size_t length = answer->length;
	struct stream *stream = malloc(sizeof(*stream));
	struct MHD_Response *response;

	if (stream == NULL)
		return NULL;
	*stream = (struct stream){ .body = answer->body, .end = half ? length / 2 : length, .broken = half };
	answer->body = NULL;
	response = MHD_create_response_from_callback(half ? length : MHD_SIZE_UNKNOWN, BLOCK_SIZE, stream_read, stream,
		stream_free);
	if (response == NULL)
		stream_free(stream);
	return response;
}

/* Adds the headers of a fault. The first of a name replaces the usual one; further ones are added. */
static void add_headers(struct MHD_Response *response, const char *const headers[HEADERS_MAX])
{
	char name[64];

	for (size_t i = 0; i < HEADERS_MAX && headers[i] != NULL; i++) {
		const char *colon = strchr(headers[i], ':'), *usual;
		bool again = false;

		snprintf(name, sizeof(name), "%.*s", (int)(colon - headers[i]), headers[i]);
		for (size_t j = 0; j < i; j++)
			again |= strncmp(headers[j], headers[i], (size_t)(colon - headers[i]) + 1) == 0;
		usual = MHD_get_response_header(response, name);
		if (!again && usual != NULL)
			MHD_del_response_header(response, name, usual);
		if (colon[1] != '\0')
			MHD_add_response_header(response, name, colon + 1);
	}
}

static struct MHD_Response *new_response(struct answer *answer, time_t now)
{
	struct MHD_Response *response;
	char date[HTTP_DATE_SIZE];

	if (answer->delivery == DELIVER_WHOLE)
		response = MHD_create_response_from_buffer(answer->length, answer->body,
			MHD_RESPMEM_MUST_COPY);
	else
		response = new_stream(answer);
	if (response == NULL)
		return NULL;
	http_date(now + (time_t)answer->date_shift, date);
	MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
	MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, "p11bearer-loopback-org");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (answer->header_name != NULL && answer->header_value != NULL)
		MHD_add_response_header(response, answer->header_name, answer->header_value);
	add_headers(response, answer->headers);
	return response;
}

/* Waits; the caller holds the lock, which is released during the wait. Returns at once if the server stops. */
static void wait_seconds(struct server *server, double seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)seconds;
	until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!server->stopping && pthread_cond_timedwait(&server->wake, &server->lock, &until) != ETIMEDOUT)
		;
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

/* The client's certificate and the number of its connection, which the caller frees. NULL without --client-ca. */
static cJSON *describe_client(const struct server *server, struct MHD_Connection *connection, unsigned long number)
{
	cJSON *client;

	if (server->org.options->client_ca == NULL)
		return NULL;
	client = client_describe(session_of(connection));
	cJSON_AddNumberToObject(client, "connection", (double)number);
	return client;
}

static void on_refused(void *context, cJSON *line)
{
	struct server *server = context;

	pthread_mutex_lock(&server->lock);
	org_log(&server->org, line);
	pthread_mutex_unlock(&server->lock);
}

/* Before any handshake, in the thread that accepts. The state of a connection is its number. */
static void on_connection(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_ConnectionNotificationCode code)
{
	struct server *server = context;

	if (code != MHD_CONNECTION_NOTIFY_STARTED) {
		free(*state);
		return;
	}
	*state = malloc(sizeof(server->connections));
	if (*state == NULL)
		abort();
	server->connections++;
	memcpy(*state, &server->connections, sizeof(server->connections));
	if (server->org.options->client_ca != NULL)
		client_ask(session_of(connection), !server->org.options->client_optional, on_refused, server);
}

/* Answers a complete request. Returns MHD_NO to close the connection without an answer. */
static enum MHD_Result answer_exchange(struct server *server, struct MHD_Connection *connection,
	struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct answer answer = { 0 };
	struct parts parts;
	const char *details;
	struct MHD_Response *response = NULL;
	enum MHD_Result result = MHD_NO;

	request->content_type =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	request->user_agent = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT);
	request->authorization =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	request->host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	request->accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	request->snowflake =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Snowflake-Authorization-Token-Type");
	details = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "includeDetails");
	request->details = details != NULL && strcmp(details, "true") == 0;
	exchange->answered = true;
	parts_read(&parts, connection, request->content_type, request->body, request->length);
	request->parts = &parts;
	request->connection = *(const unsigned long *)MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	request->client = describe_client(server, connection, request->connection);
	pthread_mutex_lock(&server->lock);
	org_answer(&server->org, request, &answer);
	if (answer.delay > 0)
		wait_seconds(server, answer.delay);
	pthread_mutex_unlock(&server->lock);
	if (answer.delivery != DELIVER_NOTHING)
		response = new_response(&answer, org_now(&server->org));
	if (response != NULL) {
		result = MHD_queue_response(connection, answer.status, response);
		MHD_destroy_response(response);
	}
	answer_clear(&answer);
	parts_clear(&parts);
	cJSON_Delete(request->client);
	return result;
}

/* Keeps a part of the body. Bytes beyond the limit are read and dropped, so that the client gets its answer. */
static void take_body(struct request *request, const char *part, size_t length)
{
	char *grown = NULL;

	if (!request->too_large && length <= BODY_MAX - request->length)
		grown = realloc(request->body, request->length + length);
	if (grown == NULL) {
		request->too_large = true;
		return;
	}
	memcpy(grown + request->length, part, length);
	request->body = grown;
	request->length += length;
}

/* Called once with the headers, once for each part of the body, and once more at its end. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the library sets the signature */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *part, size_t *part_length, void **state)
{
	struct exchange *exchange = *state;

	(void)version;
	if (exchange == NULL) {
		*state = exchange = calloc(1, sizeof(*exchange));
		return exchange != NULL ? MHD_YES : MHD_NO;
	}
	if (*part_length > 0) {
		take_body(&exchange->request, part, *part_length);
		*part_length = 0;
		return MHD_YES;
	}
	exchange->request.method = method;
	exchange->request.path = url;
	return answer_exchange(context, connection, exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct server *server = context;
	struct exchange *exchange = *state;

	(void)connection;
	(void)code;
	if (exchange == NULL)
		return;
	if (exchange->answered) {
		pthread_mutex_lock(&server->lock);
		if (++server->finished == server->org.options->max_requests)
			kill(getpid(), SIGTERM);
		pthread_mutex_unlock(&server->lock);
	}
	free(exchange->request.body);
	free(exchange);
	*state = NULL;
}

static struct MHD_Daemon *start_daemon(struct server *server)
{
	const struct options *options = server->org.options;
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(options->port) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(options->port) };
	bool six = inet_pton(AF_INET6, options->bind, &ipv6.sin6_addr) == 1;
	/* The org sets its own Date. */
	unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls.key },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls.certificate },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, options->tls12 ? "NORMAL:-VERS-TLS1.3" : "NORMAL" },
		{ MHD_OPTION_END, 0, NULL }, /* unless clients need a certificate */
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };

	inet_pton(AF_INET, options->bind, &ipv4.sin_addr);
	if (six)
		flags |= MHD_USE_IPv6;
	if (options->tls != NULL)
		flags |= MHD_USE_TLS;
	if (options->client_ca != NULL)
		tls[3] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0, server->tls.client_cas };
	return MHD_start_daemon(flags, options->port, NULL, NULL, on_request, server, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_SOCK_ADDR, six ? (struct sockaddr *)&ipv6 : (struct sockaddr *)&ipv4,
		MHD_OPTION_ARRAY, options->tls != NULL ? tls : plain, MHD_OPTION_END);
}

static void set_url(struct server *server)
{
	const struct options *options = server->org.options;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
	const char *host = strcmp(options->bind, "::1") == 0 ? "[::1]" : options->bind;

	if (options->tls != NULL)
		host = "localhost";
	snprintf(server->org.url, sizeof(server->org.url), "%s://%s:%u", options->tls != NULL ? "https" : "http", host,
		info != NULL ? (unsigned int)info->port : 0U);
}

static void init_locks(struct server *server)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&server->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&server->lock, NULL);
}

struct server *server_start(const struct options *options)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		perror("loopback-org");
		return NULL;
	}
	init_locks(server);
	if (org_open(&server->org, options) != 0)
		goto failed;
	if (options->tls != NULL && tls_make(options->tls, options->vendor != NULL ? options->vendor->hosts : "", &server->tls) != 0)
		goto failed;
	if (options->client_ca != NULL && tls_read_client_cas(options->client_ca, &server->tls) != 0)
		goto failed;
	/* Held until the URL is known, because the first request may need it. */
	pthread_mutex_lock(&server->lock);
	server->daemon = start_daemon(server);
	if (server->daemon != NULL)
		set_url(server);
	pthread_mutex_unlock(&server->lock);
	if (server->daemon != NULL)
		return server;
	fprintf(stderr, "loopback-org: the server cannot be started on %s port %u: %s.\n", options->bind,
		(unsigned int)options->port, strerror(errno));
failed:
	server_stop(&server);
	return NULL;
}

const char *server_url(const struct server *server)
{
	return server->org.url;
}

void server_stop(struct server **server)
{
	struct server *old = *server;

	*server = NULL;
	if (old == NULL)
		return;
	pthread_mutex_lock(&old->lock);
	old->stopping = true;
	pthread_cond_broadcast(&old->wake);
	pthread_mutex_unlock(&old->lock);
	if (old->daemon != NULL)
		MHD_stop_daemon(old->daemon);
	org_close(&old->org);
	tls_clear(&old->tls);
	pthread_cond_destroy(&old->wake);
	pthread_mutex_destroy(&old->lock);
	free(old);
}
