/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP: libmicrohttpd, run by the agent's loop. */
#include "agent/http-internal.h"

#include "base/message.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 1 << 20, /* the listener limits them, for each uid */
	IDLE_SECONDS = 60,
	MEMORY = 8 * 1024,         /* for each connection; limits a request's header */
};

/* --- libmicrohttpd's calls --------------------------------------------------------------------------------------- */

static void hung_up(void *context, uint32_t events)
{
	struct client *client = context;

	(void)events;
	http_cancel(client);
	http_answer(client, 0, NULL);
}

/* Lets the connection rest until there is an answer. MHD does not see a client leave meanwhile, but the watch does. */
static void suspend(struct client *client)
{
	struct request *request = &client->request;

	MHD_suspend_connection(request->connection);
	request->suspended = true;
	request->hang_up = loop_watch(client->http->agent->loop, client->peer.fd, 0, hung_up, client);
}

static enum MHD_Result send_answer(struct request *request)
{
	struct MHD_Response *response = request->bearer != NULL ? request->bearer->response : request->response;
	enum MHD_Result result = MHD_NO;

	if (response != NULL)
		result = MHD_queue_response(request->connection, request->status, response);
	if (request->response != NULL)
		MHD_destroy_response(request->response); /* our reference; MHD has its own */
	request->response = NULL;
	agent_bearer_leave(&request->bearer);
	return result;
}

/* MHD calls this once when it has read the header, for each piece of a body, then when all is read, and again after
 * the connection was suspended. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path, const char *method,
			      const char *version, const char *body, size_t *length, void **started)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info->socket_context;
	struct request *request;

	(void)context;
	(void)version;
	(void)body;
	if (client == NULL) /* MHD has started it too late: see drop_added */
		return MHD_NO;
	request = &client->request;
	if (*started == NULL) {
		*started = client;
		memset(request, 0, sizeof(*request));
		request->connection = connection;
		return http_check_body(client) ? MHD_YES : send_answer(request);
	}
	if (*length > 0) {
		*length = 0;
		return MHD_YES;
	}
	if (request->state == REQUEST_NEW)
		http_route(client, path, method);
	if (request->state == REQUEST_DONE)
		return send_answer(request);
	suspend(client);
	return MHD_YES;
}

/* Forgets what the request still holds. */
static void end_request(struct client *client)
{
	struct request *request = &client->request;

	http_cancel(client);
	loop_watch_end(&request->hang_up);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	agent_bearer_leave(&request->bearer);
	memset(request, 0, sizeof(*request));
}

static void completed(void *context, struct MHD_Connection *connection, void **started,
		      enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	if (*started != NULL)
		end_request(*started);
	*started = NULL;
}

/* The connection is closed. */
static void leave(struct client *client)
{
	LIST_REMOVE(client, entry);
	listener_left(client->http->agent->listener, client->peer.uid);
	free(client);
}

/* The client with this descriptor, among those that MHD has not started. */
static struct client *find_added(struct http *http, int fd)
{
	struct client *client;

	for (client = LIST_FIRST(&http->added); client != NULL; client = LIST_NEXT(client, entry)) {
		if (client->peer.fd == fd)
			return client;
	}
	return NULL;
}

static void start(struct http *http, struct MHD_Connection *connection, void **socket_context)
{
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct client *client = find_added(http, fd);

	*socket_context = client;
	if (client == NULL)
		return;
	LIST_REMOVE(client, entry);
	LIST_INSERT_HEAD(&http->started, client, entry);
}

static void notified(void *context, struct MHD_Connection *connection, void **socket_context,
		     enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		start(context, connection, socket_context);
	} else if (*socket_context != NULL) {
		end_request(*socket_context);
		leave(*socket_context);
		*socket_context = NULL;
	}
}

/* The text may hold what a peer sent; message_step cleans it. */
static void __attribute__((format(printf, 2, 0))) log_step(void *context, const char *format, va_list arguments)
{
	char text[256];

	(void)context;
	if (!message_is_verbose())
		return;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\r\n")] = '\0';
	message_step("http: %s", text);
}

/* --- the loop's calls -------------------------------------------------------------------------------------------- */

static void ready(void *context, uint32_t events)
{
	/* agent_http_after does the work. */
	(void)context;
	(void)events;
}

int agent_http_open(struct http **http, struct agent *agent, struct error *error)
{
	struct http *new = *http = calloc(1, sizeof(*new));

	if (new == NULL)
		return error_memory(error);
	new->agent = agent;
	new->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		handle, new, MHD_OPTION_EXTERNAL_LOGGER, log_step, new, MHD_OPTION_NOTIFY_COMPLETED, completed, new,
		MHD_OPTION_NOTIFY_CONNECTION, notified, new, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (new->daemon == NULL)
		return error_set(error, ERROR_UNEXPECTED, "cannot start libmicrohttpd");
	new->watch = loop_watch(agent->loop, MHD_get_daemon_info(new->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
				EPOLLIN, ready, new);
	return new->watch != NULL ? 0 : error_memory(error);
}

/* MHD closes a connection that it cannot start, and does not say so. */
static void drop_added(struct http *http)
{
	struct client *client, *next;

	for (client = LIST_FIRST(&http->added); client != NULL; client = next) {
		next = LIST_NEXT(client, entry);
		leave(client);
	}
}

/* MHD does not end while connections rest. */
static void end_waiting(struct http *http)
{
	struct failure failure;
	struct client *client;

	failure_set(&failure, FAILURE_WORKER, ERROR_CONFIG, 1, "the agent ends");
	for (client = LIST_FIRST(&http->started); client != NULL; client = LIST_NEXT(client, entry)) {
		if (!client->request.suspended)
			continue;
		http_cancel(client);
		http_answer_failure(client, &failure);
	}
}

void agent_http_close(struct http **http)
{
	struct http *old = *http;

	*http = NULL;
	if (old == NULL)
		return;
	loop_watch_end(&old->watch);
	if (old->daemon != NULL) {
		end_waiting(old);
		MHD_run(old->daemon);
		MHD_stop_daemon(old->daemon);
	}
	drop_added(old);
	free(old);
}

double agent_http_after(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;

	MHD_run(http->daemon);
	drop_added(http);
	return MHD_get_timeout(http->daemon, &milliseconds) == MHD_YES ? (double)milliseconds : -1;
}

void agent_http_connection(struct http *http, int fd, const struct peer *peer)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		listener_left(http->agent->listener, peer->uid);
		return;
	}
	client->http = http;
	client->peer = *peer;
	client->peer.fd = fd;
	LIST_INSERT_HEAD(&http->added, client, entry);
	if (MHD_add_connection(http->daemon, fd, NULL, 0) == MHD_YES)
		return;
	client = find_added(http, fd);
	if (client != NULL)
		leave(client); /* MHD has closed it */
}
