/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that stands still at P11CLOCK, in seconds since 1970, for LD_PRELOAD. Clocks that measure time go on. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t standing;

__attribute__((constructor)) static void stop(void)
{
	const char *text = getenv("P11CLOCK");

	standing = text != NULL ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec){ .tv_sec = standing };
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	(void)zone;
	*now = (struct timeval){ .tv_sec = standing };
	return 0;
}

time_t time(time_t *now)
{
	if (now != NULL)
		*now = standing;
	return standing;
}
