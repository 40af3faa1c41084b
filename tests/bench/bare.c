/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare SOCKET SIZE: the least that libmicrohttpd can do for a response of SIZE bytes over a Unix socket, in the agent's way: it
 * accepts connections itself, and runs the library in one epoll loop, without threads. It has one response for all
 * requests, and looks at nothing.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CONNECTIONS = 2048, EVENTS = 64 };

static enum MHD_Result answer(void *response, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *body, size_t *length, void **state)
{
	(void)url, (void)method, (void)version, (void)body, (void)length;
	if (*state == NULL) {
		*state = response; /* the headers are there; queue when the request is complete */
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	check(fd >= 0 && strlen(path) < sizeof(address.sun_path), "socket");
	strcpy(address.sun_path, path);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, SOMAXCONN) == 0, path);
	return fd;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void accept_all(struct MHD_Daemon *daemon, int listener)
{
	const struct sockaddr_un nobody = { .sun_family = AF_UNIX };
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		MHD_add_connection(daemon, fd, (const struct sockaddr *)&nobody, sizeof(nobody));
}

int main(int argc, char **argv)
{
	size_t size = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	char *body = calloc(1, size + 1);
	int listener, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[EVENTS];
	struct MHD_Response *response;
	struct MHD_Daemon *daemon;

	check(body != NULL && size > 0 && epoll >= 0, "usage: bare SOCKET SIZE");
	memset(body, 'x', size);
	listener = listen_at(argv[1]);
	response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, response,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_END);
	check(daemon != NULL, "MHD_start_daemon");
	watch(epoll, listener);
	watch(epoll, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	for (;;) {
		MHD_UNSIGNED_LONG_LONG wait = 0;
		int timeout = MHD_get_timeout(daemon, &wait) == MHD_YES ? (int)wait : -1;
		int count = epoll_wait(epoll, events, EVENTS, timeout);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_all(daemon, listener);
		}
		check(count >= 0 || errno == EINTR, "epoll_wait");
		MHD_run(daemon);
	}
}
