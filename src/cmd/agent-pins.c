/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a PIN to the agent's workers, in pipes that the agent does not read. */
#include "cmd/agent-client.h"

#include "base/clock.h"
#include "base/trust.h"
#include "base/writers.h"
#include "process/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	PIPES = 2,             /* one for the worker for bearers, one for that for assertions */
	LINE_MAX_LENGTH = 8192, /* bytes of the result */
	RESULT_MS = 600000,
};

/* --- who listens ------------------------------------------------------------------------------------------------- */

/* Whether only root and `uid` can change what is in the socket's folder, and only root or the user decides which folder
 * that is: then who owns it was trusted with it. */
static bool owns_folder(const char *path, uid_t uid)
{
	char folder[OAUTH_SOCKET_SIZE];
	const char *above;
	struct error ignored;
	struct stat status;
	int fd;
	bool trusted;

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	if (*folder == '\0' || lstat(folder, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != uid ||
	    writers_find(&status, folder) != WRITERS_OURS)
		return false;
	*strrchr(folder, '/') = '\0';
	above = *folder != '\0' ? folder : "/";
	fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	trusted = fd >= 0 && trust_check(above, fd, ERROR_CONFIG, &ignored) == 0;
	if (fd >= 0)
		close(fd);
	return trusted;
}

static int check_listener(int fd, const char *path, char listener[LISTENER_SIZE], struct error *error)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(who);
	const struct passwd *user;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot find out who listens at %s: %s", path,
				 strerror(errno));
	user = getpwuid(who.uid);
	if (user != NULL)
		snprintf(listener, LISTENER_SIZE, "user %.*s", LISTENER_SIZE - 8, user->pw_name);
	else
		snprintf(listener, LISTENER_SIZE, "uid %lu", (unsigned long)who.uid);
	if (who.uid == 0 || who.uid == geteuid() || owns_folder(path, who.uid))
		return 0;
	error_set(error, ERROR_CONFIG, "%s listens at %s and would get the PIN; nothing was sent", listener, path);
	error_hint(error, "use an agent of root or of your own, or one whose socket is in a folder of the agent's user "
		   "in which only that user can write");
	return -ERROR_CONFIG;
}

int agent_pins_connect(const char *path, char listener[LISTENER_SIZE], struct error *error)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	unsigned long long random;
	int fd, length;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_set(error, ERROR_UNEXPECTED, "cannot get random bytes: %s", strerror(errno));
	/* The first byte stays NUL, for the abstract namespace. By the name, the agent knows what comes. */
	length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "%016llx/p11bearer/unlock", random);
	fd = oauth_agent_connect(path, &name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length),
				 error);
	if (fd < 0 || check_listener(fd, path, listener, error) == 0)
		return fd;
	close(fd);
	return error_result(error);
}

/* --- the message ------------------------------------------------------------------------------------------------- */

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Makes pipes that contain the PIN and a line end; `ends` are their reading ends. */
static int fill_pipes(struct secret *pin, int ends[PIPES], struct error *error)
{
	if (secret_append(pin, "\n", 1) < 0)
		return error_memory(error);
	for (size_t i = 0; i < PIPES; i++) {
		int both[2];
		ssize_t written = -1;

		if (pipe2(both, O_CLOEXEC) < 0)
			return error_set(error, ERROR_UNEXPECTED, "cannot make a pipe: %s", strerror(errno));
		ends[i] = both[0];
		/* Nobody reads yet, so it must fit. */
		if (fcntl(both[1], F_SETFL, O_NONBLOCK) == 0)
			written = write(both[1], secret_data(pin), secret_length(pin));
		close(both[1]);
		if (written != (ssize_t)secret_length(pin))
			return error_set(error, ERROR_UNEXPECTED, "the PIN does not fit in a pipe");
	}
	return 0;
}

static int send_message(int fd, const char *profile, const int *ends, size_t count, struct error *error)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PIPES * sizeof(int))] = { 0 };
	struct iovec part = { (char *)profile, strlen(profile) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	if (count > 0) {
		struct cmsghdr *header = (struct cmsghdr *)(void *)control;

		*header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int)),
		};
		memcpy(CMSG_DATA(header), ends, count * sizeof(int));
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	do {
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR && interrupt_signal() == 0);
	/* An agent that refuses does not wait for the message: its answer has come. */
	if (sent == (ssize_t)part.iov_len || (sent < 0 && errno == EPIPE))
		return 0;
	return error_set(error, ERROR_NETWORK, "cannot send the request to the agent: %s",
			 sent < 0 ? strerror(errno) : "it took only a part");
}

/* --- the result -------------------------------------------------------------------------------------------------- */

/* Waits until there is something to read. */
static int await(int fd, double until, struct error *error)
{
	struct pollfd events[] = { { .fd = fd, .events = POLLIN }, { .fd = interrupt_descriptor(), .events = POLLIN } };
	double left = until - clock_ms();

	if (left > 0 && poll(events, 2, (int)left + 1) < 0 && errno != EINTR)
		return error_set(error, ERROR_UNEXPECTED, "cannot wait for the agent: %s", strerror(errno));
	if (interrupt_signal() != 0) {
		error_set(error, ERROR_NETWORK, "interrupted while waiting for the agent");
		error->signal = interrupt_take();
		return -ERROR_NETWORK;
	}
	if (left <= 0)
		return error_set(error, ERROR_NETWORK, "the agent did not answer in %d s", RESULT_MS / 1000);
	return 0;
}

static int take_result(int fd, struct error *error)
{
	double until = clock_ms() + (double)RESULT_MS;
	char line[LINE_MAX_LENGTH];
	size_t length = 0;
	char *end = NULL;

	while (end == NULL && length < sizeof(line)) {
		ssize_t got;

		if (await(fd, until, error) < 0)
			return error_result(error);
		got = recv(fd, line + length, sizeof(line) - length, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			error_set(error, ERROR_NETWORK, "the agent closed the connection without an answer");
			error_hint(error, "see the agent's log for the reason");
			return -ERROR_NETWORK;
		}
		length += (size_t)got;
		end = memchr(line, '\n', length);
	}
	if (end == NULL)
		return error_set(error, ERROR_ANSWER, "the agent's answer is longer than %d bytes", LINE_MAX_LENGTH);
	*end = '\0';
	return oauth_agent_judge(line, (size_t)(end - line), 0, error);
}

int agent_pins_send(int fd, const char *profile, struct secret **pin, struct error *error)
{
	size_t count = *pin != NULL ? PIPES : 0;
	int ends[PIPES] = { -1, -1 }, result = 0;

	interrupt_begin("");
	if (*pin != NULL)
		result = fill_pipes(*pin, ends, error);
	secret_free(pin);
	if (result == 0)
		result = send_message(fd, profile, ends, count, error);
	close_all(ends, PIPES);
	/* An agent that refuses the connection says why at once, and takes nothing. */
	if (result == 0 || result == -ERROR_NETWORK)
		result = take_result(fd, error);
	interrupt_end();
	return result;
}
