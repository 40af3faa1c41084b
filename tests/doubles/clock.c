/* SPDX-License-Identifier: Apache-2.0 */
/* Other clocks, for LD_PRELOAD. With P11CLOCK, the wall clock stands still at so many seconds since 1970, and clocks that
 * measure time go on. With P11CLOCK_AHEAD, a file, all clocks are ahead by the seconds in it, which is read each time: a test
 * lets days pass by writing to it. Waits for a time by such a clock end when it has come, those for a duration last as long. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *ahead_file;
static time_t standing;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("P11CLOCK");

	standing = text != NULL ? (time_t)strtoll(text, NULL, 10) : 0;
	ahead_file = getenv("P11CLOCK_AHEAD");
}

static time_t ahead(void)
{
	char text[32] = "";
	int saved = errno, file = ahead_file != NULL ? open(ahead_file, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t length = file >= 0 ? read(file, text, sizeof(text) - 1) : 0;

	if (file >= 0)
		close(file);
	errno = saved;
	return length > 0 ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (ahead_file != NULL)
		now->tv_sec += ahead();
	else if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		*now = (struct timespec){ .tv_sec = standing };
	return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec time;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &time);
	*now = (struct timeval){ .tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *now)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	if (now != NULL)
		*now = time.tv_sec;
	return time.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock,
			   const struct timespec *restrict until)
{
	static int (*wait)(pthread_cond_t *restrict, pthread_mutex_t *restrict, const struct timespec *restrict);
	struct timespec real = *until;

	if (wait == NULL)
		*(void **)&wait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	real.tv_sec -= ahead();
	return wait(condition, lock, &real);
}
