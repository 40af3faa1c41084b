/* SPDX-License-Identifier: Apache-2.0 */
/* The rotate component: the journal of a rotation, and its lock. */
#include "unit.h"

#include "rotate/journal.h"

#include <sys/wait.h>

#define APP "/repo/Prod.ecaGlblOauth-meta.xml"
static const char app[] = APP;

/* The journal is in $STATE_DIRECTORY, which is the test's folder. */
static int begin(void **state)
{
	if (unit_folder_make(state) < 0)
		return -1;
	setenv("STATE_DIRECTORY", ((struct unit_folder *)*state)->path, 1);
	unsetenv("XDG_STATE_HOME");
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, unit_folder_remove)

static struct journal *open_new(void)
{
	struct journal *journal;
	struct error error;

	assert_works(journal_open(&journal, app, &error), &error);
	return journal;
}

static void fill(struct journal *journal)
{
	struct rotate_record *record = journal_record(journal);

	record->profile = strdup("prod");
	record->config = strdup("/etc/p11bearer\xff.conf"); /* a path need not be UTF-8 */
	record->app = strdup("Prod");
	record->settings_file = strdup(app);
	record->old_key = strdup("pkcs11:token=prod;object=\"old\"");
	record->app_certificate = strdup("-----BEGIN\nMIIB\t\\\r\n");
	record->next = ROTATE_DEPLOY;
	record->aborting = true;
	record->seconds[ROTATE_KEY] = 0.125;
	record->began = 1795651200;
}

static void save_one(void)
{
	struct journal *journal = open_new();
	struct error error;

	fill(journal);
	assert_works(journal_save(journal, &error), &error);
	journal_close(&journal);
}

static void test_keeps_record(void **state)
{
	struct journal *journal = open_new();
	const struct rotate_record *record;
	struct stat status;

	assert_false(journal_exists(journal));
	journal_close(&journal);
	assert_null(journal);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 0);
	save_one();
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
	journal = open_new();
	assert_true(journal_exists(journal));
	record = journal_record(journal);
	assert_string_equal(record->profile, "prod");
	assert_string_equal(record->config, "/etc/p11bearer\xff.conf");
	assert_string_equal(record->app, "Prod");
	assert_string_equal(record->settings_file, app);
	assert_string_equal(record->old_key, "pkcs11:token=prod;object=\"old\"");
	assert_string_equal(record->app_certificate, "-----BEGIN\nMIIB\t\\\r\n");
	assert_null(record->new_key);
	assert_null(record->user);
	assert_int_equal(record->next, ROTATE_DEPLOY);
	assert_true(record->aborting);
	assert_true(record->seconds[ROTATE_KEY] == 0.125 && record->seconds[ROTATE_FINISH] == 0);
	assert_int_equal(record->began, 1795651200);
	assert_int_equal(stat(journal_path(journal), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	journal_close(&journal);
}

static void test_is_removed(void **state)
{
	struct journal *journal;
	struct error error;

	save_one();
	journal = open_new();
	assert_works(journal_remove(journal, &error), &error);
	assert_false(journal_exists(journal));
	assert_works(journal_remove(journal, &error), &error);
	journal_close(&journal);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 0);
	journal = NULL;
	journal_close(&journal);
}

/* A look takes no lock and makes nothing. */
static void test_is_looked_at(void **state)
{
	struct journal *journal, *open;
	struct error error;

	setenv("STATE_DIRECTORY", unit_path(state, "missing"), 1);
	assert_works(journal_look(&journal, app, &error), &error);
	assert_false(journal_exists(journal));
	journal_close(&journal);
	assert_int_equal(access(unit_path(state, "missing"), F_OK), -1);
	setenv("STATE_DIRECTORY", ((struct unit_folder *)*state)->path, 1);
	save_one();
	open = open_new();
	assert_works(journal_look(&journal, app, &error), &error);
	assert_true(journal_exists(journal));
	journal_close(&journal);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 2); /* the lock is still there */
	journal_close(&open);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
}

