/* SPDX-License-Identifier: Apache-2.0 */
/* "agent unlock": which messages are taken, that the PINs' pipes are passed on unread, and that nothing else stays open.
 * The workers, the listener and the audit are doubles, below. */
#include "agent-wait.h"

enum { SESSIONS = 16 };

static struct agent agent;
static struct agent_config config;
static struct agent_profile profiles[2];

/* --- doubles ----------------------------------------------------------------------------------------------------- */

static struct unlocking *waiting; /* at the workers */
static const struct agent_profile *unlocked;
static int got[2];                /* PINs that the workers got; -1: none */
static size_t left, cancelled, locked, records;
static struct error recorded;     /* the problem of the last record; class 0: it worked */
static bool audit_fails;

void agent_workers_unlock(struct workers *workers, const struct agent_profile *profile, int pins[2],
			  struct unlocking *unlocking)
{
	(void)workers;
	unlocked = profile;
	memcpy(got, pins, sizeof(got));
	waiting = unlocking;
}

void agent_workers_unlock_cancel(struct workers *workers, struct unlocking *unlocking)
{
	(void)workers;
	assert_ptr_equal(unlocking, waiting);
	cancelled++;
}

void listener_left(struct listener *listener, uid_t uid)
{
	(void)listener;
	(void)uid;
	left++;
}

bool peer_is_owner(const struct peer *peer)
{
	return peer->uid == 0;
}

const struct agent_profile *agent_profile(const struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->config->count; i++) {
		if (strcmp(a->config->profiles[i].name, name) == 0)
			return &a->config->profiles[i];
	}
	return NULL;
}

void agent_lock(struct agent *a, const struct agent_profile *profile)
{
	(void)a;
	assert_ptr_equal(profile, &profiles[0]);
	locked++;
}

int agent_record_action(const struct agent *a, enum audit_event event, const struct agent_profile *profile,
			const char *username, struct peer *peer, const struct error *problem, struct error *error)
{
	(void)a;
	(void)profile;
	(void)username;
	(void)peer;
	assert_int_equal(event, AUDIT_UNLOCK);
	records++;
	recorded = problem != NULL ? *problem : (struct error){ .class = ERROR_NONE };
	if (!audit_fails || problem != NULL)
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "cannot write the record");
}

/* --- setting up -------------------------------------------------------------------------------------------------- */

static size_t descriptors; /* that are open after setup */

static int setup(void **state)
{
	struct error error;

	(void)state;
	waiting = NULL;
	unlocked = NULL;
	got[0] = got[1] = -1;
	left = cancelled = locked = records = 0;
	audit_fails = false;
	profiles[0] = (struct agent_profile){ .name = (char *)(uintptr_t)"typed", .prompt = true };
	profiles[1] = (struct agent_profile){ .name = (char *)(uintptr_t)"file" };
	config = (struct agent_config){ .profiles = profiles, .count = 2 };
	agent = (struct agent){ .config = &config };
	if (loop_open(&agent.loop, &error) < 0)
		return -1;
	descriptors = wait_descriptors();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlock_end_all();
	for (size_t i = 0; i < 2; i++)
		if (got[i] >= 0)
			close(got[i]);
	assert_int_equal(wait_descriptors(), descriptors);
	loop_close(&agent.loop);
	return 0;
}

static int connect_as(uid_t uid)
{
	const struct peer peer = { .uid = uid, .kind = PEER_UNLOCK };
	int ends[2];

	wait_pair(ends);
	unlock_connection(&agent, ends[1], &peer);
	return ends[0];
}

/* Sends the message with these descriptors, and closes them. */
static void send_message(int fd, const void *text, size_t length, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = "";
	struct iovec part = { (void *)(uintptr_t)text, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header = (struct cmsghdr *)control;

	if (count > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		*header = (struct cmsghdr){ CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &message, 0), length);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* The read end of a pipe that has a PIN. */
static int pin(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "1234\n", 5), 5);
	close(ends[1]);
	return ends[0];
}

static bool is_settled(void)
{
	return waiting != NULL || left > 0;
}

/* The answer is this text, or has it, and the connection ends. */
static void is_answered(int fd, const char *text, bool whole)
{
	char line[4096];
	ssize_t length;

	assert_int_equal(left, 1);
	length = read(fd, line, sizeof(line) - 1);
	assert_true(length > 0);
	line[length] = '\0';
	assert_int_equal(line[length - 1], '\n');
	if (whole)
		assert_string_equal(line, text);
	else
		assert_contains(line, text);
	assert_true(read(fd, line, sizeof(line)) <= 0);
	close(fd);
}

