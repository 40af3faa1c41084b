/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load http SOCKET TARGET USERS COUNT kept|new
 * load list SOCKET COUNT kept|new
 *	COUNT requests, one after the other, over one connection or over a new one each: of HTTP, or ssh-agent's for its list of
 *	keys. Prints requests a second and the median of their times in microseconds.
 * load size SOCKET TARGET USERS
 *	Prints the number of bytes in an answer's body.
 * load burst SOCKET TARGET USERS COUNT
 *	COUNT clients connect; when all are connected, all send their request. Prints the milliseconds until the last answer.
 *
 * Each HTTP request must be answered with 200. In TARGET, "%" stands for a number from 1 to USERS, another one each time. No
 * answer is shown: it may be a bearer.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_SIZE = 65536, REQUEST_SIZE = 1024, STRIDE = 7919 /* a prime, to visit users in no order */ };

static const char *path;

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Tries for ten seconds, because the server may be starting. */
static int connect_to(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timespec pause = { 0, 10000000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		die("no socket");
	strcpy(address.sun_path, path);
	for (int i = 0; i < 1000; i++, nanosleep(&pause, NULL)) {
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
	}
	perror("load: connect");
	exit(1);
}

static void send_all(int fd, const char *data, size_t length)
{
	if (send(fd, data, length, MSG_NOSIGNAL) != (ssize_t)length)
		die("the request was not taken");
}

/* Returns the length. */
static size_t write_request(char request[REQUEST_SIZE], const char *target, long users, long i)
{
	const char *mark = strchr(target, '%');
	int before = mark != NULL ? (int)(mark - target) : (int)strlen(target);
	char number[24] = "";

	if (mark != NULL)
		snprintf(number, sizeof(number), "%ld", i % users * STRIDE % users + 1);
	return (size_t)snprintf(request, REQUEST_SIZE, "GET %.*s%s%s HTTP/1.1\r\nHost: agent\r\nP11bearer: 1\r\n\r\n", before, target,
		number, mark != NULL ? mark + 1 : "");
}

static size_t receive(int fd, char *answer, size_t have)
{
	ssize_t length = recv(fd, answer + have, ANSWER_SIZE - 1 - have, 0);

	if (length <= 0)
		die("the answer ended early");
	answer[have + (size_t)length] = '\0';
	return have + (size_t)length;
}

/* Returns the length of the body, or -1 while the answer is not complete. */
static long judge(const char *answer, size_t have)
{
	const char *body = strstr(answer, "\r\n\r\n"), *header = strcasestr(answer, "\r\nContent-Length:");
	long length;

	if (body == NULL)
		return -1;
	if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || header == NULL || header > body) {
		fprintf(stderr, "load: %.*s\n", (int)strcspn(answer, "\r"), answer);
		exit(1);
	}
	length = atol(header + 17);
	return have - (size_t)(body + 4 - answer) == (size_t)length ? length : -1;
}

static long get(int fd, const char *target, long users, long i)
{
	static char answer[ANSWER_SIZE];
	char request[REQUEST_SIZE];
	size_t have = 0;
	long length;

	send_all(fd, request, write_request(request, target, users, i));
	do {
		have = receive(fd, answer, have);
		length = judge(answer, have);
	} while (length < 0);
	return length;
}

static void list(int fd)
{
	static char answer[ANSWER_SIZE];
	size_t have = 0, wanted = 4;

	send_all(fd, "\0\0\0\1\13", 5); /* SSH_AGENTC_REQUEST_IDENTITIES */
	while (have < wanted) {
		have = receive(fd, answer, have);
		if (have >= 4)
			wanted = 4 + ((size_t)(unsigned char)answer[2] << 8) + (unsigned char)answer[3];
	}
	if (answer[4] != 12)
		die("that is no list of keys");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* `target` NULL: ssh-agent. */
static void measure(const char *target, long users, long count, bool kept)
{
	double *times = calloc((size_t)count, sizeof(*times)), begin = now(), last = begin;
	int fd = kept ? connect_to() : -1;

	for (long i = 0; i < count; i++) {
		if (!kept)
			fd = connect_to();
		if (target != NULL)
			get(fd, target, users, i);
		else
			list(fd);
		if (!kept)
			close(fd);
		times[i] = now() - last;
		last += times[i];
	}
	qsort(times, (size_t)count, sizeof(*times), compare);
	printf("%.1f %.2f\n", (double)count / (last - begin), times[count / 2] * 1e6);
	free(times);
}

static void burst(const char *target, long users, long count)
{
	const struct rlimit files = { (rlim_t)count + 64, (rlim_t)count + 64 };
	struct pollfd *clients = calloc((size_t)count, sizeof(*clients));
	char **answers = calloc((size_t)count, sizeof(*answers)), request[REQUEST_SIZE];
	size_t *have = calloc((size_t)count, sizeof(*have));
	double begin;

	setrlimit(RLIMIT_NOFILE, &files);
	for (long i = 0; i < count; i++) {
		clients[i] = (struct pollfd){ .fd = connect_to(), .events = POLLIN };
		answers[i] = malloc(ANSWER_SIZE);
	}
	begin = now();
	for (long i = 0; i < count; i++)
		send_all(clients[i].fd, request, write_request(request, target, users, i));
	for (long left = count; left > 0;) {
		if (poll(clients, (nfds_t)count, 60000) <= 0)
			die("some were not answered");
		for (long i = 0; i < count; i++) {
			if (clients[i].fd < 0 || clients[i].revents == 0)
				continue;
			have[i] = receive(clients[i].fd, answers[i], have[i]);
			if (judge(answers[i], have[i]) < 0)
				continue;
			close(clients[i].fd);
			clients[i].fd = -1;
			left--;
		}
	}
	printf("%.1f\n", (now() - begin) * 1000);
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	path = argc > 3 ? argv[2] : NULL;
	if (strcmp(what, "http") == 0 && argc == 7)
		measure(argv[3], atol(argv[4]), atol(argv[5]), strcmp(argv[6], "kept") == 0);
	else if (strcmp(what, "list") == 0 && argc == 5)
		measure(NULL, 0, atol(argv[3]), strcmp(argv[4], "kept") == 0);
	else if (strcmp(what, "size") == 0 && argc == 5)
		printf("%ld\n", get(connect_to(), argv[3], atol(argv[4]), 0));
	else if (strcmp(what, "burst") == 0 && argc == 6)
		burst(argv[3], atol(argv[4]), atol(argv[5]));
	else
		die("wrong usage");
	return 0;
}
