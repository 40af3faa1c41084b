/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks: what is in the file and who may read it, what is refused, and what happens after a failure or a reload. */
#include "unit.h"

#include "agent/bearer.h"
#include "agent/core.h"
#include "agent/sink-file.h"

#include <linux/magic.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <time.h>

static struct agent agent;
static struct agent_config config;
static struct agent_profile profiles[2];

/* A folder in memory where this user may write; NULL: none. */
static const char *memory(void)
{
	static const char *const folders[] = { "/dev/shm", "/run", "/tmp", "/dev" };
	struct statfs status;

	for (size_t i = 0; i < COUNT(folders); i++) {
		if (statfs(folders[i], &status) == 0 && status.f_type == TMPFS_MAGIC && access(folders[i], W_OK) == 0)
			return folders[i];
	}
	return NULL;
}

static int setup(void **state)
{
	struct unit_folder *folder = calloc(1, sizeof(*folder));
	struct error error;

	*state = folder;
	if (folder == NULL)
		return -1;
	snprintf(folder->path, sizeof(folder->path), "%s/p11bearer-unit-XXXXXX", memory());
	if (mkdtemp(folder->path) == NULL || loop_open(&agent.loop, &error) < 0)
		return -1;
	memset(profiles, 0, sizeof(profiles));
	for (size_t i = 0; i < 2; i++) {
		profiles[i].name = (char *)(uintptr_t)(i == 0 ? "one" : "two");
		profiles[i].sink = strdup(unit_path(state, profiles[i].name));
		profiles[i].sink_mode = 0600;
		profiles[i].sink_uid = (uid_t)-1;
		profiles[i].sink_gid = (gid_t)-1;
	}
	config = (struct agent_config){ .profiles = profiles, .count = 2 };
	agent.config = &config;
	return 0;
}

static int teardown(void **state)
{
	sink_end_all();
	loop_close(&agent.loop);
	for (size_t i = 0; i < 2; i++)
		free(profiles[i].sink);
	return unit_folder_remove(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* Lives for `seconds`; 0: nobody knows. */
static struct agent_bearer *bearer_new(const char *token, int seconds)
{
	struct agent_bearer *bearer;
	struct error error;
	char answer[256];

	snprintf(answer, sizeof(answer), "\"access_token\":\"%s\"}", token);
	assert_works(agent_bearer_new(&bearer, answer, strlen(answer), "one", seconds, loop_now(agent.loop),
				      (long long)time(NULL), &error), &error);
	return bearer;
}

static void put(size_t profile, const char *token)
{
	struct agent_bearer *bearer = bearer_new(token, 0);

	sink_write(&agent, &profiles[profile], bearer);
	agent_bearer_leave(&bearer);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static ino_t number_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_ino;
}

static void the_file_has_the_bare_token(void **state)
{
	mode_t before = umask(0);

	put(0, "00Dtoken!x");
	assert_string_equal(unit_content(profiles[0].sink), "00Dtoken!x");
	assert_int_equal(mode_of(profiles[0].sink), 0600);
	umask(0777);
	profiles[1].sink_mode = 0640;
	put(1, "other");
	umask(before);
	assert_int_equal(mode_of(profiles[1].sink), 0640);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 2);
}

static void it_is_replaced_and_removed(void **state)
{
	ino_t first;

	put(0, "first");
	first = number_of(profiles[0].sink);
	assert_int_equal(link(profiles[0].sink, unit_path(state, "kept")), 0);
	put(0, "second");
	assert_string_equal(unit_content(profiles[0].sink), "second");
	assert_true(number_of(profiles[0].sink) != first);
	assert_string_equal(unit_content(unit_path(state, "kept")), "first");
	sink_write(&agent, &profiles[0], NULL);
	assert_null(unit_content(profiles[0].sink));
	sink_write(&agent, &profiles[0], NULL);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
}

static void what_a_killed_agent_left_is_removed(void **state)
{
	unit_put(unit_path(state, ".one.p11bearer"), "half", 4, 0600);
	unit_put(profiles[1].sink, "stale", 5, 0600);
	unit_put(unit_path(state, ".two.p11bearer"), "half", 4, 0600);
	put(0, "fresh");
	assert_string_equal(unit_content(profiles[0].sink), "fresh");
	sink_configure(&agent);
	assert_null(unit_content(profiles[1].sink));
	assert_string_equal(unit_content(profiles[0].sink), "fresh");
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
}

/* Fails with the text, and leaves the folder as it was. */
static void is_refused(void **state, const char *path, enum error_class class, const char *text)
{
	size_t before = unit_entries(((struct unit_folder *)*state)->path);
	struct secret *content = secret_new(8);
	struct error error;

	assert_int_equal(secret_append(content, "secret", 6), 0);
	assert_fails(sink_file_put(path, content, 0600, (uid_t)-1, (gid_t)-1, &error), class, &error);
	assert_contains(error.text, text);
	assert_lacks(error.text, "secret");
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), before);
	secret_free(&content);
}

