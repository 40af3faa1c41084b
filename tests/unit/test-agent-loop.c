/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's event loop. */
#include "unit.h"

#include "agent/loop.h"
#include "base/clock.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

static struct loop *loop;
static struct error error;

/* What the loop waited last, in milliseconds. */
static int waited;

int __real_epoll_wait(int epoll, struct epoll_event *events, int most, int milliseconds);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int milliseconds);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int milliseconds)
{
	waited = milliseconds;
	return __real_epoll_wait(epoll, events, most, milliseconds);
}

static int open_loop(void **state)
{
	(void)state;
	return loop_open(&loop, &error);
}

static int close_loop(void **state)
{
	(void)state;
	loop_close(&loop);
	return 0;
}

static void end_loop(void *context)
{
	(void)context;
	loop_end(loop);
}

/* Runs the loop for so many milliseconds. */
static void run_for(double milliseconds)
{
	struct timer stop = { .call = end_loop };

	assert_int_equal(timer_set(loop, &stop, clock_boot_ms() + milliseconds), 0);
	assert_works(loop_run(loop, NULL, NULL, &error), &error);
}

/* --- watches ----------------------------------------------------------------------------------------------------- */

/* A pair of sockets: one is watched, and something is written to the other. */
struct pair {
	int fds[2];
	struct watch *watch;
	int calls;
	uint32_t events;
	struct pair *victim, *silent;
	enum deed { ENDS, CHANGES, REPLACES } does;
};

static void called(void *context, uint32_t events)
{
	struct pair *pair = context;

	pair->calls++;
	pair->events = events;
	loop_watch_end(&pair->watch);
	if (pair->victim != NULL && pair->victim->watch != NULL) {
		if (pair->does == CHANGES) {
			loop_watch_change(pair->victim->watch, EPOLLOUT);
			loop_watch_change(pair->victim->watch, 0);
			return;
		}
		loop_watch_end(&pair->victim->watch);
		if (pair->does == REPLACES) /* it probably gets the memory of the one that has ended */
			pair->silent->watch = loop_watch(loop, pair->silent->fds[0], EPOLLIN, called, pair->silent);
	}
}

static void open_pair(struct pair *pair, uint32_t events)
{
	*pair = (struct pair){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->fds), 0);
	pair->watch = loop_watch(loop, pair->fds[0], events, called, pair);
	assert_non_null(pair->watch);
	if (events != EPOLLPRI)
		assert_int_equal(write(pair->fds[1], "x", 1), 1);
}

static void close_pair(struct pair *pair)
{
	loop_watch_end(&pair->watch);
	close(pair->fds[0]);
	if (pair->fds[1] >= 0)
		close(pair->fds[1]);
}

static void a_callback_ends_another_watch(void **state)
{
	struct pair a, b, silent;

	(void)state;
	for (enum deed does = ENDS; does <= REPLACES; does++) {
		open_pair(&silent, EPOLLPRI);
		loop_watch_end(&silent.watch);
		open_pair(&a, EPOLLIN);
		open_pair(&b, EPOLLIN);
		a.does = b.does = does;
		a.victim = &b;
		b.victim = &a;
		a.silent = b.silent = &silent;
		run_for(0);
		run_for(0);
		assert_int_equal(a.calls + b.calls, 1);
		assert_int_equal(silent.calls, 0);
		close_pair(&silent);
		close_pair(&a);
		close_pair(&b);
	}
}

static void a_hang_up_is_told_without_any_event_asked_for(void **state)
{
	struct pair pair;

	(void)state;
	open_pair(&pair, 0);
	assert_int_equal(shutdown(pair.fds[1], SHUT_WR), 0);
	run_for(0);
	assert_int_equal(pair.calls, 0);
	close(pair.fds[1]);
	pair.fds[1] = -1;
	run_for(0);
	assert_int_equal(pair.calls, 1);
	assert_true((pair.events & EPOLLHUP) != 0);
	close_pair(&pair);
}

static void what_cannot_be_watched_is_told(void **state)
{
	struct watch *none = NULL;

	(void)state;
	assert_null(loop_watch(loop, -1, EPOLLIN, called, NULL));
	loop_watch_end(&none);
}

/* --- timers ------------------------------------------------------------------------------------------------------ */

enum { TIMERS = 1000 };

static struct timer timers[TIMERS];
static double last_due;
static int fired;

