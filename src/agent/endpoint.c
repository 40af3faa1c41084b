/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/endpoint.h"

#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- systemd's --------------------------------------------------------------------------------------------------- */

static int option(int fd, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

int endpoint_take(struct endpoint *endpoint, int fd, struct error *error)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || option(fd, SO_DOMAIN) != AF_UNIX || option(fd, SO_TYPE) != SOCK_STREAM ||
	    option(fd, SO_ACCEPTCONN) != 1) {
		error_set(error, ERROR_CONFIG, "cannot use descriptor %d: it is no listening Unix stream socket", fd);
		error_hint(error, "let the socket unit have one ListenStream= that is a path, and Accept=no");
		return error_result(error);
	}
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot set up descriptor %d: %s", fd, strerror(errno));
	endpoint->fd = fd;
	return 0;
}

/* --- the agent's own --------------------------------------------------------------------------------------------- */

static int cannot_bind(const char *path, enum error_class class, const char *reason, struct error *error)
{
	return error_set(error, class, "cannot bind the socket %s: %s", path, reason);
}

static int set_address(struct sockaddr_un *address, const char *path, struct error *error)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] != '/')
		return cannot_bind(path, ERROR_CONFIG, "it is no absolute path", error);
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return 0;
	}
	error_set(error, ERROR_CONFIG, "cannot bind the socket %s: its path is longer than %zu bytes", path,
		  sizeof(address->sun_path) - 1);
	error_hint(error, "choose a shorter path");
	return error_result(error);
}

/* Creates the folder of the path, which does not exist. */
static int make_folder(const char *path, struct error *error)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)] = "";
	mode_t mask;
	int result;

	memcpy(folder, path, (size_t)(strrchr(path, '/') - path));
	mask = umask(0022);
	result = mkdir(folder, 0755);
	umask(mask);
	if (result == 0 || errno == EEXIST)
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "cannot create the folder %s: %s", folder, strerror(errno));
}

/* Removes a socket that nobody listens at. */
static int remove_stale(const struct sockaddr_un *address, struct error *error)
{
	const char *path = address->sun_path;
	int fd, reason;
	struct stat status;

	if (lstat(path, &status) != 0)
		return errno == ENOENT ? 0 : cannot_bind(path, ERROR_UNEXPECTED, strerror(errno), error);
	if (!S_ISSOCK(status.st_mode))
		return cannot_bind(path, ERROR_CONFIG, "something else has this path", error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cannot_bind(path, ERROR_UNEXPECTED, strerror(errno), error);
	reason = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (reason == 0 || reason == EAGAIN || reason == EPROTOTYPE) {
		cannot_bind(path, ERROR_CONFIG, "another agent or program listens there", error);
		error_hint(error, "end it, or give this agent another socket");
		return error_result(error);
	}
	if (reason != ECONNREFUSED && reason != ENOENT)
		return cannot_bind(path, ERROR_UNEXPECTED, strerror(reason), error);
	if (unlink(path) != 0 && errno != ENOENT)
		return error_set(error, ERROR_UNEXPECTED, "cannot remove the old socket %s: %s", path, strerror(errno));
	return 0;
}

/* Nobody can connect before the agent listens. That the socket is private until then is for trust_check. */
static int bind_privately(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(mask);
	return result;
}

static int bind_path(int fd, const struct sockaddr_un *address, struct error *error)
{
	const char *path = address->sun_path;

	if (bind_privately(fd, address) == 0)
		return 0;
	if (errno != ENOENT && errno != EADDRINUSE)
		return cannot_bind(path, ERROR_UNEXPECTED, strerror(errno), error);
	if ((errno == ENOENT ? make_folder(path, error) : remove_stale(address, error)) != 0)
		return error_result(error);
	if (bind_privately(fd, address) == 0)
		return 0;
	return cannot_bind(path, ERROR_UNEXPECTED, strerror(errno), error);
}

/* Checks that others cannot replace the socket, which makes the changes by path safe. Opens it to those who may use it,
 * and listens. */
static int open_up(struct endpoint *endpoint, int fd, struct error *error)
{
	int file = open(endpoint->path, O_PATH | O_NOFOLLOW | O_CLOEXEC), result;
	struct stat status;

	if (file < 0 || fstat(file, &status) != 0) {
		result = cannot_bind(endpoint->path, ERROR_UNEXPECTED, strerror(errno), error);
		goto out;
	}
	endpoint->device = status.st_dev;
	endpoint->inode = status.st_ino;
	result = trust_check(endpoint->path, file, ERROR_CONFIG, error);
	if (result != 0)
		goto out;
	if (endpoint->group != (gid_t)-1 && lchown(endpoint->path, (uid_t)-1, endpoint->group) != 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot give the socket %s to group %lu: %s",
				   endpoint->path, (unsigned long)endpoint->group, strerror(errno));
	else if (chmod(endpoint->path, endpoint->mode) != 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot set the mode of the socket %s: %s", endpoint->path,
				   strerror(errno));
	else if (listen(fd, SOMAXCONN) != 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot listen at the socket %s: %s", endpoint->path,
				   strerror(errno));
out:
	if (file >= 0)
		close(file);
	return result;
}

bool endpoint_is_there(const struct endpoint *endpoint)
{
	struct stat status;

	return lstat(endpoint->path, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_dev == endpoint->device &&
		status.st_ino == endpoint->inode;
}

int endpoint_bind(struct endpoint *endpoint, struct error *error)
{
	struct sockaddr_un address;
	int fd;

	if (set_address(&address, endpoint->path, error) != 0)
		return error_result(error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cannot_bind(endpoint->path, ERROR_UNEXPECTED, strerror(errno), error);
	if (bind_path(fd, &address, error) != 0) {
		close(fd);
		return error_result(error);
	}
	if (open_up(endpoint, fd, error) != 0) {
		if (endpoint_is_there(endpoint))
			unlink(endpoint->path);
		close(fd);
		return error_result(error);
	}
	if (endpoint->fd >= 0)
		close(endpoint->fd);
	endpoint->fd = fd;
	return 0;
}

void endpoint_close(struct endpoint *endpoint)
{
	if (endpoint->fd >= 0) {
		if (endpoint->path != NULL && endpoint_is_there(endpoint))
			unlink(endpoint->path);
		close(endpoint->fd);
	}
	endpoint->fd = -1;
	free(endpoint->path);
	endpoint->path = NULL;
}
