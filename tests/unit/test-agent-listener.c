/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's socket, and what becomes of connections. The test is the client, too. */
#include "unit.h"

#include "agent/listener.h"
#include "agent/systemd.h"
#include "base/clock.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { TOO_MUCH = (1 << 20) + 1 }; /* for a credential */

static struct loop *loop;
static struct listener *listener;
static struct error error;
static struct agent_config config;

/* --- the system's calls, which a test can change ----------------------------------------------------------------- */

static uid_t fake_uid = (uid_t)-1; /* of all peers */
static mode_t mode_at_listen;

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int result = __real_getsockopt(fd, level, name, value, size);

	if (name == SO_PEERCRED && fake_uid != (uid_t)-1)
		((struct ucred *)value)->uid = fake_uid;
	return result;
}

static int accepts;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	accepts++;
	return __real_accept4(fd, address, size, flags);
}

/* Lets time pass. */
static double ahead;

double __real_clock_boot_ms(void);
double __wrap_clock_boot_ms(void);
double __wrap_clock_boot_ms(void)
{
	return __real_clock_boot_ms() + ahead;
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);
	struct stat status;

	if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 && stat(address.sun_path, &status) == 0)
		mode_at_listen = status.st_mode & 07777;
	return __real_listen(fd, backlog);
}

/* --- what connections are handed to ------------------------------------------------------------------------------ */

static struct {
	int http, credential, unlock;
	int fds[16];
	int open;
	struct peer peer;
} got;

static void keep(int fd, const struct peer *peer)
{
	assert_int_equal(peer->fd, fd);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	got.peer = *peer;
	got.fds[got.open++] = fd;
}

static void http(void *context, int fd, const struct peer *peer)
{
	(void)context;
	got.http++;
	keep(fd, peer);
}

static void credential(void *context, int fd, const struct peer *peer)
{
	(void)context;
	got.credential++;
	keep(fd, peer);
}

static void unlock(void *context, int fd, const struct peer *peer)
{
	(void)context;
	got.unlock++;
	keep(fd, peer);
}

static const struct listener_use use = { http, credential, unlock, NULL };

/* --- helpers ----------------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
	memset(&got, 0, sizeof(got));
	fake_uid = (uid_t)-1;
	if (unit_folder_make(state) != 0)
		return -1;
	config = (struct agent_config){ .socket = strdup(unit_path(state, "agent.sock")), .socket_mode = 0660,
					.socket_group = (gid_t)-1, .connections = 3 };
	return loop_open(&loop, &error);
}

static int tear_down(void **state)
{
	while (got.open > 0)
		close(got.fds[--got.open]);
	listener_close(&listener);
	loop_close(&loop);
	free(config.socket);
	return unit_folder_remove(state);
}

static void use_path(const char *path)
{
	free(config.socket);
	config.socket = strdup(path);
}

static int try_open(void)
{
	listener_close(&listener);
	return listener_open(&listener, loop, &config, &use, &error);
}

static void end_loop(void *context)
{
	(void)context;
	loop_end(loop);
}

static void run_for(double milliseconds)
{
	struct timer stop = { .call = end_loop };

	assert_int_equal(timer_set(loop, &stop, clock_boot_ms() + milliseconds), 0);
	assert_works(loop_run(loop, NULL, NULL, &error), &error);
}

/* Connects to the agent. `name`: the abstract name to bind first, or NULL. */
static int connect_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, config.socket);
	if (name != NULL) {
		strcpy(own.sun_path + 1, name);
		assert_int_equal(bind(fd, (struct sockaddr *)&own,
				      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))), 0);
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A name such as systemd binds, and that of "agent unlock"; different each time. */
static const char *name_for(const char *end)
{
	static char name[100];
	static unsigned number;

	snprintf(name, sizeof(name), "%08x%08x%s", (unsigned)getpid(), ++number, end);
	return name;
}

