/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback org: starts the server, prints its URL, and waits for a signal to end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "options.h"
#include "server.h"

/* Ends the org if the test dies. Returns 0, or -1 if the parent is already gone. */
static int end_with_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return -1;
	return getppid() == parent ? 0 : -1;
}

/*
 * Prints the URL and closes stdout, so that a reader sees its end. /dev/null replaces it, or a file opened later would
 * become descriptor 1.
 */
static int tell_url(const char *url)
{
	int null;
	int replaced;

	if (printf("%s\n", url) < 0 || fflush(stdout) != 0)
		return -1;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return -1;
	replaced = dup2(null, STDOUT_FILENO);
	close(null);
	return replaced < 0 ? -1 : 0;
}

static int serve(const struct options *options, const sigset_t *ends)
{
	struct server *server = server_start(options);
	int caught;

	if (server == NULL)
		return 1;
	if (tell_url(server_url(server)) != 0) {
		perror("loopback-org: the URL cannot be printed");
		server_stop(&server);
		return 1;
	}
	sigwait(ends, &caught);
	server_stop(&server);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	sigset_t ends;
	int status;

	/* Blocked before any thread starts, so that only sigwait receives them. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	/* If a client hangs up, only the write fails; the org goes on. */
	signal(SIGPIPE, SIG_IGN);
	status = options_parse(argc, argv, &options);
	if (status < 0)
		status = end_with_parent(parent) == 0 ? serve(&options, &ends) : 0;
	options_clear(&options);
	return status;
}