/* Another process holds the lock until it is told to end. */
static void test_is_locked(void **state)
{
	int ready[2], end[2], status;
	struct journal *journal, *other;
	struct error error;
	char byte, pid[32];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready) + pipe(end), 0);
	child = fork();
	if (child == 0) {
		close(end[1]);
		if (journal_open(&journal, app, &error) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(end[0], &byte, 1) == 1 ? 0 : 1); /* as if killed: it removes nothing */
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_fails(journal_open(&journal, app, &error), ERROR_CONFIG, &error);
	journal_close(&journal);
	snprintf(pid, sizeof(pid), "pid %ld", (long)child);
	assert_contains(error.text, pid);
	assert_contains(error.text, app);
	/* the rotation of another app is another one */
	assert_works(journal_open(&other, "/repo/Test.ecaGlblOauth-meta.xml", &error), &error);
	journal_close(&other);
	assert_int_equal(write(end[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	journal = open_new();
	journal_close(&journal);
	close(ready[0]);
	close(end[0]);
	close(end[1]);
}

/* Processes that open and close it all the time never hold it at once: each writes to a file while it does. */
static void test_is_locked_without_race(void **state)
{
	enum { PROCESSES = 4, ROUNDS = 200 };
	const char *path = unit_path(state, "held");
	pid_t children[PROCESSES];
	int status;

	for (size_t i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		for (int round = 0; children[i] == 0 && round < ROUNDS;) {
			struct journal *journal;
			struct error error;

			if (journal_open(&journal, app, &error) == 0) {
				int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

				if (fd < 0 || close(fd) < 0 || unlink(path) < 0)
					_exit(1);
				round++;
			} else if (strstr(error.text, "another process") == NULL) {
				_exit(2);
			}
			journal_close(&journal);
		}
		if (children[i] == 0)
			_exit(0);
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 0);
}

/* The path of the journal, or of its lock. */
static void find_path(char *path, size_t size, const char *suffix)
{
	struct journal *journal = open_new();

	snprintf(path, size, "%.*s%s", (int)strlen(journal_path(journal)) - 5, journal_path(journal), suffix);
	journal_close(&journal);
}

static void refuse(enum error_class class, const char *part)
{
	struct journal *journal;
	struct error error;

	assert_fails(journal_open(&journal, app, &error), class, &error);
	assert_contains(error.text, part);
	journal_close(&journal);
}

#define JOURNAL(version, file, key, seconds, rest) \
	"{\"version\":" version ",\"profile\":\"p\",\"config\":\"c\",\"settings_file\":\"" file "\",\"old_key\":" key \
	",\"seconds\":[" seconds "]," rest
#define ZEROS "0,0,0,0,0,0,0,0,0"
#define REST "\"next\":\"key\",\"given\":false,\"aborting\":false,\"began\":1}"

static void test_damaged_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "{}", "{\"version\":1}",
		JOURNAL("2", APP, "\"k\"", ZEROS, REST),
		JOURNAL("1", "/other", "\"k\"", ZEROS, REST),
		JOURNAL("1", APP, "1", ZEROS, REST),
		JOURNAL("1", APP, "null", ZEROS, REST),
		JOURNAL("1", APP, "\"k\"", "0,0,0,0,0,0,0,0", REST),
		JOURNAL("1", APP, "\"k\"", ZEROS ",0", REST),
		JOURNAL("1", APP, "\"k\"", "0,0,0,-1,0,0,0,0,0", REST),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"next\":\"keys\",\"given\":false,\"aborting\":false,\"began\":1}"),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"next\":\"key\",\"given\":false,\"aborting\":0,\"began\":1}"),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"next\":\"key\",\"given\":false,\"aborting\":false,\"began\":-1}"),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"given\":false,\"aborting\":false,\"began\":1}"),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"next\":\"app\"," REST),
		JOURNAL("1", APP, "\"k\"", ZEROS, "\"next\":\"key\",\"aborting\":false,\"began\":1}"),
		JOURNAL("1", APP, "\"k\"", ZEROS, REST "x"),
	};
	static const char right[] = JOURNAL("1", APP, "\"k\"", ZEROS, REST);
	struct journal *journal;
	char path[600];

	(void)state;
	find_path(path, sizeof(path), ".json");
	for (size_t i = 0; i < COUNT(texts); i++) {
		unit_put(path, texts[i], strlen(texts[i]), 0600);
		refuse(ERROR_CONFIG, "is damaged");
	}
	unit_put(path, right, sizeof(right), 0600); /* with a NUL */
	refuse(ERROR_CONFIG, "is damaged");
	unit_put(path, right, strlen(right), 0600);
	journal = open_new();
	assert_true(journal_exists(journal));
	journal_close(&journal);
}

