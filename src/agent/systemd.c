/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/systemd.h"

#include "base/text.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 1 << 20 };

/* The number in the variable; 0 if it is unset or none. */
static unsigned long long number(const char *name)
{
	const char *text = getenv(name);

	if (text == NULL || !isdigit((unsigned char)text[0]) || text[strspn(text, "0123456789")] != '\0')
		return 0;
	return strtoull(text, NULL, 10);
}

static bool is_own_pid(const char *name)
{
	return number(name) == (unsigned long long)getpid();
}

int systemd_descriptors(void)
{
	unsigned long long count = is_own_pid("LISTEN_PID") ? number("LISTEN_FDS") : 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_PIDFDID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (count > DESCRIPTORS_MAX)
		return 0;
	for (int fd = SYSTEMD_DESCRIPTOR; fd < SYSTEMD_DESCRIPTOR + (int)count; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return (int)count;
}

void systemd_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path != NULL ? strlen(path) : 0;
	char state[2048];
	va_list list;
	int fd;

	if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	va_start(list, format);
	vsnprintf(state, sizeof(state), format, list);
	va_end(list);
	text_clean(state, "\n"); /* also a character that was cut: the manager ignores what is not UTF-8 */
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

double systemd_watchdog(void)
{
	if (getenv("WATCHDOG_PID") != NULL && !is_own_pid("WATCHDOG_PID"))
		return 0;
	return (double)number("WATCHDOG_USEC") / 1e3 / 2;
}
