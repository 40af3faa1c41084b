/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that the test program itself plays. It does what the words in FAKE say, which has a part for each start,
 * separated by '|'; the last one is for all that follow. */
#ifndef P11BEARER_TESTS_PLAYED_WORKER_H
#define P11BEARER_TESTS_PLAYED_WORKER_H

#include "unit.h"

#include <signal.h>

static char plan[256];

static bool is_planned(const char *word)
{
	const char *at = strstr(plan, word);

	return at != NULL && (at == plan || at[-1] == ' ');
}

static int planned(const char *word)
{
	const char *at = strstr(plan, word);

	return at != NULL ? atoi(at + strlen(word)) : 0;
}

/* Counts the starts in a file, and takes this one's part of FAKE. */
static void read_plan(void)
{
	const char *part = getenv("FAKE"), *next;
	int fd = open(getenv("FAKE_STARTS"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat status;

	if (part == NULL || fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &status) < 0)
		_exit(99);
	close(fd);
	for (off_t n = status.st_size; n > 1 && (next = strchr(part, '|')) != NULL; n--)
		part = next + 1;
	snprintf(plan, sizeof(plan), "%.*s", (int)strcspn(part, "|"), part);
}

static void put(const char *text)
{
	size_t length = strlen(text), step = is_planned("bytes") ? 1 : length;

	for (size_t i = 0; i < length; i += step)
		if (write(STDOUT_FILENO, text + i, step) < 0)
			_exit(98);
}

__attribute__((format(printf, 1, 2)))
static void answer(const char *format, ...)
{
	char text[32768];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	put(text);
}

/* What the process has inherited. */
static void report(unsigned long line, unsigned long ref, char *const *argv)
{
	char text[8192] = "", path[64], target[64];
	struct sigaction action;
	sigset_t mask;

	for (size_t i = 1; argv[i] != NULL; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 1 ? " " : "", argv[i]);
	strcat(text, "\",\"fds\":\"");
	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target)) > 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", fd);
	}
	strcat(text, "\",\"signals\":\"");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number < 32; number++) {
		if (number == SIGSEGV || number == SIGBUS || number == SIGFPE)
			continue; /* sanitizers handle them */
		sigaction(number, NULL, &action);
		if (action.sa_handler != SIG_DFL || sigismember(&mask, number) == 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", number);
	}
	strcat(text, "\",\"environment\":\"");
	for (size_t i = 0; environ[i] != NULL; i++)
		if (strncmp(environ[i], "TESTED_", 7) == 0 || strncmp(environ[i], "LISTEN_", 7) == 0 ||
		    strncmp(environ[i], "WATCHDOG_", 9) == 0 || strncmp(environ[i], "NOTIFY_SOCKET", 13) == 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", environ[i]);
	answer("{\"line\":%lu,\"ref\":%lu,\"jti\":null,\"argv\":\"%s\"}\n", line, ref, text);
}

/* Answers a line that is no ping. */
static void play(const char *text, unsigned long line, char *const *argv)
{
	static char big[2 << 20];
	const char *at = strstr(text, "\"ref\":");
	unsigned long ref = at != NULL ? strtoul(at + 6, NULL, 10) : 0;
	bool assertions = strcmp(argv[1], "jwt") == 0;

	if (is_planned("mute") || (is_planned("skip") && line == 2))
		return;
	if (is_planned("stop"))
		raise(SIGSTOP);
	if (is_planned("die")) {
		if (is_planned("note"))
			fprintf(stderr, "p11bearer: the org answers again\n");
		fprintf(stderr, "p11bearer: warning: it is ill\np11bearer: the token failed; 1 line done; the input is "
			"read up to line 2\n");
		if (!is_planned("note"))
			fprintf(stderr, "p11bearer: look at it\np11bearer: [     1.2 ms] C_Finalize\n");
		_exit(planned("die="));
	}
	if (is_planned("end"))
		_exit(0);
	if (is_planned("crash"))
		raise(SIGKILL);
	if (is_planned("refuse"))
		answer("{\"line\":%lu,\"ref\":%lu,\"error\":\"no\",\"hint\":\"try\",\"status\":8,"
		       "\"code\":\"invalid_grant\",\"retry_after\":7}\n", line, ref);
	else if (is_planned("no-ref"))
		answer("{\"line\":%lu,\"error\":\"no\",\"hint\":null,\"status\":3}\n", line);
	else if (is_planned("report"))
		report(line, ref, argv);
	else if (is_planned("flood"))
		for (memset(big, 'x', sizeof(big) - 1); ; )
			put(big);
	else if (is_planned("rubbish"))
		put(getenv("RUBBISH"));
	else if (is_planned("big"))
		answer("{\"line\":%lu,\"ref\":%lu,\"jti\":null,\"big\":\"%.*s\"}\n", line, ref, 30000,
		       (char *)memset(big, 'y', sizeof(big) - 1));
	else if (assertions)
		answer("{\"line\":%lu,\"ref\":%lu,\"assertion\":\"a%lu\"}\n", line, ref, line);
	else
		answer("{\"line\":%lu,\"ref\":%lu,\"jti\":\"j\",\"access_token\":\"t%lu\"}\n", line, ref, line);
}

/* Says what p11bearer would, and ends. */
static void fail_to_start(void)
{
	int status = planned("exit=");

	if (status == 5)
		fprintf(stderr, "p11bearer: the token refused the PIN\np11bearer: check it\n");
	else if (is_planned("exit="))
		fprintf(stderr, "p11bearer: no token\n");
	if (is_planned("exit="))
		_exit(status);
	if (is_planned("start-crash"))
		raise(SIGKILL);
	if (is_planned("start-mute"))
		raise(SIGSTOP);
}

/* Whether this process was started as a worker. */
static inline bool is_worker(int argc, char *const *argv)
{
	return argc > 1 && (strcmp(argv[1], "token") == 0 || strcmp(argv[1], "jwt") == 0);
}

static inline int worker_main(char *const *argv)
{
	char *text = NULL, pin[64];
	size_t size = 0;
	unsigned long line = 0;
	ssize_t length;

	read_plan();
	if (is_planned("pin")) {
		length = read(4, pin, sizeof(pin) - 1);
		if (length < 5 || strncmp(pin, "1234\n", 5) != 0)
			return 5;
	}
	if (is_planned("linger"))
		signal(SIGTERM, SIG_IGN);
	fail_to_start();
	while ((length = getline(&text, &size, stdin)) > 0) {
		line++;
		if (strstr(text, "\"ping\"") == NULL)
			play(text, line, argv);
		else if (line == 1 || !is_planned("deaf"))
			answer("{\"line\":%lu,\"ref\":0,\"error\":\"the line has an unknown member\",\"hint\":\"x\","
			       "\"status\":3}\n", line);
	}
	while (is_planned("linger"))
		pause();
	if (is_planned("farewell"))
		close(open(getenv("FAREWELL"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	free(text);
	return 3;
}

#endif
