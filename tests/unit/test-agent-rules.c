/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection, and what rules make of it. */
#include "unit.h"

#include "agent/peer.h"
#include "agent/unit.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* --- the kernel's answers, which a test can change --------------------------------------------------------------- */

static struct {
	bool old_kernel;  /* without SO_PEERPIDFD */
	bool gone;        /* SO_PEERPIDFD fails, as before Linux 6.16 for a process that has ended */
	pid_t pid;        /* instead of the peer's; 0: leave it */
	uid_t uid;        /* instead of the peer's; (uid_t)-1: leave it */
	const char *cgroup; /* instead of what /proc says; NULL: leave it */
} fake;

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	bool fails = name == SO_PEERPIDFD && (fake.old_kernel || fake.gone);
	int result = fails ? -1 : __real_getsockopt(fd, level, name, value, size);
	struct ucred *credentials = value;

	if (fails)
		errno = fake.old_kernel ? ENOPROTOOPT : ESRCH;
	if (name == SO_PEERCRED && fake.pid != 0)
		credentials->pid = fake.pid;
	if (name == SO_PEERCRED && fake.uid != (uid_t)-1)
		credentials->uid = fake.uid;
	return result;
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char text[8192];
	const char *name = strrchr(path, '/');

	if (fake.cgroup == NULL || name == NULL || strcmp(name, "/cgroup") != 0)
		return __real_fopen(path, mode);
	snprintf(text, sizeof(text), "%s", strncmp(path, "/proc/self/", 11) == 0 ? "0::/\n" : fake.cgroup);
	return fmemopen(text, strlen(text), "r");
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.uid = (uid_t)-1;
	return 0;
}

/* --- units ------------------------------------------------------------------------------------------------------- */

#define LONG_NAME "a234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
	"a234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
	"a2345678901234567890123456789012345678901234567" /* 247 */

static void the_unit_is_the_first_part_that_is_no_slice(void **state)
{
	static const char *const cases[][2] = {
		{ "/system.slice/web.service", "web.service" },
		{ "/system.slice/web.service/web.slice/other.service", "web.service" },
		{ "/system.slice/system-backup.slice/backup@1.service", "backup@1.service" },
		{ "/init.scope", "init.scope" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "user@1000.service" },
		{ "/machine.slice/systemd-nspawn@x.service/payload/system.slice/web.service", "systemd-nspawn@x.service" },
		{ "/system.slice/_cpu.service", "cpu.service" },
		{ "/system.slice/__web.service", "_web.service" },
		{ "/system.slice/a\\x2db.service", "a\\x2db.service" },
		{ "/system.slice/" LONG_NAME ".service", LONG_NAME ".service" },
		{ "/system.slice/1" LONG_NAME ".service", "" },
		{ "/", "" },
		{ "", "" },
		{ "web.service", "" },
		{ "/system.slice", "" },
		{ "/system.slice/", "" },
		{ "/system.slice//web.service", "" },
		{ "/../web.service", "" },
		{ "/../../system.slice/web.service", "" },
		{ "/system.slice/../web.service", "" },
		{ "/system.slice/./web.service", "" },
		{ "/lxc.payload.x/system.slice/web.service", "" },
		{ "/docker/0123456789abcdef/web.service", "" },
		{ "/.slice/web.service", "" },
		{ "/ a.slice/web.service", "" },
		{ "/system.slice/.service", "" },
		{ "/system.slice/@1.service", "" },
		{ "/system.slice/_", "" },
		{ "/system.slice/web.service (deleted)", "" },
		{ "/system.slice/web service.service", "" },
		{ "/system.slice/web\nservice.service", "" },
		{ "/system.slice/w\xc3\xa9" "b.service", "" },
		{ "/system.slice/web.timer", "" },
		{ "/system.slice/web.Service", "" },
	};
	char unit[UNIT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unit_of_cgroup(cases[i][0], "/system.slice/agent.service", 1000, unit);
		assert_string_equal(unit, cases[i][1]);
	}
}