static void fire(void *context)
{
	struct timer *timer = context;

	assert_true(timer->due >= last_due);
	assert_true(timer->due <= clock_boot_ms());
	assert_int_equal(timer->place, 0);
	last_due = timer->due;
	fired++;
}

static void timers_go_off_in_order_and_once(void **state)
{
	double now = clock_boot_ms();
	int set = 0;

	(void)state;
	srandom(1);
	fired = 0;
	last_due = 0;
	memset(timers, 0, sizeof(timers));
	for (int i = 0; i < 4 * TIMERS; i++) { /* sets, sets to another time, or clears one */
		struct timer *timer = &timers[random() % TIMERS];

		timer->call = fire;
		timer->context = timer;
		if (random() % 4 == 0)
			timer_clear(loop, timer);
		else
			assert_int_equal(timer_set(loop, timer, now + (double)(random() % 1000) / 100), 0);
	}
	for (int i = 0; i < TIMERS; i++)
		set += timers[i].place != 0;
	run_for(20);
	assert_int_equal(fired, set);
}

static void fire_again(void *context)
{
	fired++;
	assert_int_equal(timer_set(loop, context, loop_now(loop)), 0);
}

static void clear_other(void *context)
{
	fired++;
	timer_clear(loop, context);
}

static void a_timer_that_is_always_due_keeps_nothing_waiting(void **state)
{
	struct timer always = { .call = fire_again, .context = &always };
	struct pair pair;

	(void)state;
	open_pair(&pair, EPOLLIN);
	assert_int_equal(timer_set(loop, &always, 0), 0);
	run_for(1);
	assert_int_equal(pair.calls, 1);
	timer_clear(loop, &always);
	close_pair(&pair);
}

static void a_timer_can_clear_another_that_is_due(void **state)
{
	struct timer a = { .call = clear_other }, b = { .call = clear_other };

	(void)state;
	a.context = &b;
	b.context = &a;
	fired = 0;
	assert_int_equal(timer_set(loop, &a, 1), 0);
	assert_int_equal(timer_set(loop, &b, 1), 0);
	run_for(0);
	assert_int_equal(fired, 1);
}

/* --- rounds ------------------------------------------------------------------------------------------------------ */

static double after(void *context)
{
	int *calls = context;

	if (++*calls == 3)
		loop_end(loop);
	return 1;
}

static void after_is_called_when_it_asks_for_it(void **state)
{
	double began = clock_boot_ms();
	int calls = 0;

	(void)state;
	assert_works(loop_run(loop, after, &calls, &error), &error);
	assert_int_equal(calls, 3);
	assert_true(clock_boot_ms() - began >= 2);
	assert_int_equal(waited, 2);
}

static double later(void *context)
{
	int *calls = context;

	if (++*calls == 2)
		loop_end(loop);
	return *calls == 1 ? 1e12 : -1;
}

/* While the machine sleeps, epoll_wait does not count. */
static void no_wait_is_longer_than_a_second(void **state)
{
	struct timer timer = { .call = end_loop };
	struct pair pair;
	int calls = 0;

	(void)state;
	open_pair(&pair, EPOLLIN);
	assert_int_equal(timer_set(loop, &timer, clock_boot_ms() + 1e12), 0);
	assert_works(loop_run(loop, later, &calls, &error), &error);
	assert_int_equal(waited, 1001);
	timer_clear(loop, &timer);
	close_pair(&pair);
}

static void an_end_before_the_start_counts_once(void **state)
{
	(void)state;
	loop_end(loop);
	assert_works(loop_run(loop, NULL, NULL, &error), &error);
	run_for(1);
}

static void ignore(int number)
{
	(void)number;
}

static void signals_do_not_end_it(void **state)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = ignore }, before;
	double began = clock_boot_ms();

	(void)state;
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &often, NULL);
	run_for(10);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	assert_true(clock_boot_ms() - began >= 10);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_callback_ends_another_watch),
		TEST(a_hang_up_is_told_without_any_event_asked_for),
		TEST(what_cannot_be_watched_is_told),
		TEST(timers_go_off_in_order_and_once),
		TEST(a_timer_that_is_always_due_keeps_nothing_waiting),
		TEST(a_timer_can_clear_another_that_is_due),
		TEST(after_is_called_when_it_asks_for_it),
		TEST(no_wait_is_longer_than_a_second),
		TEST(an_end_before_the_start_counts_once),
		TEST(signals_do_not_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