/* The message is refused with this text, and nothing reaches the workers. */
static void is_refused(const void *text, size_t length, const int *fds, size_t count, const char *why)
{
	int fd = connect_as(0);

	left = 0;
	send_message(fd, text, length, fds, count);
	wait_until(agent.loop, is_settled, 100, 0);
	assert_null(waiting);
	is_answered(fd, why, false);
	assert_contains(recorded.text, why);
	assert_int_equal(wait_descriptors(), descriptors);
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

static void pipes_are_passed_on_unread(void **state)
{
	int fd = connect_as(0), pins[2] = { pin(), pin() };
	char text[16];

	(void)state;
	send_message(fd, "typed", 5, pins, 2);
	wait_until(agent.loop, is_settled, 100, 0);
	assert_ptr_equal(unlocked, &profiles[0]);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fcntl(got[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		assert_int_equal(read(got[i], text, sizeof(text)), 5);
	}
	assert_int_equal(left, 0);
	waiting->done(waiting, NULL);
	is_answered(fd, "{}\n", true);
	assert_int_equal(records, 1);
	assert_int_equal(recorded.class, ERROR_NONE);
}

static void a_profile_without_a_pin_needs_no_pipes(void **state)
{
	int fd = connect_as(0);

	(void)state;
	send_message(fd, "file", 4, NULL, 0);
	wait_until(agent.loop, is_settled, 100, 0);
	assert_ptr_equal(unlocked, &profiles[1]);
	assert_int_equal(got[0], -1);
	assert_int_equal(got[1], -1);
	waiting->done(waiting, NULL);
	is_answered(fd, "{}\n", true);
}

static void a_refused_pin_is_told(void **state)
{
	int fd = connect_as(0), pins[2] = { pin(), pin() };
	struct failure failure;

	(void)state;
	send_message(fd, "typed", 5, pins, 2);
	wait_until(agent.loop, is_settled, 100, 0);
	failure_set(&failure, FAILURE_WORKER, ERROR_PIN, 0, "the token refused the PIN");
	waiting->done(waiting, &failure);
	is_answered(fd, "\"error_description\":\"the token refused the PIN\",\"p11bearer\":{\"status\":5", false);
	assert_int_equal(recorded.class, ERROR_PIN);
}

static void other_messages_are_refused(void **state)
{
	static char name[300];
	int ends[2], fds[3];

	(void)state;
	memset(name, 'n', sizeof(name));
	is_refused("typed", 5, (int[]){ pin() }, 1, "the read ends of two pipes, or no descriptor");
	is_refused("typed", 5, (int[]){ pin(), pin(), pin() }, 3, "the read ends of two pipes, or no descriptor");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	is_refused("typed", 5, ends, 2, "the read ends of two pipes, or no descriptor"); /* one is a write end */
	fds[0] = pin();
	fds[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_refused("typed", 5, fds, 2, "the read ends of two pipes, or no descriptor");
	is_refused("typed", 5, NULL, 0, "needs a PIN");
	is_refused("file", 4, (int[]){ pin(), pin() }, 2, "does not take a typed PIN");
	is_refused("none", 4, (int[]){ pin(), pin() }, 2, "no profile");
	is_refused("typed\0x", 7, (int[]){ pin(), pin() }, 2, "not the name of a profile");
	is_refused(name, sizeof(name), (int[]){ pin(), pin() }, 2, "not the name of a profile");
}

static void others_may_not(void **state)
{
	int fd = connect_as(1000);

	(void)state;
	is_answered(fd, "access_denied", false);
	assert_int_equal(records, 1);
	assert_contains(recorded.text, "uid 1000 may not");
}

static bool has_left(void)
{
	return left > 0;
}

static void who_says_nothing_is_dropped(void **state)
{
	double began = wait_clock;
	int fd = connect_as(0);

	(void)state;
	wait_until(agent.loop, has_left, 1000, 100);
	assert_true(wait_clock - began >= 10000 && wait_clock - began < 12000);
	assert_int_equal(records, 0);
	close(fd);
	left = 0;
	close(connect_as(0));
	wait_until(agent.loop, has_left, 10, 0);
}

static void a_slow_login_has_time(void **state)
{
	int fd = connect_as(0), pins[2] = { pin(), pin() };

	(void)state;
	send_message(fd, "typed", 5, pins, 2);
	close(fd); /* nobody waits for the answer; the record is still made */
	wait_until(agent.loop, is_settled, 100, 0);
	wait_until(agent.loop, NULL, 100, 1000);
	assert_int_equal(left, 0);
	waiting->done(waiting, NULL);
	assert_int_equal(left, 1);
	assert_int_equal(records, 1);
}

static void what_cannot_be_recorded_is_undone(void **state)
{
	int fd = connect_as(0), pins[2] = { pin(), pin() };

	(void)state;
	audit_fails = true;
	send_message(fd, "typed", 5, pins, 2);
	wait_until(agent.loop, is_settled, 100, 0);
	waiting->done(waiting, NULL);
	is_answered(fd, "cannot write the record", false);
	assert_int_equal(locked, 1);
}

static void the_end_cancels(void **state)
{
	int fd = connect_as(0), pins[2] = { pin(), pin() }, idle[SESSIONS];

	(void)state;
	send_message(fd, "typed", 5, pins, 2);
	wait_until(agent.loop, is_settled, 100, 0);
	for (size_t i = 0; i < SESSIONS; i++)
		idle[i] = connect_as(0);
	is_answered(idle[SESSIONS - 1], "too many", false); /* with the first one, that is one more than allowed */
	unlock_end_all();
	assert_int_equal(cancelled, 1);
	assert_int_equal(left, SESSIONS + 1);
	close(fd);
	for (size_t i = 0; i < SESSIONS - 1; i++)
		close(idle[i]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pipes_are_passed_on_unread),
		TEST(a_profile_without_a_pin_needs_no_pipes),
		TEST(a_refused_pin_is_told),
		TEST(other_messages_are_refused),
		TEST(others_may_not),
		TEST(who_says_nothing_is_dropped),
		TEST(a_slow_login_has_time),
		TEST(what_cannot_be_recorded_is_undone),
		TEST(the_end_cancels),
	};

	return cmocka_run_group_tests_name("agent-typed-pins", tests, NULL, NULL);
}