static void for_an_agent_of_a_user_his_manager_s_units_count(void **state)
{
#define MANAGER "/user.slice/user-1000.slice/user@1000.service"
	static const char *const cases[][3] = {
		{ MANAGER "/app.slice/agent.service", MANAGER "/app.slice/web.service", "web.service" },
		{ MANAGER "/app.slice/agent.service", MANAGER "/init.scope", "init.scope" },
		{ MANAGER "/app.slice/agent.service", MANAGER "/app.slice/web.service/x.service", "web.service" },
		{ MANAGER "/app.slice/agent.service", MANAGER, "" },
		{ MANAGER "/app.slice/agent.service", MANAGER "/x/web.service", "" },
		{ MANAGER "/app.slice/agent.service", "/system.slice/web.service", "" },
		{ MANAGER "/app.slice/agent.service",
		  "/user.slice/user-1001.slice/user@1001.service/app.slice/web.service", "" },
		/* that of another user, which one has made root's with sudo */
		{ "/user.slice/user-1001.slice/user@1001.service/app.slice/agent.service",
		  "/user.slice/user-1001.slice/user@1001.service/app.slice/web.service", "user@1001.service" },
		{ "/system.slice/x.service/user.slice/user@1000.service/agent.service",
		  "/system.slice/x.service/user.slice/user@1000.service/web.service", "x.service" },
		{ "", "/system.slice/web.service", "web.service" },
	};
	char unit[UNIT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unit_of_cgroup(cases[i][1], cases[i][0], 1000, unit);
		assert_string_equal(unit, cases[i][2]);
	}
}

/* --- peers ------------------------------------------------------------------------------------------------------- */

static int pair[2];

static void open_pair(struct peer *peer)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(peer_read(peer, pair[0]), 0);
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
}

static void the_peer_is_the_process_that_connected(void **state)
{
	struct peer peer;

	(void)state;
	open_pair(&peer);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.kind, PEER_HTTP);
	assert_true(peer_is_owner(&peer));
	peer.uid = 0;
	assert_true(peer_is_owner(&peer));
	peer.uid = geteuid() + 1;
	assert_false(peer_is_owner(&peer));
	close_pair();
	assert_int_equal(peer_read(&peer, pair[0]), -1);
	assert_int_equal(peer_read(&peer, STDERR_FILENO), -1);
}

static void is_unit(const char *unit)
{
	struct peer peer;

	for (int i = 0; i < 2; i++) {
		fake.old_kernel = i == 1;
		open_pair(&peer);
		assert_string_equal(peer_unit(&peer), unit);
		assert_true(peer.unit_known);
		close_pair();
	}
}

static void the_unit_is_read_from_the_peer_s_cgroup(void **state)
{
	char *line;

	(void)state;
	fake.cgroup = "0::/system.slice/web.service\n";
	is_unit("web.service");
	fake.cgroup = "9:name=systemd:/system.slice/a.service\n8:pids:/0::/system.slice/b.service\n"
		"0::/system.slice/c.service\n";
	is_unit("c.service");
	fake.cgroup = "9:name=systemd:/system.slice/a.service\n10::/system.slice/b.service\n";
	is_unit("");
	fake.cgroup = "\n";
	is_unit("");
	assert_true(asprintf(&line, "0::/system.slice/web.service/%04090d\n", 0) > 0);
	fake.cgroup = line;
	is_unit("");
	free(line);
	fake.cgroup = NULL;
	fake.pid = -1;
	is_unit("");
}

/* A connection of a child that has ended. If not `reaped`, it is a zombie, and the caller reaps it. */
static pid_t open_pair_of_child(struct peer *peer, bool reaped)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	siginfo_t status;
	pid_t child;

	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
	pair[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	child = fork();
	if (child == 0)
		_exit(connect(pair[1], (struct sockaddr *)&address, size) == 0 ? 0 : 1);
	assert_int_equal(waitid(P_PID, (id_t)child, &status, WEXITED | (reaped ? 0 : WNOWAIT)), 0);
	assert_int_equal(status.si_status, 0);
	pair[0] = accept(listening, NULL, NULL);
	assert_int_equal(peer_read(peer, pair[0]), 0);
	assert_int_equal(peer->pid, fake.pid != 0 ? fake.pid : child);
	close(listening);
	return child;
}

static void a_process_that_has_ended_is_in_no_unit(void **state)
{
	struct peer peer;

	(void)state;
	fake.cgroup = "0::/system.slice/web.service\n";
	for (int i = 0; i < 4; i++) {
		pid_t child;

		fake.old_kernel = i % 2 == 1;
		child = open_pair_of_child(&peer, i / 2 == 0);
		assert_string_equal(peer_unit(&peer), "");
		close_pair();
		if (i / 2 == 1)
			assert_int_equal(waitpid(child, NULL, 0), child);
	}
}