/* Lets the agent work until the connection ends. Returns how many bytes came; the first are in `text`. */
static size_t read_all(int fd, char text[1024])
{
	size_t total = 0;

	text[0] = '\0';
	for (int i = 0; i < 1000; i++) {
		static char buffer[1 << 16];
		ssize_t length;

		run_for(0);
		while ((length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
			for (ssize_t j = 0; j < length && total + (size_t)j < 1023; j++) {
				text[total + (size_t)j] = buffer[j];
				text[total + (size_t)j + 1] = '\0';
			}
			total += (size_t)length;
		}
		if (length == 0 || errno != EAGAIN)
			return total;
	}
	fail_msg("the connection does not end");
	return 0;
}

/* Lets stderr go to a file, and returns how many lines came. */
static int stderr_before;

static void catch_stderr(void **state)
{
	int fd = open(unit_path(state, "stderr"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	stderr_before = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static int release_stderr(void **state, char text[1024])
{
	int fd = open(unit_path(state, "stderr"), O_RDONLY | O_CLOEXEC), lines = 0;
	ssize_t length = read(fd, text, 1023);

	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	close(fd);
	unlink(unit_path(state, "stderr"));
	assert_true(length >= 0);
	text[length] = '\0';
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	return lines;
}

/* --- the socket -------------------------------------------------------------------------------------------------- */

static void it_has_its_mode_before_anybody_can_connect(void **state)
{
	static const mode_t masks[] = { 0, 0022, 0077, 0777 };
	struct stat status;

	use_path(unit_path(state, "new/agent.sock"));
	for (size_t i = 0; i < COUNT(masks); i++) {
		mode_t before = umask(masks[i]);

		mode_at_listen = 0;
		assert_works(try_open(), &error);
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(mode_at_listen, 0660);
		assert_int_equal(stat(config.socket, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0660);
		assert_int_equal(stat(unit_path(state, "new"), &status), 0);
		assert_int_equal(status.st_mode & 07777, 0755);
		listener_close(&listener);
		assert_int_equal(unit_entries(unit_path(state, "new")), 0);
		assert_int_equal(rmdir(unit_path(state, "new")), 0);
	}
}

static void it_gets_its_group(void **state)
{
	struct stat status;

	(void)state;
	config.socket_group = geteuid() == 0 ? 54321 : getegid();
	config.socket_mode = 0600;
	assert_works(try_open(), &error);
	assert_int_equal(stat(config.socket, &status), 0);
	assert_int_equal(status.st_gid, config.socket_group);
	assert_int_equal(status.st_mode & 07777, 0600);
	if (geteuid() == 0)
		return;
	config.socket_group = 0;
	assert_fails(try_open(), ERROR_UNEXPECTED, &error);
	assert_int_equal(access(config.socket, F_OK), -1);
}

static void an_old_socket_is_replaced_but_nothing_else(void **state)
{
	struct listener *other = NULL;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, config.socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_works(try_open(), &error);
	assert_fails(listener_open(&other, loop, &config, &use, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "another agent");
	listener_close(&other);
	assert_int_equal(access(config.socket, F_OK), 0);
	listener_close(&listener);

	unit_put(config.socket, "x", 1, 0600);
	assert_fails(try_open(), ERROR_CONFIG, &error);
	assert_contains(error.text, "something else");
	listener_close(&listener);
	assert_string_equal(unit_content(config.socket), "x");
	assert_int_equal(unlink(config.socket), 0);

	assert_int_equal(symlink("elsewhere", config.socket), 0);
	assert_fails(try_open(), ERROR_CONFIG, &error);
	assert_int_equal(access(unit_path(state, "elsewhere"), F_OK), -1);

	unlink(config.socket);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_fails(try_open(), ERROR_CONFIG, &error);
	close(fd);
}

static void paths_that_cannot_be_are_refused(void **state)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%0200d", unit_path(state, ""), 0);
	use_path(path);
	assert_fails(try_open(), ERROR_CONFIG, &error);
	assert_contains(error.text, "longer than 107 bytes");
	use_path("agent.sock");
	assert_fails(try_open(), ERROR_CONFIG, &error);
	use_path("");
	assert_fails(try_open(), ERROR_CONFIG, &error);
	use_path(unit_path(state, "no/such/agent.sock"));
	assert_fails(try_open(), ERROR_UNEXPECTED, &error);
	assert_contains(error.text, "cannot create the folder");
	assert_int_equal(unit_entries(unit_path(state, "")), 0);
}

static void a_folder_in_which_others_can_replace_it_is_refused(void **state)
{
	assert_int_equal(mkdir(unit_path(state, "open"), 0700), 0);
	assert_int_equal(chmod(unit_path(state, "open"), 0777), 0);
	use_path(unit_path(state, "open/agent.sock"));
	assert_fails(try_open(), ERROR_CONFIG, &error);
	assert_contains(error.text, "others can write to the directory");
	assert_int_equal(unit_entries(unit_path(state, "open")), 0);
}

static void a_socket_that_is_gone_is_bound_again(void **state)
{
	char text[1024];
	int fd;

	use_path(unit_path(state, "run/agent.sock"));
	assert_works(try_open(), &error);
	catch_stderr(state);
	listener_check(listener);
	assert_int_equal(release_stderr(state, text), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(unlink(config.socket), 0);
		if (i == 1)
			assert_int_equal(rmdir(unit_path(state, "run")), 0);
		catch_stderr(state);
		listener_check(listener);
		assert_int_equal(release_stderr(state, text), 1);
		fd = connect_as(NULL);
		run_for(0);
		assert_int_equal(got.http, i + 1);
		close(fd);
	}
}

static void if_it_cannot_be_bound_again_one_warning_is_enough(void **state)
{
	char text[1024];
	int fd;

	assert_works(try_open(), &error);
	assert_int_equal(unlink(config.socket), 0);
	unit_put(config.socket, "x", 1, 0600);
	catch_stderr(state);
	listener_check(listener);
	listener_check(listener);
	assert_int_equal(release_stderr(state, text), 1);
	assert_contains(text, "something else has this path");
	assert_int_equal(unlink(config.socket), 0);
	catch_stderr(state);
	listener_check(listener);
	assert_int_equal(release_stderr(state, text), 1);
	fd = connect_as(NULL);
	run_for(0);
	assert_int_equal(got.http, 1);
	close(fd);
	assert_int_equal(unlink(config.socket), 0);
	unit_put(config.socket, "x", 1, 0600);
	catch_stderr(state);
	listener_check(listener);
	assert_true(release_stderr(state, text) > 0);
	listener_close(&listener);
	assert_string_equal(unit_content(config.socket), "x");
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static void connections_go_to_who_serves_them(void **state)
{
	int fds[3];

	(void)state;
	assert_works(try_open(), &error);
	fds[0] = connect_as(NULL);
	run_for(0);
	assert_int_equal(got.http, 1);
	assert_int_equal(got.peer.pid, getpid());
	fds[1] = connect_as(name_for("/unit/web.service/prod"));
	run_for(0);
	assert_int_equal(got.credential, 1);
	assert_string_equal(got.peer.claimed_unit, "web.service");
	assert_string_equal(got.peer.claimed_id, "prod");
	fds[2] = connect_as(name_for("/p11bearer/unlock"));
	run_for(0);
	assert_int_equal(got.unlock, 1);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_claim_that_does_not_count_gets_no_empty_credential(void **state)
{
	static const char *const claims[] = { "/unit/web.service/prod", "/unit/a.service/../b.service", "/unit/" };
	char text[1024];

	(void)state;
	assert_works(try_open(), &error);
	for (size_t i = 0; i < COUNT(claims); i++) {
		int fd;

		fake_uid = i == 0 ? geteuid() + 1 : (uid_t)-1;
		fd = connect_as(name_for(claims[i]));
		shutdown(fd, SHUT_WR);
		assert_int_equal(read_all(fd, text), TOO_MUCH);
		close(fd);
	}
	assert_int_equal(got.credential + got.http, 0);
	fake_uid = (uid_t)-1;
	config.connections = 1; /* all have been counted down again */
	listener_limit(listener, 1);
	close(connect_as(NULL));
	run_for(0);
	assert_int_equal(got.http, 1);
}

static void one_too_many_is_told_so(void **state)
{
	static const char request[] = "GET /v1/status HTTP/1.1\r\n\r\n";
	char text[1024];
	int fds[3], fd;

	(void)state;
	assert_works(try_open(), &error);
	for (int i = 0; i < 3; i++)
		fds[i] = connect_as(NULL);
	fd = connect_as(NULL);
	run_for(5);
	assert_int_equal(got.http, 3);
	assert_int_equal(listener_refused(listener), 1);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request)); /* late */
	assert_true(read_all(fd, text) > 0);
	close(fd);
	assert_contains(text, "HTTP/1.1 429 Too Many Requests\r\n");
	assert_contains(text, "Connection: close\r\n");
	assert_contains(text, "\r\n\r\n{\"error\":\"temporarily_unavailable\",");
	assert_int_equal(strlen(strstr(text, "\r\n\r\n") + 4), strtol(strstr(text, "Content-Length: ") + 16, NULL, 10));

	fd = connect_as(name_for("/p11bearer/unlock"));
	assert_true(read_all(fd, text) > 0);
	assert_contains(text, "}}\n");
	assert_int_equal(text[0], '{');
	close(fd);

	fake_uid = 0; /* systemd's many credentials are not limited */
	fd = connect_as(name_for("/unit/web.service/prod"));
	run_for(0);
	assert_int_equal(got.credential, 1);
	listener_left(listener, 0);
	close(fd);
	fake_uid = (uid_t)-1;
	assert_int_equal(listener_refused(listener), 2);
	assert_int_equal(got.http + got.credential + got.unlock, 4);

	fake_uid = geteuid() + 1; /* another user has connections of his own */
	fd = connect_as(NULL);
	run_for(0);
	assert_int_equal(got.http, 4);
	listener_left(listener, fake_uid);
	close(fd);
	fake_uid = (uid_t)-1;
	listener_left(listener, geteuid());
	fd = connect_as(NULL);
	run_for(0);
	assert_int_equal(got.http, 5);
	close(fd);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void those_that_do_not_read_their_refusal_are_closed(void **state)
{
	int fds[100];
	char text[1024];

	(void)state;
	config.connections = 0;
	fake_uid = geteuid() + 1;
	assert_works(try_open(), &error);
	for (int i = 0; i < 100; i++)
		fds[i] = connect_as(i % 2 == 0 ? NULL : name_for("/unit/web.service/prod"));
	run_for(0);
	run_for(0);
	for (int i = 0; i < 100; i += 2) /* HTTP: some linger, some are closed at once */
		assert_true(recv(fds[i], text, sizeof(text), MSG_DONTWAIT) > 0);
	ahead += 1000;
	run_for(1);
	for (int i = 0; i < 100; i += 2)
		assert_int_equal(send(fds[i], "x", 1, MSG_NOSIGNAL), -1);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	run_for(0);
}

/* systemd must not take the part that it got for the credential. */
static void the_end_waits_for_refused_credentials(void **state)
{
	static char buffer[1 << 16];
	int fd, status;
	pid_t child;

	(void)state;
	assert_works(try_open(), &error);
	fd = connect_as(name_for("/unit/web.service/prod"));
	run_for(0);
	assert_int_equal(got.credential, 1);
	listener_refuse(listener, got.fds[--got.open], got.peer.uid);
	child = fork();
	if (child == 0) {
		struct pollfd end = { .fd = fd, .events = 0 };
		size_t total = 0;
		ssize_t length;

		close(got.fds[0]); /* the agent's end */
		poll(&end, 1, 50); /* let the agent wait */
		while ((length = read(fd, buffer, sizeof(buffer))) > 0)
			total += (size_t)length;
		_exit(total == TOO_MUCH ? 0 : 1);
	}
	listener_close(&listener);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
}

static void without_descriptors_connections_wait(void **state)
{
	struct rlimit before, few;
	char text[1024];
	int fd, lowest;

	assert_works(try_open(), &error);
	fd = connect_as(NULL);
	lowest = dup(fd);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	catch_stderr(state);
	lowest = dup(fd);
	close(lowest);
	few = (struct rlimit){ (rlim_t)lowest, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	accepts = 0;
	run_for(1);
	ahead += 100;
	run_for(1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(release_stderr(state, text), 1);
	assert_contains(text, "cannot accept a connection");
	assert_int_equal(accepts, 2);
	assert_int_equal(got.http, 0);
	ahead += 100;
	run_for(1);
	assert_int_equal(got.http, 1);
	close(fd);
}

/* --- systemd ----------------------------------------------------------------------------------------------------- */

/* Opens a listener in a child that got `fd` as systemd passes it. Returns its exit status: the error's class. */
static int open_with(int fd, const char *count, bool own_pid)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", own_pid ? (int)getpid() : 1);
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", count, 1);
		setenv("LISTEN_FDNAMES", "bearer", 1);
		loop_close(&loop);
		dup2(fd, 3);
		if (loop_open(&loop, &error) != 0)
			_exit(99);
		memset(&error, 0, sizeof(error));
		listener_open(&listener, loop, &config, &use, &error);
		if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL || getenv("LISTEN_FDNAMES") != NULL)
			_exit(98);
		if (error.class == ERROR_NONE) {
			int client = connect_as(NULL);

			listener_check(listener);
			run_for(0);
			close(client);
			if (got.http != 1 || (own_pid && strcmp(count, "1") == 0 && (fcntl(3, F_GETFD) & FD_CLOEXEC) == 0))
				_exit(97);
		}
		listener_close(&listener);
		_exit((int)error.class);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void systemd_s_socket_is_used(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sockaddr_in internet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	strcpy(address.sun_path, config.socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(open_with(fd, "1", true), ERROR_CONFIG); /* does not listen */
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(open_with(fd, "1", true), ERROR_NONE);
	assert_int_equal(access(config.socket, F_OK), 0); /* it stays */
	assert_int_equal(open_with(fd, "2", true), ERROR_CONFIG);
	assert_int_equal(open_with(fd, "1", false), ERROR_CONFIG); /* not meant for it: binds it, but there is one */
	unlink(config.socket);
	assert_int_equal(open_with(fd, "1", false), ERROR_NONE);
	assert_int_equal(open_with(fd, "1x", true), ERROR_NONE);
	assert_int_equal(open_with(fd, "-1", true), ERROR_NONE);
	assert_int_equal(open_with(fd, "99999999999999999999", true), ERROR_NONE);
	close(fd);

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(open_with(fd, "1", true), ERROR_CONFIG);
	close(fd);
	unlink(config.socket);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(open_with(fd, "1", true), ERROR_CONFIG);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&internet, sizeof(internet)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(open_with(fd, "1", true), ERROR_CONFIG);
	close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(open_with(fd, "1", true), ERROR_CONFIG);
	close(fd);
}

static void systemd_is_notified(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[4096];
	int fd;

	for (int i = 0; i < 2; i++) {
		socklen_t size = sizeof(address);
		const char *name;

		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		memset(&address, 0, sizeof(address));
		address.sun_family = AF_UNIX;
		name = i == 0 ? unit_path(state, "n") : name_for("/notify");
		strcpy(address.sun_path + i, name);
		if (i == 1)
			size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
		assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
		if (i == 1)
			address.sun_path[0] = '@';
		setenv("NOTIFY_SOCKET", address.sun_path, 1);
		systemd_notify("READY=1\nSTATUS=%d profiles \x1b \xc3", 2);
		memset(text, 0, sizeof(text));
		assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0);
		assert_string_equal(text, "READY=1\nSTATUS=2 profiles ? ?");
		systemd_notify("STATUS=%03999d", 0);
		assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 2047);
		close(fd);
		systemd_notify("READY=1"); /* nobody is there */
	}
	memset(text, '/', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	setenv("NOTIFY_SOCKET", text, 1);
	systemd_notify("READY=1");
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	systemd_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	systemd_notify("READY=1");
}

static void the_watchdog_s_time_is_halved(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_true(systemd_watchdog() == 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_true(systemd_watchdog() == 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_true(systemd_watchdog() == 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_true(systemd_watchdog() == 15000);
	setenv("WATCHDOG_USEC", "3s", 1);
	assert_true(systemd_watchdog() == 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_has_its_mode_before_anybody_can_connect),
		TEST(it_gets_its_group),
		TEST(an_old_socket_is_replaced_but_nothing_else),
		TEST(paths_that_cannot_be_are_refused),
		TEST(a_folder_in_which_others_can_replace_it_is_refused),
		TEST(a_socket_that_is_gone_is_bound_again),
		TEST(if_it_cannot_be_bound_again_one_warning_is_enough),
		TEST(connections_go_to_who_serves_them),
		TEST(a_claim_that_does_not_count_gets_no_empty_credential),
		TEST(one_too_many_is_told_so),
		TEST(those_that_do_not_read_their_refusal_are_closed),
		TEST(the_end_waits_for_refused_credentials),
		TEST(without_descriptors_connections_wait),
		TEST(systemd_s_socket_is_used),
		TEST(systemd_is_notified),
		TEST(the_watchdog_s_time_is_halved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
