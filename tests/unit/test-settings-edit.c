/* SPDX-License-Identifier: Apache-2.0 */
/* The settings component: values that are changed in a configuration file. */
#include "unit.h"

#include "base/secret.h"
#include "settings/config.h"
#include "settings/edit.h"

#include <sys/wait.h>

static const struct settings_change set_next = { SETTING_NEXT_KEY, "pkcs11:object=new" };
static const struct settings_change set_quoted = { SETTING_NEXT_KEY, "pkcs11:object=it's#1 \\ $x \"y\"" };
static const struct settings_change remove_next = { SETTING_NEXT_KEY, NULL };
static const struct settings_change set_key = { SETTING_KEY, "pkcs11:object=new" };

/* What becomes of [prod] in a file; NULL: the change is refused. */
static const struct edit_case {
	const char *before;
	const struct settings_change *change;
	const char *after;
} cases[] = {
	/* a new line follows the section's last one */
	{ "[prod]\nkey = pkcs11:\n", &set_next, "[prod]\nkey = pkcs11:\nnext-key = pkcs11:object=new\n" },
	{ "[prod]\n", &set_next, "[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[prod]", &set_next, "[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[prod]\nkey = pkcs11:", &set_next, "[prod]\nkey = pkcs11:\nnext-key = pkcs11:object=new\n" },
	{ "# x\n[prod]\nkey = a\n\n# c\n[b]\nkey = d\n", &set_next,
	  "# x\n[prod]\nkey = a\nnext-key = pkcs11:object=new\n\n# c\n[b]\nkey = d\n" },
	{ "[prod]\r\n  key = a\r\n[b]\r\n", &set_next, "[prod]\r\n  key = a\r\n  next-key = pkcs11:object=new\r\n[b]\r\n" },
	{ "[prod]\n\tkey = a\\\n b\n", &set_next, "[prod]\n\tkey = a\\\n b\n\tnext-key = pkcs11:object=new\n" },
	{ "[prod]\nkey = a\\", &set_next, "[prod]\nkey = a\\\n\nnext-key = pkcs11:object=new\n" },
	{ "[prod]\nkey = a\\\n", &set_next, "[prod]\nkey = a\\\n\nnext-key = pkcs11:object=new\n" },
	{ "[prod]\nkey = a\n[b]\nkey = c\n[prod]\nalg = d\n[c]\n", &set_next,
	  "[prod]\nkey = a\n[b]\nkey = c\n[prod]\nalg = d\nnext-key = pkcs11:object=new\n[c]\n" },
	{ "\xef\xbb\xbf[prod]\n", &set_next, "\xef\xbb\xbf[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[ prod ]\n", &set_next, "[ prod ]\nnext-key = pkcs11:object=new\n" },
	{ "[pr\\od] # x\n", &set_next, "[pr\\od] # x\nnext-key = pkcs11:object=new\n" },
	{ "[pro'd']\n", &set_next, NULL }, /* OpenSSL takes no quotes there */
	/* a section is added */
	{ "", &set_next, "[prod]\nnext-key = pkcs11:object=new\n" },
	{ "\xef\xbb\xbf", &set_next, "\xef\xbb\xbf\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[default]\nkey = a", &set_next, "[default]\nkey = a\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[default]\nkey = a\n", &set_next, "[default]\nkey = a\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	{ "[default]\r\nkey = a\r\n", &set_next, "[default]\r\nkey = a\r\n\r\n[prod]\r\nnext-key = pkcs11:object=new\r\n" },
	{ "prod::key = a\n", &set_next, "prod::key = a\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	{ "# [prod]\n", &set_next, "# [prod]\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	{ "# x \\\n[prod]\n", &set_next, "# x \\\n[prod]\n\n[prod]\nnext-key = pkcs11:object=new\n" },
	/* the value is replaced */
	{ "[prod]\nkey = old\n", &set_key, "[prod]\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey=old\n", &set_key, "[prod]\nkey=pkcs11:object=new\n" },
	{ "[prod]\n\tkey \t=\told\t\n", &set_key, "[prod]\n\tkey \t=\tpkcs11:object=new\t\n" },
	{ "[prod]\nkey = 'o#ld' \n", &set_key, "[prod]\nkey = pkcs11:object=new \n" },
	{ "[prod]\nkey = \"o\\\"#ld\"\n", &set_key, "[prod]\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey = o\\#ld\n", &set_key, "[prod]\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey = `#`\n", &set_key, "[prod]\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey = 'open # no comment\n", &set_key, "[prod]\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey =\n", &set_key, "[prod]\nkey =pkcs11:object=new\n" },
	{ "[prod]\nkey = old", &set_key, "[prod]\nkey = pkcs11:object=new" },
	{ "[prod]\nkey = old\r\nalg = x\r\n", &set_key, "[prod]\nkey = pkcs11:object=new\r\nalg = x\r\n" },
	{ "[prod]\nkey = one\\\n two \n", &set_key, "[prod]\nkey = pkcs11:object=new \n" },
	{ "[prod]\nkey = one\\\n \n", &set_key, "[prod]\nkey = pkcs11:object=new\\\n \n" },
	{ "[prod]\nkey = \\\r\n one\\\r\n two\r\n", &set_key, "[prod]\nkey = \\\r\n pkcs11:object=new\r\n" },
	{ "[prod]\nkey\\\n=\\\nold\\\n\nalg = x\n", &set_key, "[prod]\nkey\\\n=\\\npkcs11:object=new\\\n\nalg = x\n" },
	{ "[prod]\nk\\\ney = old\n", &set_key, "[prod]\nk\\\ney = pkcs11:object=new\n" },
	{ "[prod]\nkey = C:\\\\\nalg = x\n", &set_key, "[prod]\nkey = pkcs11:object=new\nalg = x\n" },
	{ "[prod]\nkey = old\\", &set_key, "[prod]\nkey = pkcs11:object=new\\" },
	{ "[default]\nprod::key = old\n", &set_key, "[default]\nprod::key = pkcs11:object=new\n" },
	{ "[prod]\nb::key = other\nkey = old\n", &set_key, "[prod]\nb::key = other\nkey = pkcs11:object=new\n" },
	/* the last one wins */
	{ "[prod]\nkey = a\nkey = b\n", &set_key, "[prod]\nkey = a\nkey = pkcs11:object=new\n" },
	{ "[prod]\nkey = a\n[b]\nprod::key = b\n", &set_key, "[prod]\nkey = a\n[b]\nprod::key = pkcs11:object=new\n" },
	{ "prod::key = a\n[b]\n[prod]\nkey = b\n", &set_key, "prod::key = a\n[b]\n[prod]\nkey = pkcs11:object=new\n" },
	/* other sections and keys are others */
	{ "key = a\n[default]\nkey = b\n[prod]\nkey = c\n[prod2]\nkey = d\n", &set_key,
	  "key = a\n[default]\nkey = b\n[prod]\nkey = pkcs11:object=new\n[prod2]\nkey = d\n" },
	{ "[prod]\nnext-key = a\nkey = b\n", &set_key, "[prod]\nnext-key = a\nkey = pkcs11:object=new\n" },
	{ "[prod]\n#key = a\nkey.x = b\nkeys = c\nkey = d\n", &set_key,
	  "[prod]\n#key = a\nkey.x = b\nkeys = c\nkey = pkcs11:object=new\n" },
	/* nothing changes */
	{ "[prod]\nnext-key = 'pkcs11:object=new'", &set_next, "[prod]\nnext-key = 'pkcs11:object=new'" },
	{ "[prod]\nx = pkcs11:object=new\nnext-key = $x\n", &set_next, "[prod]\nx = pkcs11:object=new\nnext-key = $x\n" },
	{ "[prod]\nkey = a\n", &remove_next, "[prod]\nkey = a\n" },
	{ "[default]\nnext-key = a\n", &remove_next, "[default]\nnext-key = a\n" },
	/* the line is removed */
	{ "[prod]\nkey = a\nnext-key = b\n# c\nalg = d\n", &remove_next, "[prod]\nkey = a\n# c\nalg = d\n" },
	{ "[prod]\nkey = a\nnext-key = b", &remove_next, "[prod]\nkey = a\n" },
	{ "[prod]\nnext-key = b \\\n c\r\nalg = d", &remove_next, "[prod]\nalg = d" },
	{ "prod::next-key = a\n[prod]\nnext-key = b\nnext-key = c\n[b]\nnext-key = d\nprod::next-key = e\n", &remove_next,
	  "[prod]\n[b]\nnext-key = d\n" },
	{ "\xef\xbb\xbfprod::next-key = a\n[prod]\n", &remove_next, "\xef\xbb\xbf[prod]\n" },
	/* quotes */
	{ "[prod]\n", &set_quoted, "[prod]\nnext-key = 'pkcs11:object=it\\'s#1 \\\\ $x \"y\"'\n" },
	/* variables: other values that depend on this one, or on where it is set */
	{ "[prod]\nkey = old\ncertificate = $key.pem\n", &set_key, NULL },
	{ "[prod]\nkey = old\n[b]\ncertificate = ${prod::key}.pem\n", &set_key, NULL },
	{ "[prod]\nnext-key = old\ncertificate = $next-key.pem\n", &remove_next, NULL },
	{ "[prod]\nlabel = a\nkey = pkcs11:object=$label\n", &set_key, "[prod]\nlabel = a\nkey = pkcs11:object=new\n" },
	/* a comment behind a value */
	{ "[prod]\nkey=old # the key\n", &set_key, NULL },
	{ "[prod]\nkey = 'o#ld' # the key\n", &set_next, NULL },
	{ "[prod]\nkey = \"o\\\"#ld\"#x\n", &set_key, NULL },
	{ "[prod]\nkey = o\\#ld#x\n", &set_key, NULL },
	{ "[prod]\nkey = # none\n", &set_key, NULL },
	{ "[prod]\nkey = one\\\n two # x\n", &set_key, NULL },
	{ "[prod]\nnext-key = b # \\\n c\r\nalg = d", &remove_next, NULL },
	{ "[b]\nkey = old # x\n", &set_key, NULL },
	/* a broken file */
	{ "[prod\n", &set_key, NULL },
	{ "[prod]\nkey\n", &set_key, NULL },
	{ "name = prod\n[$name]\nkey = old\n", &set_key, NULL },
	{ ".include x\n", &set_key, NULL },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct edit_case *this = &cases[i];
		struct error error = { .text = "" };
		size_t length;
		char *text;
		int result = settings_edit_text("file", this->before, strlen(this->before), "prod", this->change, 1, &text,
						&length, &error);

		if (result == 0 ? this->after == NULL || strcmp(text, this->after) != 0 : this->after != NULL) {
			print_error("case %zu:\n%s\n--- gives ---\n%s\n", i, this->before, result == 0 ? text : error.text);
			fail();
		}
		assert_true(result < 0 ? text == NULL : length == strlen(text));
		if (result < 0)
			assert_int_equal(error.class, ERROR_CONFIG);
		wipe_free(text);
	}
}

/* A line is longer than OpenSSL's buffer, and a value is at every place of it. */
static void test_long_lines(void **state)
{
	(void)state;
	for (size_t blanks = 480; blanks < 540; blanks++) {
		char before[2000], *text;
		struct error error;
		size_t length;

		snprintf(before, sizeof(before), "[prod]\nkey =%*s\r\nalg = y\n", (int)blanks, "old\\\n x");
		assert_works(settings_edit_text("file", before, strlen(before), "prod", &set_key, 1, &text, &length, &error),
			     &error);
		assert_non_null(strstr(text, " pkcs11:object=new\r\nalg = y\n"));
		wipe_free(text);
	}
}

static void test_several_changes(void **state)
{
	static const struct settings_change changes[] = {
		{ SETTING_KEY, "pkcs11:object=new?pin-source=file:/pin" }, { SETTING_CERTIFICATE, "/new.pem" },
		{ SETTING_NEXT_KEY, NULL },	 { SETTING_NEXT_CERTIFICATE, NULL },
	};
	static const char before[] = "[prod]\nnext-key = a\nkey = b\nnext-certificate = c\nuser = d\n";
	struct error error;
	size_t length;
	char *text;

	(void)state;
	assert_works(settings_edit_text("file", before, strlen(before), "prod", changes, 4, &text, &length, &error), &error);
	assert_string_equal(text, "[prod]\nkey = pkcs11:object=new?pin-source=file:/pin\nuser = d\ncertificate = /new.pem\n");
	wipe_free(text);
	assert_works(settings_edit_text("file", "", 0, "a b", changes, 4, &text, &length, &error), &error);
	assert_string_equal(text, "[a\\ b]\nkey = pkcs11:object=new?pin-source=file:/pin\ncertificate = /new.pem\n");
	wipe_free(text);
}

static void test_refusal_has_lines(void **state)
{
	static const struct settings_change changes[] = {
		{ SETTING_KEY, "pkcs11:object=new?pin-value=zebra" }, { SETTING_NEXT_KEY, NULL },
	};
	static const char before[] = "[prod]\nkey = b\ncertificate = $key\n";
	struct error error;
	size_t length;
	char *text;

	(void)state;
	assert_fails(settings_edit_text("/etc/x", before, strlen(before), "prod", changes, 2, &text, &length, &error),
		     ERROR_CONFIG, &error);
	assert_contains(error.text, "cannot change /etc/x: ");
	assert_contains(error.text, "\n  [prod]\n  key = pkcs11:object=new?pin-value=***");
	assert_contains(error.text, "\n  (no next-key)");
	assert_lacks(error.text, "zebra");
	assert_string_equal(error.hint, "change the file by hand");
	assert_fails(settings_edit_text("/etc/x", "", 0, "prod", &(struct settings_change){ SETTING_KEY, "a\nb" }, 1, &text,
					&length, &error), ERROR_CONFIG, &error);
}

static void test_size_is_limited(void **state)
{
	char *before = malloc(CONFIG_MAX + 1), *text;
	struct error error;
	size_t length;

	(void)state;
	memset(before, '#', CONFIG_MAX);
	before[CONFIG_MAX] = '\0';
	assert_fails(settings_edit_text("file", before, CONFIG_MAX, "prod", &set_key, 1, &text, &length, &error), ERROR_CONFIG,
		     &error);
	assert_contains(error.text, "too large");
	free(before);
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

static unsigned long left; /* allocations until one fails; 0: none does */

static bool fails(void)
{
	return left > 0 && --left == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t length);
char *__wrap_strndup(const char *text, size_t length);
char *__wrap_strndup(const char *text, size_t length)
{
	return fails() ? NULL : __real_strndup(text, length);
}

/* Each allocation of our own fails once. */
static void test_memory_is_exhausted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct edit_case *this = &cases[i];
		bool is_over = this->after == NULL;

		for (unsigned long n = 1; !is_over; n++) {
			struct error error = { .text = "" };
			size_t length;
			char *text;
			int result;

			left = n;
			result = settings_edit_text("file", this->before, strlen(this->before), "prod", this->change, 1, &text,
						    &length, &error);
			is_over = left > 0;
			left = 0;
			if (is_over)
				assert_works(result, &error);
			else
				assert_fails(result, ERROR_UNEXPECTED, &error);
			wipe_free(text);
		}
	}
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static void test_file_is_replaced(void **state)
{
	const char *path = unit_path(state, "file"), *name = unit_path(state, "link");
	static const char text[] = "[prod]\nkey = a\n";
	struct stat before, after;
	struct error error;

	unit_put(path, text, strlen(text), 0640);
	assert_int_equal(symlink("file", name), 0);
	assert_works(settings_edit(name, "prod", &set_key, 1, &error), &error);
	assert_string_equal(unit_content(path), "[prod]\nkey = pkcs11:object=new\n");
	assert_int_equal(lstat(name, &after), 0);
	assert_true(S_ISLNK(after.st_mode));
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0640);
	/* nothing to do */
	assert_works(settings_edit(path, "prod", &set_key, 1, &error), &error);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_fails(settings_edit(unit_path(state, "missing"), "prod", &set_key, 1, &error), ERROR_CONFIG, &error);
	assert_int_equal(link(path, unit_path(state, "other")), 0);
	assert_fails(settings_edit(path, "prod", &set_next, 1, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "hard links");
}

/* --- the place --------------------------------------------------------------------------------------------------- */

static const struct settings_usage usage = {
	.command = "test",
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT,
	.own = { SETTING_NONE },
};

/* The result of settings_edit_place for the command line; the path is in *path. */
static int place(char **path, struct error *error, int count, char **options)
{
	static const enum setting_id ids[] = { SETTING_KEY, SETTING_CERTIFICATE, SETTING_NEXT_KEY, SETTING_NEXT_CERTIFICATE };
	char *argv[10] = { "test" };
	struct settings *settings;
	int result;

	for (int i = 0; i < count; i++)
		argv[i + 1] = options[i];
	assert_works(settings_load(&settings, &usage, count + 1, argv, error), error);
	result = settings_edit_place(settings, SETTING_KEY, ids, COUNT(ids), path, error);
	settings_free(&settings);
	return result;
}

static void refuse_place(const char *part, int count, char **options)
{
	struct error error;
	char *path;

	assert_fails(place(&path, &error, count, options), ERROR_CONFIG, &error);
	assert_null(path);
	assert_contains(error.text, part);
	assert_true(error.hint[0] != '\0');
}

#define REFUSE_PLACE(part, ...) \
	refuse_place(part, (int)COUNT(((char *[]){ __VA_ARGS__ })), (char *[]){ __VA_ARGS__ })

static void test_place(void **state)
{
	char *file = strdup(unit_path(state, "file"));
	char *options[] = { "--config", file, "--profile", "prod" };
	static const char text[] = "[default]\nkey = pkcs11:\n[prod]\n[next]\nnext-key = pkcs11:\n";
	struct error error;
	struct stat before, after;
	char *path;

	unit_put(file, text, strlen(text), 0600);
	assert_int_equal(stat(file, &before), 0);
	assert_works(place(&path, &error, 4, options), &error);
	assert_string_equal(path, file);
	free(path);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(unit_entries(((struct unit_folder *)*state)->path), 1);
	/* a relative path becomes absolute */
	assert_int_equal(chdir(((struct unit_folder *)*state)->path), 0);
	options[1] = "file";
	assert_works(place(&path, &error, 4, options), &error);
	assert_string_equal(path, file);
	free(path);
	assert_int_equal(chdir("/"), 0);
	REFUSE_PLACE("no profile", "--config", file);
	REFUSE_PLACE("no profile", "--config", file, "--profile", "default");
	REFUSE_PLACE("option --key sets key", "--config", file, "--profile", "prod", "--key", "pkcs11:");
	REFUSE_PLACE("\n  [prod]\n  key = …\n  certificate = …\n  next-key = …", "--config", file, "--profile", "prod",
		     "--certificate", "/x");
	setenv("P11BEARER_CERTIFICATE", "/x", 1);
	REFUSE_PLACE("environment variable P11BEARER_CERTIFICATE sets certificate", "--config", file, "--profile", "prod");
	unsetenv("P11BEARER_CERTIFICATE");
	free(file);
}

static void test_place_of_user(void **state)
{
	char *file = strdup(unit_path(state, "p11bearer.conf")), *options[] = { "--profile", "prod" }, *path;
	static const char other[] = "[default]\nkey = a:\nnext-key = b\n[prod]\n";
	static const char none[] = "[prod]\n";
	struct error error;

	setenv("XDG_CONFIG_HOME", ((struct unit_folder *)*state)->path, 1);
	unit_put(file, "[prod]\nkey = x\n", 15, 0600);
	assert_works(place(&path, &error, 2, options), &error);
	assert_string_equal(path, file);
	free(path);
	unit_put(file, other, strlen(other), 0600);
	REFUSE_PLACE("another section or file sets next-key", "--profile", "prod");
	unit_put(file, none, strlen(none), 0600);
	REFUSE_PLACE("no configuration file sets key", "--profile", "prod");
	unsetenv("XDG_CONFIG_HOME");
	free(file);
}

static void test_place_cannot_be_replaced(void **state)
{
	static const char text[] = "[prod]\nkey = pkcs11:\n";
	char *file = strdup(unit_path(state, "file")), descriptor[64];
	int fd, status;
	pid_t child;

	unit_put(file, text, strlen(text), 0644);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	snprintf(descriptor, sizeof(descriptor), "/dev/fd/%d", fd);
	REFUSE_PLACE("is a descriptor", "--config", descriptor, "--profile", "prod");
	close(fd);
	assert_int_equal(link(file, unit_path(state, "other")), 0);
	REFUSE_PLACE("hard links", "--config", file, "--profile", "prod");
	assert_int_equal(unlink(unit_path(state, "other")), 0);
	/* another user cannot */
	assert_int_equal(chmod(((struct unit_folder *)*state)->path, geteuid() == 0 ? 0755 : 0555), 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(1);
		REFUSE_PLACE("cannot", "--config", file, "--profile", "prod");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(((struct unit_folder *)*state)->path, 0755), 0);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),	       cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_several_changes), cmocka_unit_test(test_refusal_has_lines),
		cmocka_unit_test(test_size_is_limited), cmocka_unit_test(test_memory_is_exhausted),
		TEST_IN_FOLDER(test_file_is_replaced),
		TEST_IN_FOLDER(test_place),	       TEST_IN_FOLDER(test_place_of_user),
		TEST_IN_FOLDER(test_place_cannot_be_replaced),
	};

	unsetenv("P11BEARER_CONFIG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