/* The child connects, passes the connection on and ends; another process, here this one, gets its pid. */
static void a_reused_pid_does_not_count(void **state)
{
	struct peer peer;
	int pidfd;
	socklen_t size = sizeof(pidfd);

	(void)state;
	fake.cgroup = "0::/system.slice/web.service\n";
	fake.pid = getpid();
	open_pair_of_child(&peer, true);
	if (getsockopt(pair[0], SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0 || errno != ENOPROTOOPT)
		assert_string_equal(peer_unit(&peer), "");
	close_pair();
	fake.gone = true;
	open_pair_of_child(&peer, true);
	assert_string_equal(peer_unit(&peer), "");
	close_pair();
	fake.old_kernel = true; /* it does at least not count for another user */
	fake.uid = geteuid() + 1;
	open_pair_of_child(&peer, true);
	assert_string_equal(peer_unit(&peer), "");
	close_pair();
}

/* --- names that peers bind --------------------------------------------------------------------------------------- */

/* Reads the peer that connects from a socket with this abstract name. */
static void read_named(struct peer *peer, const char *name, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	memcpy(own.sun_path + 1, name, length);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(bind(client, (struct sockaddr *)&own,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
	fd = accept(listening, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(peer_read(peer, fd), 0);
	close(fd);
	close(client);
	close(listening);
}

static void names_say_what_a_peer_wants(void **state)
{
	static const struct {
		const char *name; /* after 16 random digits */
		enum peer_kind kind;
		const char *unit, *id;
	} cases[] = {
		{ "/unit/web.service/prod", PEER_CREDENTIAL, "web.service", "prod" },
		{ "/unit/backup@a\\x2db.service/sf-token", PEER_CREDENTIAL, "backup@a\\x2db.service", "sf-token" },
		{ "/unit/a.service/../b.service", PEER_CREDENTIAL, "", "" },
		{ "/unit/../b.service/prod", PEER_CREDENTIAL, "", "" },
		{ "/unit/a.service/", PEER_CREDENTIAL, "", "" },
		{ "/unit/a.service", PEER_CREDENTIAL, "", "" },
		{ "/unit//prod", PEER_CREDENTIAL, "", "" },
		{ "/unit/", PEER_CREDENTIAL, "", "" },
		{ "/unit/web/prod", PEER_CREDENTIAL, "", "" },
		{ "/unit/web.service/a b", PEER_CREDENTIAL, "", "" },
		{ "/unit/web.service/a\nb", PEER_CREDENTIAL, "", "" },
		{ "/unit/web.service/\xff", PEER_CREDENTIAL, "", "" },
		{ "/unit", PEER_HTTP, "", "" },
		{ "/units/web.service/prod", PEER_HTTP, "", "" },
		{ "0/unit/web.service/prod", PEER_HTTP, "", "" }, /* 17 digits */
		{ "/p11bearer/unlock", PEER_UNLOCK, "", "" },
		{ "/p11bearer/unlock/", PEER_HTTP, "", "" },
		{ "0/p11bearer/unlock", PEER_HTTP, "", "" },
		{ "/p11bearer/unloc", PEER_HTTP, "", "" },
		{ "", PEER_HTTP, "", "" },
	};
	char name[128];
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(name, sizeof(name), "%016llx%s", 0xe000000000000000ULL + (unsigned long long)getpid(),
			 cases[i].name);
		read_named(&peer, name, strlen(name));
		assert_int_equal(peer.kind, cases[i].kind);
		assert_string_equal(peer.claimed_unit, cases[i].unit);
		assert_string_equal(peer.claimed_id, cases[i].id);
	}
	snprintf(name, sizeof(name), "%x/unit/web.service/prod", (unsigned)getpid());
	read_named(&peer, name, strlen(name));
	assert_string_equal(peer.claimed_unit, "web.service");
	read_named(&peer, name, strlen(name) + 1); /* with a NUL at its end */
	assert_int_equal(peer.kind, PEER_HTTP);
}

static void another_user_s_claim_does_not_count(void **state)
{
	char name[128];
	struct peer peer;

	(void)state;
	fake.uid = geteuid() + 1;
	snprintf(name, sizeof(name), "%x/unit/web.service/prod", (unsigned)getpid());
	read_named(&peer, name, strlen(name));
	assert_int_equal(peer.kind, PEER_CREDENTIAL); /* so that it gets no empty credential */
	assert_string_equal(peer.claimed_unit, "");
	assert_string_equal(peer.claimed_id, "");
}

/* --- rules ------------------------------------------------------------------------------------------------------- */

/* Whether the rules let a peer of this process pass. `unit`: as if it ran there. */
static bool allow(const char *text, const char *unit)
{
	struct error error = { 0 };
	struct rules *rules;
	struct peer peer;
	bool allowed;

	open_pair(&peer);
	snprintf(peer.unit, sizeof(peer.unit), "%s", unit);
	peer.unit_known = true;
	assert_works(rules_parse(&rules, text, &error), &error);
	allowed = rules_allow(rules, &peer);
	if (strstr(text, "unit:") == text)
		assert_int_equal(rules_allow_unit(rules, unit), allowed);
	rules_free(&rules);
	close_pair();
	return allowed;
}

static void one_rule_must_match(void **state)
{
	char text[128];

	(void)state;
	snprintf(text, sizeof(text), "uid:%u", geteuid());
	assert_true(allow(text, ""));
	snprintf(text, sizeof(text), "uid:%u", geteuid() + 1);
	assert_false(allow(text, ""));
	snprintf(text, sizeof(text), "gid:%u", getegid());
	assert_true(allow(text, ""));
	snprintf(text, sizeof(text), " unit:x.service\tgid:%u  uid:%u ", getegid() + 54321, geteuid());
	assert_true(allow(text, ""));
	if (getpwuid(geteuid()) != NULL) {
		snprintf(text, sizeof(text), "uid:%s", getpwuid(geteuid())->pw_name);
		assert_true(allow(text, ""));
	}
	if (getgrgid(getegid()) != NULL) {
		snprintf(text, sizeof(text), "gid:%s", getgrgid(getegid())->gr_name);
		assert_true(allow(text, ""));
	}
}

static void supplementary_groups_count(void **state)
{
	gid_t groups[3] = { 54321, 54322, 54323 };
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = fork();
	if (child == 0) {
		if (setgroups(COUNT(groups), groups) != 0)
			_exit(1);
		_exit(allow("gid:54323", "") && !allow("gid:54324", "") ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void units_match_patterns(void **state)
{
	(void)state;
	assert_true(allow("unit:web.service", "web.service"));
	assert_true(allow("unit:backup-*.service", "backup-1.service"));
	assert_true(allow("unit:a?.service unit:b.service", "b.service"));
	assert_true(allow("unit:a\\x2db.service", "a\\x2db.service"));
	assert_true(allow("unit:*", "web.service"));
	assert_false(allow("unit:a\\x2db.service", "ax2db.service"));
	assert_false(allow("unit:web.service", "web.service.d"));
	assert_false(allow("unit:web.service", "x-web.service"));
	assert_false(allow("unit:Web.service", "web.service"));
	assert_false(allow("unit:*", ""));
	assert_false(allow("uid:54321 gid:54321", "web.service"));
}

static void what_is_no_rule_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "", "they are empty" },
		{ " \t", "they are empty" },
		{ "root", "cannot understand the rule \"root\"" },
		{ "uid=0", "uid=0" },
		{ "uid:", "uid:" },
		{ "UID:0", "UID:0" },
		{ "uid:0,gid:0", "there is no user" },
		{ "user:root", "user:root" },
		{ "u:0", "u:0" },
		{ "uid:p11bearer-nobody-has-this", "there is no user" },
		{ "gid:p11bearer-nobody-has-this", "there is no group" },
		{ "uid:-1", "there is no user" },
		{ "uid:4294967295", "no user or group" },
		{ "uid:99999999999999999999", "no user or group" },
		{ "gid:4294967295", "no user or group" },
		{ "unit:", "unit:" },
		{ "unit:web", "no unit" },
		{ "unit:web.timer", "no unit" },
		{ "unit:a.service/../b.service", "'/'" },
		{ "uid:0 unit:web", "unit:web" },
	};
	struct error error;
	struct rules *rules;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_fails(rules_parse(&rules, cases[i][0], &error), ERROR_CONFIG, &error);
		assert_contains(error.text, cases[i][1]);
		rules_free(&rules);
		assert_null(rules);
	}
}

static void no_rule_allows_nobody(void **state)
{
	struct error error;
	struct rules *rules;
	struct peer peer;

	(void)state;
	assert_works(rules_parse(&rules, NULL, &error), &error);
	open_pair(&peer);
	assert_false(rules_allow(rules, &peer));
	assert_false(rules_allow_unit(rules, "web.service"));
	close_pair();
	rules_free(&rules);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_unit_is_the_first_part_that_is_no_slice),
		TEST(for_an_agent_of_a_user_his_manager_s_units_count),
		TEST(the_peer_is_the_process_that_connected),
		TEST(the_unit_is_read_from_the_peer_s_cgroup),
		TEST(a_process_that_has_ended_is_in_no_unit),
		TEST(a_reused_pid_does_not_count),
		TEST(names_say_what_a_peer_wants),
		TEST(another_user_s_claim_does_not_count),
		TEST(one_rule_must_match),
		TEST(supplementary_groups_count),
		TEST(units_match_patterns),
		TEST(what_is_no_rule_is_refused),
		TEST(no_rule_allows_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