static void test_foreign_is_refused(void **state)
{
	char path[600], lock[600];

	find_path(path, sizeof(path), ".json");
	find_path(lock, sizeof(lock), ".lock");
	for (size_t i = 0; i < 2; i++) {
		const char *file = i == 0 ? path : lock;

		unit_put(file, "", 0, 0666);
		refuse(ERROR_CONFIG, "can be written by others");
		assert_int_equal(unlink(file), 0);
		assert_int_equal(symlink(unit_path(state, "elsewhere"), file), 0);
		refuse(ERROR_CONFIG, "is a link");
		assert_int_equal(access(unit_path(state, "elsewhere"), F_OK), -1);
		assert_int_equal(unlink(file), 0);
		assert_int_equal(mkfifo(file, 0600), 0);
		refuse(ERROR_CONFIG, "is not a regular file");
		assert_int_equal(unlink(file), 0);
		if (geteuid() != 0)
			continue;
		unit_put(file, "", 0, 0600);
		assert_int_equal(chown(file, 12345, 12345), 0);
		refuse(ERROR_CONFIG, "belongs to another user");
		assert_int_equal(unlink(file), 0);
	}
	assert_int_equal(chmod(((struct unit_folder *)*state)->path, 0777), 0);
	refuse(ERROR_CONFIG, "others can write to the directory");
}

static void test_folder_is_found(void **state)
{
	const char *first = unit_path(state, "a/b/first"), *xdg = unit_path(state, "xdg"), *home = unit_path(state, "h");
	struct journal *journal;
	struct stat status;
	char list[1024];

	snprintf(list, sizeof(list), "%s:%s", first, xdg);
	setenv("STATE_DIRECTORY", list, 1);
	setenv("XDG_STATE_HOME", xdg, 1);
	setenv("HOME", home, 1);
	journal = open_new();
	assert_memory_equal(journal_path(journal), first, strlen(first));
	journal_close(&journal);
	assert_int_equal(stat(unit_path(state, "a"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	unsetenv("STATE_DIRECTORY");
	journal = open_new();
	assert_contains(journal_path(journal), "/xdg/p11bearer/rotate-");
	journal_close(&journal);
	setenv("XDG_STATE_HOME", "relative", 1);
	journal = open_new();
	assert_contains(journal_path(journal), "/h/.local/state/p11bearer/rotate-");
	journal_close(&journal);
	setenv("HOME", "relative", 1);
	refuse(ERROR_CONFIG, "there is no folder");
	unit_put(unit_path(state, "file"), "", 0, 0600);
	setenv("HOME", unit_path(state, "file"), 1);
	refuse(ERROR_CONFIG, "cannot make the folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keeps_record),      TEST(test_is_removed), TEST(test_is_looked_at), TEST(test_is_locked),
		TEST(test_is_locked_without_race), TEST(test_damaged_is_refused), TEST(test_foreign_is_refused),
		TEST(test_folder_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