static void links_and_disks_are_refused(void **state)
{
	char disk[] = "/tmp/p11bearer-unit-XXXXXX", path[128];
	struct statfs status;
	struct error error;

	unit_put(unit_path(state, "target"), "kept", 4, 0600);
	assert_int_equal(symlink("target", unit_path(state, "link")), 0);
	assert_int_equal(mkdir(unit_path(state, "folder"), 0700), 0);
	assert_int_equal(symlink("folder", unit_path(state, "way")), 0);
	is_refused(state, unit_path(state, "link"), ERROR_CONFIG, "it is a symbolic link");
	is_refused(state, unit_path(state, "folder"), ERROR_CONFIG, "it is a directory");
	is_refused(state, unit_path(state, "way/file"), ERROR_CONFIG, "symbolic link");
	is_refused(state, unit_path(state, "none/file"), ERROR_UNEXPECTED, "No such file or directory");
	is_refused(state, "relative", ERROR_CONFIG, "is not an absolute path");
	is_refused(state, unit_path(state, ".."), ERROR_CONFIG, "is not an absolute path");
	assert_fails(sink_file_remove(unit_path(state, "link"), &error), ERROR_CONFIG, &error);
	assert_works(sink_file_remove(unit_path(state, "none/file"), &error), &error);
	assert_string_equal(unit_content(unit_path(state, "target")), "kept");
	assert_non_null(mkdtemp(disk));
	snprintf(path, sizeof(path), "%s/file", disk);
	if (statfs(disk, &status) == 0 && status.f_type != TMPFS_MAGIC) {
		unit_put(path, "kept", 4, 0600);
		is_refused(state, path, ERROR_CONFIG, "is not in memory");
		assert_fails(sink_file_remove(path, &error), ERROR_CONFIG, &error);
		assert_string_equal(unit_content(path), "kept");
		unlink(path);
	}
	rmdir(disk);
}

/* Runs the loop until the file of the first profile is there. */
static double until_written(void *context)
{
	if (unit_content(profiles[0].sink) != NULL)
		loop_end(context);
	return -1;
}

static void a_failure_is_tried_again(void **state)
{
	struct error error;

	free(profiles[0].sink);
	profiles[0].sink = strdup(unit_path(state, "later/one"));
	put(0, "patient");
	assert_null(unit_content(profiles[0].sink));
	assert_int_equal(mkdir(unit_path(state, "later"), 0700), 0);
	alarm(20);
	assert_works(loop_run(agent.loop, until_written, agent.loop, &error), &error);
	alarm(0);
	assert_string_equal(unit_content(profiles[0].sink), "patient");
}

static void a_full_disk_leaves_the_old_bearer(void **state)
{
	struct rlimit before, small;

	put(0, "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 2, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	put(0, "new");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_string_equal(unit_content(profiles[0].sink), "old");
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
	put(0, "new");
	assert_string_equal(unit_content(profiles[0].sink), "new");
}

static void a_dead_bearer_is_removed(void **state)
{
	struct agent_bearer *bearer = bearer_new("dead", 60);

	(void)state;
	put(0, "alive");
	bearer->expires = loop_now(agent.loop) - 1;
	sink_write(&agent, &profiles[0], bearer);
	agent_bearer_leave(&bearer);
	assert_null(unit_content(profiles[0].sink));
}

static void a_reload_moves_and_removes_files(void **state)
{
	char *before = strdup(profiles[0].sink);

	put(0, "moved");
	put(1, "removed");
	free(profiles[0].sink);
	profiles[0].sink = strdup(unit_path(state, "elsewhere"));
	profiles[0].sink_mode = 0644;
	config.count = 1;
	sink_configure(&agent);
	assert_null(unit_content(before));
	assert_string_equal(unit_content(profiles[0].sink), "moved");
	assert_int_equal(mode_of(profiles[0].sink), 0644);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
	free(before);

	before = profiles[0].sink;
	profiles[0].sink = NULL;
	sink_configure(&agent);
	profiles[0].sink = before;
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 0);
}

static void a_reload_may_swap_files(void **state)
{
	char *first = profiles[0].sink;

	put(0, "a");
	put(1, "b");
	profiles[0].sink = profiles[1].sink;
	profiles[1].sink = first;
	sink_configure(&agent);
	assert_string_equal(unit_content(profiles[0].sink), "a");
	assert_string_equal(unit_content(profiles[1].sink), "b");
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 2);
}

static void the_end_removes_all(void **state)
{
	put(0, "a");
	put(1, "b");
	sink_end_all();
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_file_has_the_bare_token),
		TEST(it_is_replaced_and_removed),
		TEST(what_a_killed_agent_left_is_removed),
		TEST(links_and_disks_are_refused),
		TEST(a_failure_is_tried_again),
		TEST(a_full_disk_leaves_the_old_bearer),
		TEST(a_dead_bearer_is_removed),
		TEST(a_reload_moves_and_removes_files),
		TEST(a_reload_may_swap_files),
		TEST(the_end_removes_all),
	};

	if (memory() == NULL) {
		printf("1..0 # SKIP there is no folder in memory\n");
		return 0;
	}
	return cmocka_run_group_tests_name("agent-sink", tests, NULL, NULL);
}
