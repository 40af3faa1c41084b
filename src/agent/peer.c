/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/peer.h"

#include "agent/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

enum { CGROUP_SIZE = 4096 };

static const char cgroup_label[] = "0::"; /* cgroup v2, which systemd also has in its hybrid mode */

/* Copies a text, unless it is empty or too long. */
static bool take(char *to, size_t size, const char *from, size_t length)
{
	if (length == 0 || length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

/* --- the name that a peer has bound ------------------------------------------------------------------------------ */

/* UNIT/ID, as systemd sends it. */
static bool read_claim(struct peer *peer, const char *text)
{
	size_t unit = strcspn(text, "/");
	const char *id = text + unit + 1;

	if (text[unit] == '\0' || !unit_is_name(text, unit))
		return false;
	for (const char *c = id; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '/')
			return false;
	return take(peer->claimed_id, sizeof(peer->claimed_id), id, strlen(id)) &&
		take(peer->claimed_unit, sizeof(peer->claimed_unit), text, unit);
}

static void read_name(struct peer *peer, int fd)
{
	static const char before_claim[] = "/unit/";
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	socklen_t size = sizeof(address);
	char name[sizeof(address.sun_path)] = "";
	size_t length, digits;

	if (getpeername(fd, (struct sockaddr *)&address, &size) != 0 || address.sun_family != AF_UNIX ||
	    size <= offsetof(struct sockaddr_un, sun_path) + 1 || size > sizeof(address) || address.sun_path[0] != '\0')
		return;
	length = size - offsetof(struct sockaddr_un, sun_path) - 1;
	memcpy(name, address.sun_path + 1, length);
	if (strlen(name) != length)
		return;
	digits = strspn(name, "0123456789abcdef");
	if (digits == 16 && strcmp(name + digits, "/p11bearer/unlock") == 0)
		peer->kind = PEER_UNLOCK;
	if (digits < 1 || digits > 16 || strncmp(name + digits, before_claim, strlen(before_claim)) != 0)
		return;
	peer->kind = PEER_CREDENTIAL;
	if (!peer_is_owner(peer) || !read_claim(peer, name + digits + strlen(before_claim)))
		peer->claimed_unit[0] = peer->claimed_id[0] = '\0';
}

int peer_read(struct peer *peer, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	memset(peer, 0, sizeof(*peer));
	peer->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof(credentials))
		return -1;
	peer->pid = credentials.pid;
	peer->uid = credentials.uid;
	peer->gid = credentials.gid;
	read_name(peer, fd);
	return 0;
}

bool peer_is_owner(const struct peer *peer)
{
	return peer->uid == 0 || peer->uid == geteuid();
}

/* --- its unit ---------------------------------------------------------------------------------------------------- */

/* Reads the line of a file in /proc/PID that begins with `label`; what follows is in `text`. */
static bool read_line(const char *pid, const char *file, const char *label, char *text, size_t size)
{
	char path[64], *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return false;
	while (!found && getline(&line, &room, stream) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = strncmp(line, label, strlen(label)) == 0 &&
			take(text, size, line + strlen(label), strlen(line + strlen(label)));
	}
	free(line);
	fclose(stream);
	return found;
}

/* Before Linux 6.5, the process may have ended since, and another may have its pid. It counts only if it has the
 * peer's uid: a user who can do that to processes of one uid can do worse to them. */
static int open_by_pid(const struct peer *peer, const char *pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, peer->pid, 0);
	unsigned long uid = 0;
	char text[128];

	if (pidfd < 0)
		return -1;
	if (read_line(pid, "status", "Uid:", text, sizeof(text)) && sscanf(text, "%*u %lu", &uid) == 1 &&
	    uid == peer->uid)
		return pidfd;
	close(pidfd);
	return -1;
}

static int open_process(const struct peer *peer, const char *pid)
{
	socklen_t size = sizeof(int);
	int pidfd = -1;

	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
		return pidfd;
	return errno == ENOPROTOOPT ? open_by_pid(peer, pid) : -1;
}

/* A process that still runs now has had its pid since the pidfd was opened. */
static bool still_runs(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	return poll(&end, 1, 0) == 0;
}

/* The agent stays in its cgroup. */
static const char *own_cgroup(void)
{
	static char path[CGROUP_SIZE];

	if (path[0] == '\0')
		read_line("self", "cgroup", cgroup_label, path, sizeof(path));
	return path;
}

const char *peer_unit(struct peer *peer)
{
	char pid[16], path[CGROUP_SIZE];
	int pidfd;

	if (peer->unit_known)
		return peer->unit;
	peer->unit_known = true;
	snprintf(pid, sizeof(pid), "%d", (int)peer->pid);
	pidfd = peer->pid > 0 ? open_process(peer, pid) : -1;
	if (pidfd < 0)
		return peer->unit;
	if (read_line(pid, "cgroup", cgroup_label, path, sizeof(path)) && still_runs(pidfd))
		unit_of_cgroup(path, own_cgroup(), geteuid(), peer->unit);
	close(pidfd);
	return peer->unit;
}
