/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace SKIP COUNT: reads lines on stdin and prints how many come a second, from the SKIP-th on to the last. Fails when
 * they are not COUNT. So start-up, the first use of each session and teardown are left out, in one run: the difference of
 * two runs of different sizes would have the noise of both. It reads every few milliseconds only: a reader that wakes up
 * for each line takes time from the program that is measured.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, PAUSE_NS = 5000000 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long count_lines(const char *text, size_t length)
{
	long lines = 0;

	for (const char *at = text; (at = memchr(at, '\n', length - (size_t)(at - text))) != NULL; at++)
		lines++;
	return lines;
}

int main(int argc, char **argv)
{
	static char block[PIPE_SIZE];
	static const struct timespec pause = { 0, PAUSE_NS };
	long skip = argc == 3 ? atol(argv[1]) : 0, lines = 0, first = 0;
	double begin = 0, end = 0;
	ssize_t length;

	fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
	while ((length = read(STDIN_FILENO, block, sizeof(block))) > 0) {
		lines += count_lines(block, (size_t)length);
		end = now();
		if (first == 0 && lines > skip) {
			first = lines;
			begin = end;
		}
		nanosleep(&pause, NULL);
	}
	memset(block, 0, sizeof(block)); /* they were assertions or bearers */
	if (argc != 3 || lines != atol(argv[2]) || lines == first) {
		fprintf(stderr, "pace: %ld lines came\n", lines);
		return 1;
	}
	printf("%.3f\n", (double)(lines - first) / (end - begin));
	return 0;
}
