/* SPDX-License-Identifier: Apache-2.0 */
/* The settings room, through settings_load: who wins, and what a slip is answered with. */
#include "unit.h"

/* A test cannot write the system's file; so these tests have it in their own folder, where setup goes. The linker needs no
 * config.o from the library then. */
#undef P11BEARER_SYSCONFDIR
#define P11BEARER_SYSCONFDIR "etc"
#include "settings/config.c" /* NOLINT(bugprone-suspicious-include) */

static const struct settings_usage usage = {
	.command = "test",
	.operands = "[URI]",
	.operands_max = 1,
	.groups = GROUP_KEY | GROUP_CLAIMS | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_BITS, SETTING_FORMAT },
};

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, unit_folder_remove)
#define SYSTEM "etc/p11bearer.conf"
#define USER ".config/p11bearer.conf"

/* A home of its own, and none of the program's variables. */
static int setup(void **state)
{
	char name[64];

	for (char **variable = environ; *variable != NULL;) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*variable, "="), *variable);
		if (strncmp(name, "P11BEARER_", 10) != 0 || unsetenv(name) < 0)
			variable++;
	}
	unsetenv("XDG_CONFIG_HOME");
	if (unit_folder_make(state) < 0 || chdir(((struct unit_folder *)*state)->path) < 0)
		return -1;
	setenv("HOME", ((struct unit_folder *)*state)->path, 1);
	return mkdir("etc", 0700) + mkdir(".config", 0700);
}

static const char *put(void **state, const char *name, const char *text)
{
	const char *path = unit_path(state, name);

	unit_put(path, text, strlen(text), 0600);
	return path;
}

/* Loads the settings of the command and the arguments given. */
#define ARGV(...) ((char *[]){ (char *)"test", __VA_ARGS__, NULL })
static int load(struct settings **settings, char **argv, struct error *error)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	memset(error, 0, sizeof(*error));
	return settings_load(settings, &usage, argc, argv, error);
}

/* The same, where the text of one setting is all that matters; "" where there is none. */
#define assert_text(id, expected, ...) expect_text((id), (expected), __LINE__, ARGV(__VA_ARGS__))
static void expect_text(enum setting_id id, const char *expected, int line, char **argv)
{
	struct settings *settings;
	struct error error;
	const char *text;

	unit_works(load(&settings, argv, &error), &error, __FILE__, line);
	text = settings_text(settings, id);
	_assert_string_equal(text != NULL ? text : "", expected, __FILE__, line);
	settings_free(&settings);
}

static struct error refusal; /* the last one, for a closer look */
#define assert_refused(class, part, ...) expect_refusal((class), (part), __LINE__, ARGV(__VA_ARGS__))
static void expect_refusal(enum error_class class, const char *part, int line, char **argv)
{
	struct settings *settings;

	unit_fails(load(&settings, argv, &refusal), class, &refusal, __FILE__, line);
	unit_contains(refusal.text, part, true, __FILE__, line);
	settings_free(&settings);
}

static void higher_layers_win_and_profiles_win_over_default(void **state)
{
	put(state, SYSTEM, "lifetime = 11\n[p]\nlifetime = 12\n");
	put(state, USER, "[default]\nlifetime = 13\n[a]\nlifetime = 99\n[p]\nlifetime = 14\n");
	setenv("P11BEARER_LIFETIME", "15", 1);
	assert_text(SETTING_LIFETIME, "16", "--profile", "p", "--lifetime", "16");
	assert_text(SETTING_LIFETIME, "15", "--profile", "p");
	setenv("P11BEARER_LIFETIME", "", 1);
	assert_text(SETTING_LIFETIME, "14", "--profile", "p");
	assert_text(SETTING_LIFETIME, "99", "--profile", "a"); /* OpenSSL hands this one out before [default] */
	assert_text(SETTING_LIFETIME, "13", "--verbose");
	put(state, USER, "timeout = 5\nlifetime = 13\n");
	assert_text(SETTING_LIFETIME, "13", "--profile", "p");
	put(state, USER, "timeout = 5\n");
	assert_text(SETTING_LIFETIME, "12", "--profile", "p");
	assert_text(SETTING_LIFETIME, "11", "--verbose");
	assert_int_equal(unlink(SYSTEM), 0);
	assert_text(SETTING_LIFETIME, "", "--verbose"); /* the default is the server's */
	assert_text(SETTING_LIFETIME, "18", "--lifetime", "17", "--lifetime=18");
}

static void config_replaces_both_files(void **state)
{
	const char *one = put(state, "one.conf", "timeout = 7\n"), *two = put(state, "two.conf", "timeout = 8\n");

	put(state, SYSTEM, "username = system\n");
	put(state, USER, "timeout = 9\n");
	assert_text(SETTING_TIMEOUT, "7", "--config", (char *)one);
	assert_text(SETTING_USERNAME, "", "--config", (char *)one);
	setenv("P11BEARER_CONFIG", two, 1);
	assert_text(SETTING_TIMEOUT, "8", "--verbose");
	assert_text(SETTING_TIMEOUT, "7", "--config", (char *)one);
	assert_refused(ERROR_CONFIG, "none.conf", "--config", (char *)unit_path(state, "none.conf"));
	assert_refused(ERROR_CONFIG, "irectory", "--config", (char *)unit_path(state, "."));
}

/* Each in a later layer than the one before. */
static void an_audit_can_only_be_tightened(void **state)
{
	const char *config = put(state, "config.conf", "timeout = 7\n[p]\ntimeout = 8\n");

	put(state, SYSTEM, "timeout = 9\nunknown-but-ignored = 1\naudit = journal\n");
	assert_text(SETTING_AUDIT, "journal", "--config", (char *)config);
	assert_text(SETTING_TIMEOUT, "7", "--config", (char *)config);
	assert_refused(ERROR_USAGE, "option --audit: \"off\" is not allowed, because etc/p11bearer.conf, section [default], "
		       "key audit sets \"journal\"", "--config", (char *)config, "--audit", "off");
	put(state, SYSTEM, "audit = off\naudit-required = no\n[q]\naudit = journal\n[p]\naudit-required = yes\n");
	put(state, USER, "audit = off\n[p]\naudit = file:/a\n[q]\ntimeout = 5\n");
	assert_text(SETTING_AUDIT, "off", "--verbose");
	assert_text(SETTING_AUDIT, "syslog", "--audit", "syslog");
	assert_text(SETTING_AUDIT, "file:/a", "--profile", "p");
	assert_text(SETTING_AUDIT, "file:/a", "--profile", "p", "--audit", "file:/a", "--audit-required");
	assert_refused(ERROR_USAGE, "section [p], key audit sets \"file:/a\"", "--profile", "p", "--audit", "file:/b");
	assert_refused(ERROR_USAGE, "key audit-required sets \"yes\"", "--profile", "p", "--no-audit-required");
	assert_refused(ERROR_CONFIG, "section [default], key audit: \"off\" is not allowed, because etc/p11bearer.conf, "
		       "section [q], key audit sets \"journal\"", "--profile", "q");
	setenv("P11BEARER_AUDIT", "syslog", 1);
	assert_text(SETTING_AUDIT, "syslog", "--audit", "syslog");
	assert_refused(ERROR_CONFIG, "environment variable P11BEARER_AUDIT: \"syslog\" is not allowed", "--profile", "p");
	assert_refused(ERROR_USAGE, "environment variable P11BEARER_AUDIT sets \"syslog\"", "--audit", "journal");
	assert_refused(ERROR_USAGE, "is not journal, syslog, off, or file: and an absolute path", "--audit", "file:a");
}

static void the_agents_rules_are_in_files_only(void **state)
{
	struct settings *settings;
	struct error error;
	bool p, q;

	put(state, USER, "allow = uid:web\nsocket-mode = 0666\nagent = auto\n[p]\nsink = /run/p/bearer\n[q]\nsink-mode = 640\n");
	assert_text(SETTING_ALLOW, "uid:web", "--profile", "p");
	assert_text(SETTING_AGENT, "/run/a", "--agent", "/run/a");
	unit_works(load(&settings, ARGV("--profile", "q"), &error), &error, __FILE__, __LINE__);
	assert_int_equal(settings_number(settings, SETTING_SINK_MODE), 0640);
	assert_int_equal(settings_number(settings, SETTING_SOCKET_MODE), 0666);
	assert_string_equal(settings_profile(settings, 0), "p");
	assert_null(settings_profile(settings, 1));
	settings_free(&settings);
	unit_works(load(&settings, ARGV(NULL), &error), &error, __FILE__, __LINE__);
	p = strcmp(settings_profile(settings, 0), "p") == 0;
	q = strcmp(settings_profile(settings, p ? 1 : 0), "q") == 0;
	assert_true(p || strcmp(settings_profile(settings, 1), "p") == 0);
	assert_true(q);
	assert_null(settings_profile(settings, 2));
	settings_free(&settings);
	assert_refused(ERROR_USAGE, "test has no option --allow", "--allow", "uid:1");
	assert_string_equal(refusal.hint, "only a configuration file can set allow");
	assert_refused(ERROR_USAGE, "test has no option --socket", "--socket=/s");
	assert_string_equal(refusal.hint, "only a configuration file can set socket");
	assert_refused(ERROR_USAGE, "is not an absolute path, auto or no", "--agent", "agent.sock");
	setenv("P11BEARER_ALLOW_ASSERTION", "uid:1", 1);
	assert_refused(ERROR_CONFIG, "environment variable P11BEARER_ALLOW_ASSERTION: only a configuration file can set "
		       "allow-assertion", NULL);
	unsetenv("P11BEARER_ALLOW_ASSERTION");
	put(state, USER, "[p]\nsocket = /s\n");
	assert_refused(ERROR_CONFIG, "section [p], key socket: only the section [default] can set it", NULL);
	put(state, USER, "sink = bearer\n");
	assert_refused(ERROR_CONFIG, "\"bearer\" is not an absolute path", NULL);
	for (const char *const *mode = (const char *const[]){ "0644", "6", "0680", "00600", "600 x", "-600", NULL };
	     *mode != NULL; mode++) {
		char text[64];

		snprintf(text, sizeof(text), "sink-mode = %s\n", *mode);
		put(state, USER, text);
		assert_refused(ERROR_CONFIG, "is not an octal mode with no more permissions than 0660", NULL);
	}
}

static void users_file_is_found_by_xdg_or_home(void **state)
{
	assert_text(SETTING_TIMEOUT, "30", "--verbose"); /* no file at all */
	put(state, USER, "timeout = 9\n");
	put(state, SYSTEM, "timeout = 8\n");
	assert_int_equal(mkdir("xdg", 0700), 0);
	put(state, "xdg/p11bearer.conf", "timeout = 10\n");
	setenv("XDG_CONFIG_HOME", unit_path(state, "xdg"), 1);
	assert_text(SETTING_TIMEOUT, "10", "--verbose");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_text(SETTING_TIMEOUT, "9", "--verbose");
	setenv("XDG_CONFIG_HOME", "", 1);
	assert_text(SETTING_TIMEOUT, "9", "--verbose");
	unsetenv("HOME");
	assert_text(SETTING_TIMEOUT, "8", "--verbose");
}

static const char *pair_value(const struct settings *settings, enum setting_id id, const char *name)
{
	for (size_t i = 0; i < settings_pairs(settings, id); i++) {
		if (strcmp(settings_pair(settings, id, i).name, name) == 0)
			return settings_pair(settings, id, i).value;
	}
	return "(none)";
}

static void claims_are_merged_by_name(void **state)
{
	struct settings *settings;
	struct error error;

	put(state, SYSTEM, "claim.system = '{\"a\":[1, \"b c\"]}'\nclaim.x = system\n");
	put(state, USER, "claim.x = user\nclaim.y = \"user # y\"\nheader.kid = k\n[p]\nclaim.y = profile\nclaim.z = z\n");
	setenv("P11BEARER_CLAIM", "z=1\n\nw={\"a\":\"=\"}\n", 1);
	assert_works(load(&settings, ARGV("--claim", "w=2", "--claim=v=3", "--claim", "v=4", "--profile=p"), &error), &error);
	assert_int_equal(settings_pairs(settings, SETTING_CLAIM), 6);
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "system"), "{\"a\":[1, \"b c\"]}");
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "x"), "user");
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "y"), "profile");
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "z"), "1");
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "w"), "2");
	assert_string_equal(pair_value(settings, SETTING_CLAIM, "v"), "4");
	assert_int_equal(settings_pairs(settings, SETTING_HEADER), 1);
	assert_string_equal(pair_value(settings, SETTING_HEADER, "kid"), "k");
	settings_free(&settings);
	assert_null(settings);
	assert_refused(ERROR_USAGE, "option --claim: \"x\" is not", "--claim", "x");
	assert_refused(ERROR_USAGE, "not of the form", "--claim", "=1");
	setenv("P11BEARER_CLAIM", "z=1\nbad", 1);
	assert_refused(ERROR_CONFIG, "P11BEARER_CLAIM: \"bad\"", "--verbose");
}

static void unknown_keys_are_told_with_file_section_and_nearest(void **state)
{
	const char *path = put(state, USER, "[default]\ntimeout = 5\n[later]\nclient_id = x\n");

	assert_refused(ERROR_CONFIG, path, "--verbose");
	assert_contains(refusal.text, "[later]");
	assert_contains(refusal.text, "client_id");
	assert_contains(refusal.hint, "client-id?");
	put(state, USER, "entirely-different = 5\n");
	assert_refused(ERROR_CONFIG, "[default]: unknown key entirely-different", "--verbose");
	assert_string_equal(refusal.hint, "");
	/* What a file may not set: where it is itself, and what is to be asked for each time. */
	put(state, USER, "config = /x\n");
	assert_refused(ERROR_CONFIG, "unknown key config", "--verbose");
	put(state, USER, "allow-final-try = yes\n");
	assert_refused(ERROR_CONFIG, "unknown key allow-final-try", "--verbose");
}

/* Values that no layer may give, and what the sentence must say of them. */
static const struct {
	const char *name, *variable, *value, *fault;
} bad_values[] = {
	{ "lifetime", "P11BEARER_LIFETIME", "0", "from 1 to 86400" },
	{ "lifetime", "P11BEARER_LIFETIME", "86401", "from 1 to 86400" },
	{ "lifetime", "P11BEARER_LIFETIME", "180s", "whole number" },
	{ "lifetime", "P11BEARER_LIFETIME", "99999999999999999999", "whole number" },
	{ "retries", "P11BEARER_RETRIES", "-1", "from 0 to 10" },
	{ "iat", "P11BEARER_IAT", "86401", "neither a whole number from -86400 to 86400 nor \"no\"" },
	{ "nbf", "P11BEARER_NBF", "-86401", "from -86400 to 86400" },
	{ "iat", "P11BEARER_IAT", "--60", "whole number" },
	{ "iat", "P11BEARER_IAT", "No", "whole number" },
	{ "grant", "P11BEARER_GRANT", "password", "jwt-bearer|client-credentials|bearer|json|none" },
	{ "audience", "P11BEARER_AUDIENCE", "https:///path", "no host" },
	{ "audience", "P11BEARER_AUDIENCE", "https://a b", "not valid in a URL" },
	{ "username", "P11BEARER_USERNAME", "a\tb", "control character" },
	{ "username", "P11BEARER_USERNAME", "a\xff", "not UTF-8" },
	{ "key", "P11BEARER_KEY", "pkcs11:a\x01", "control character" },
};

static void bad_values_are_told_with_their_origin(void **state)
{
	for (size_t i = 0; i < COUNT(bad_values); i++, put(state, USER, "")) {
		char option[128], line[128];

		snprintf(option, sizeof(option), "--%s=%s", bad_values[i].name, bad_values[i].value);
		assert_refused(ERROR_USAGE, bad_values[i].fault, option);
		assert_contains(refusal.text, bad_values[i].name);
		setenv(bad_values[i].variable, bad_values[i].value, 1);
		assert_refused(ERROR_CONFIG, bad_values[i].fault, "--verbose");
		assert_contains(refusal.text, bad_values[i].variable);
		unsetenv(bad_values[i].variable);
		/* In a profile that is not asked for: a slip is to show before the day it is needed. */
		snprintf(line, sizeof(line), "[p]\n%s = \"%s\"\n", bad_values[i].name, bad_values[i].value);
		put(state, USER, line);
		assert_refused(ERROR_CONFIG, bad_values[i].fault, "--verbose");
		assert_contains(refusal.text, "section [p], key");
	}
	put(state, USER, "username =\n");
	assert_refused(ERROR_CONFIG, "is empty", "--verbose");
	put(state, USER, "jti = perhaps\n");
	assert_refused(ERROR_CONFIG, "neither yes nor no", "--verbose");
	put(state, USER, "");
	assert_refused(ERROR_USAGE, "2048|3072|4096", "--bits", "1024");
	assert_refused(ERROR_USAGE, "is empty", "--username=");
}

static void files_that_others_can_write_are_refused(void **state)
{
	const char *path = put(state, USER, "timeout = 5\n");

	for (mode_t mode = 0602; mode <= 0620; mode += 016) {
		/* The user's private group is not others: a group without a name is. */
		if (mode == 0620 && chown(path, (uid_t)-1, 54321) < 0)
			continue; /* root only */
		assert_int_equal(chmod(path, mode), 0);
		assert_refused(ERROR_CONFIG, path, "--verbose");
		assert_contains(refusal.text, "written by others");
		assert_refused(ERROR_CONFIG, path, "--config", (char *)path);
	}
	assert_int_equal(chmod(path, 0644), 0);
	assert_text(SETTING_TIMEOUT, "5", "--verbose");
	if (chown(path, geteuid() + 1, (gid_t)-1) == 0) /* root only */
		assert_refused(ERROR_CONFIG, "another user", "--verbose");
}

static void profile_must_be_somewhere(void **state)
{
	put(state, USER, "[p]\ntimeout = 5\n");
	assert_refused(ERROR_CONFIG, "[q]", "--profile", "q");
	setenv("P11BEARER_PROFILE", "p", 1);
	assert_text(SETTING_TIMEOUT, "5", "--verbose");
	setenv("P11BEARER_PROFILE", "q", 1);
	assert_text(SETTING_TIMEOUT, "5", "--profile", "p");
}

static void flags_can_be_turned_off_and_on(void **state)
{
	struct settings *settings;
	struct error error;
	static const struct {
		const char *file, *option;
		bool expected;
	} cases[] = {
		{ "", "--verbose", true }, { "", "--no-jti", false }, { "jti = no", "--jti", true },
		{ "jti = yes", "--no-jti", false }, { "jti = no", "--verbose", false }, { "jti = 0", "--verbose", false },
		{ "jti = Off", "--verbose", false }, { "jti = TRUE", "--verbose", true }, { "jti = on", "--verbose", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		put(state, USER, cases[i].file);
		assert_works(load(&settings, ARGV((char *)cases[i].option), &error), &error);
		assert_int_equal(settings_flag(settings, SETTING_JTI), cases[i].expected);
		assert_false(settings_flag(settings, SETTING_ALLOW_FINAL_TRY));
		settings_free(&settings);
	}
}

static void unknown_options_are_told_with_the_nearest(void **state)
{
	(void)state;
	assert_refused(ERROR_USAGE, "test has no option --usrname", "--usrname=x");
	assert_contains(refusal.hint, "--username?");
	assert_refused(ERROR_USAGE, "no option --user", "--user=x"); /* abbreviated: breaks with the next option */
	assert_refused(ERROR_USAGE, "--no-jit", "--no-jit");
	assert_refused(ERROR_USAGE, "--frobnicate", "--frobnicate");
	assert_refused(ERROR_USAGE, "--store", "--store"); /* of another command */
	assert_refused(ERROR_USAGE, "no option -x", "-x");
	assert_refused(ERROR_USAGE, "no option -x", "--verbose", "-xv");
	assert_refused(ERROR_USAGE, "--no-jti takes no value", "--no-jti=1");
}

static void values_and_operands_are_counted(void **state)
{
	struct settings_usage two = usage;
	struct settings *settings;
	struct error error = { 0 };
	char *argv[] = { (char *)"test", (char *)"b", (char *)"--verbose", (char *)"a", NULL };

	(void)state;
	assert_refused(ERROR_USAGE, "--username needs a value", "--username");
	assert_refused(ERROR_USAGE, "-u needs a value", "-u");
	assert_refused(ERROR_USAGE, "what to do with \"b\"", "a", "--verbose", "b");
	two.operands_min = two.operands_max = 2;
	assert_works(settings_load(&settings, &two, 4, argv, &error), &error);
	assert_string_equal(settings_operand(settings, 0), "b");
	assert_string_equal(settings_operand(settings, 1), "a");
	assert_null(settings_operand(settings, 2));
	settings_free(&settings);
	two.operands_min = 3;
	assert_fails(settings_load(&settings, &two, 4, argv, &error), ERROR_USAGE, &error);
	settings_free(&settings);
}

/* ps shows argv to everybody. Behind the '?' of a URI only '&' ends a value, for p11-kit too. */
static void pins_are_blanked_in_argv_and_kept_in_settings(void **state)
{
	char key[] = "--key=pkcs11:token=t?pin-value=12;3?4&module-name=m", operand[] = "pkcs11:?pin-value=98%37";
	char tls_key[] = "--tls-key=pkcs11:object=tls?pin-value=5678";
	struct settings *settings;
	struct error error;

	(void)state;
	assert_works(load(&settings, ARGV(key, tls_key, operand), &error), &error);
	assert_string_equal(settings_text(settings, SETTING_KEY), "pkcs11:token=t?pin-value=12;3?4&module-name=m");
	assert_string_equal(settings_operand(settings, 0), "pkcs11:?pin-value=98%37");
	assert_string_equal(settings_text(settings, SETTING_TLS_KEY), "pkcs11:object=tls?pin-value=5678");
	assert_string_equal(operand, "pkcs11:?pin-value=*****");
	assert_string_equal(tls_key, "--tls-key=pkcs11:object=tls?pin-value=****");
	assert_string_equal(key, "--key=pkcs11:token=t?pin-value=********************"); /* a PIN may go on after '&' */
	settings_forget_pins(settings);
	assert_string_equal(settings_text(settings, SETTING_KEY), "pkcs11:token=t?pin-value=");
	assert_string_equal(settings_text(settings, SETTING_TLS_KEY), "pkcs11:object=tls?pin-value=");
	settings_free(&settings);
}

static void pins_are_wiped_from_the_environment(void **state)
{
	static const char *const keys[] = {
		"pkcs11:token=t?pin-value=4711", "pkcs11:?pin-value=47&11", "pkcs11:?PIN-VALUE=4711", "pin-value=4711",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct settings *settings;
		struct error error;
		char *variable;

		setenv("P11BEARER_KEY", keys[i], 1);
		variable = getenv("P11BEARER_KEY");
		assert_works(load(&settings, ARGV("--verbose"), &error), &error);
		assert_string_equal(settings_text(settings, SETTING_KEY), keys[i]);
		assert_string_equal(variable, "");
		assert_null(getenv("P11BEARER_KEY"));
		settings_free(&settings);
	}
	setenv("P11BEARER_KEY", "pkcs11:token=t", 1);
	assert_text(SETTING_KEY, "pkcs11:token=t", "--verbose");
	assert_string_equal(getenv("P11BEARER_KEY"), "pkcs11:token=t");
}

static void operand_too_many_is_told_without_its_pin(void **state)
{
	char operand[] = "pkcs11:?pin-value=4711";

	(void)state;
	assert_refused(ERROR_USAGE, "test", "pkcs11:", operand);
	assert_lacks(refusal.text, "4711");
	assert_lacks(operand, "4711");
}

static void broken_file_is_told_with_its_line(void **state)
{
	const char *path = put(state, USER, "timeout = 5\n\n[broken\ntimeout = 6\n");

	assert_refused(ERROR_CONFIG, path, "--verbose");
	assert_contains(refusal.text, "line 3");
	put(state, USER, "timeout = 5\n  .include /etc/passwd\n"); /* whose writers nobody checks */
	assert_refused(ERROR_CONFIG, "line 2", "--verbose");
	assert_text(SETTING_HELP, "yes", "--help"); /* help is needed most when something is broken */
}

static void an_audience_is_a_text_unless_it_is_a_url(void **state)
{
	static const struct {
		const char *text, *fault; /* of a URL; NULL: none */
	} cases[] = {
		{ "https://login.salesforce.com/", NULL }, { "login.salesforce.com", "the URL does not begin with https://" },
		{ "none", "the URL does not begin with https://" }, { "api://x", "the URL does not begin with https://" },
		{ "urn:x:a b", "the URL does not begin with https://" }, { "a\xe2\x80\x8b.b", "the URL contains an invisible" },
	};
	struct settings *settings;
	struct error error;
	struct url url;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_works(load(&settings, ARGV("--audience", (char *)cases[i].text), &error), &error);
		assert_string_equal(settings_text(settings, SETTING_AUDIENCE), cases[i].text);
		if (cases[i].fault == NULL) {
			assert_works(settings_take_url(settings, SETTING_AUDIENCE, &url, &error), &error);
			assert_works(settings_parse_url(SETTING_AUDIENCE, cases[i].text, &url, &error), &error);
		} else {
			assert_fails(settings_take_url(settings, SETTING_AUDIENCE, &url, &error), ERROR_USAGE, &error);
			assert_contains(error.text, "option --audience: ");
			assert_contains(error.text, cases[i].fault);
			assert_fails(settings_parse_url(SETTING_AUDIENCE, cases[i].text, &url, &error), ERROR_CONFIG, &error);
			assert_contains(error.text, "\"audience\": the URL ");
			assert_works(settings_parse(SETTING_AUDIENCE, cases[i].text, NULL, NULL, &error), &error);
		}
		assert_string_equal(url.text, cases[i].text);
		settings_free(&settings);
	}
	assert_works(load(&settings, ARGV(NULL), &error), &error);
	assert_works(settings_take_url(settings, SETTING_AUDIENCE, &url, &error), &error);
	assert_null(url.text);
	settings_free(&settings);
	assert_fails(settings_parse(SETTING_AUDIENCE, "https://", NULL, NULL, &error), ERROR_CONFIG, &error);
	put(state, USER, "audience = \"x \"\n");
	assert_refused(ERROR_CONFIG, "key audience: the URL ends with a blank", NULL);
	assert_refused(ERROR_USAGE, "option --audience: the URL must not contain a user", "-a", "https://u:Qsecret@h");
	assert_lacks(refusal.text, "Qsecret");
}

static void an_offset_is_a_number_or_no(void **state)
{
	struct settings *settings;
	struct error error;

	put(state, USER, "nbf = no\n");
	assert_works(load(&settings, ARGV("--iat", "-60"), &error), &error);
	assert_int_equal(settings_number(settings, SETTING_IAT), -60);
	assert_int_equal(settings_number(settings, SETTING_NBF), 0);
	assert_string_equal(settings_text(settings, SETTING_NBF), "no");
	settings_free(&settings);
	assert_works(load(&settings, ARGV("--nbf=86400"), &error), &error);
	assert_int_equal(settings_number(settings, SETTING_NBF), 86400);
	assert_null(settings_text(settings, SETTING_IAT));
	settings_free(&settings);
}

/* The fields of the form with this name, joined. */
static const char *fields(const struct settings *settings, const char *name)
{
	static char joined[256];

	joined[0] = '\0';
	for (size_t i = 0; i < settings_pairs(settings, SETTING_FORM); i++) {
		const struct settings_pair pair = settings_pair(settings, SETTING_FORM, i);
		size_t used = strlen(joined);

		if (strcmp(pair.name, name) == 0)
			snprintf(joined + used, sizeof(joined) - used, "%s%s", used > 0 ? "," : "", pair.value);
	}
	return joined;
}

static void a_form_can_have_a_name_twice(void **state)
{
	struct settings *settings;
	struct error error;

	put(state, SYSTEM, "form.a = system\nform.b = system\nform.c = system\nform.d = system\n[p]\nform.d = profile\n");
	put(state, USER, "form.c = user\nform.b = user\n[p]\nform.c = profile\n");
	setenv("P11BEARER_FORM", "b=1\nb=2\ne=3\n", 1);
	assert_works(load(&settings, ARGV("--form", "e=4", "--form=e=5", "--form", "e=4", "--profile=p"), &error), &error);
	assert_string_equal(fields(settings, "a"), "system");
	assert_string_equal(fields(settings, "b"), "1,2");
	assert_string_equal(fields(settings, "c"), "profile");
	assert_string_equal(fields(settings, "d"), "profile");
	assert_string_equal(fields(settings, "e"), "4,5,4");
	assert_int_equal(settings_pairs(settings, SETTING_FORM), 8);
	settings_free(&settings);
	assert_string_equal(getenv("P11BEARER_FORM"), "b=1\nb=2\ne=3\n");
}

static void secret_fields_are_kept_secret(void **state)
{
	char *argv[] = { (char *)"test", strdup("--form"), strdup("client_secret=Qzebra"), strdup("--form=my_TOKEN=Qzebra"),
			 strdup("--form=scope=a"), strdup("--claim=password=\"Qzebra\""), strdup("Password=Qzebra"), NULL };
	struct settings *settings;
	struct error error;
	char shown[64], *variable;

	(void)state;
	setenv("P11BEARER_FORM", "x=1\n\npassword=Qzebra=\n", 1);
	variable = getenv("P11BEARER_FORM");
	assert_works(load(&settings, argv, &error), &error);
	assert_string_equal(variable, "");
	assert_null(getenv("P11BEARER_FORM"));
	assert_string_equal(fields(settings, "client_secret"), "Qzebra");
	assert_string_equal(fields(settings, "my_TOKEN"), "Qzebra");
	assert_string_equal(fields(settings, "password"), "Qzebra=");
	for (size_t i = 0; i < settings_pairs(settings, SETTING_FORM); i++) {
		bool secret = settings_is_secret(settings_pair(settings, SETTING_FORM, i).name);

		assert_int_equal(settings_show(settings, SETTING_FORM, i, shown, sizeof(shown)), secret);
		assert_string_equal(shown, secret ? "***" : i == 2 ? "a" : "1");
	}
	settings_free(&settings);
	for (size_t i = 1; argv[i] != NULL; i++) {
		assert_lacks(argv[i], "Qzebra");
		free(argv[i]);
	}
	assert_true(settings_is_secret("refresh_token"));
	assert_false(settings_is_secret("token"));
	assert_false(settings_is_secret("token_type"));
	assert_false(settings_is_secret("client_secret_id"));
	assert_refused(ERROR_USAGE, "option --form: the value holds a control character", "--form", strdupa("password=Qzebra\t"));
	assert_lacks(refusal.text, "Qzebra");
	assert_refused(ERROR_USAGE, "option --form: a field is not of the form NAME=VALUE", "--form", "Qzebra");
	assert_lacks(refusal.text, "Qzebra");
	assert_refused(ERROR_USAGE, "to do with \"client_secret=******\"", "a", strdupa("client_secret=Qzebra"));
	setenv("P11BEARER_FORM", "client_secret=Q\nzebra", 1);
	assert_refused(ERROR_CONFIG, "variable P11BEARER_FORM: a field is not of the form NAME=VALUE", NULL);
	assert_null(getenv("P11BEARER_FORM"));
	assert_refused(ERROR_USAGE, "option --set: \"x\" is not of the form NAME=VALUE", "--set", "x");
}

static void servers_are_no_profiles(void **state)
{
	static const struct settings_entry entries[] = { { "claim.x", "[\"a\"]", USER }, { "token-url", "https://{t}/u", USER },
							 { "nonsense", "s", SYSTEM }, { "alg", "ES256", USER } };
	const struct settings_server *server;
	struct settings *settings;
	struct error error;

	put(state, SYSTEM, "[server b-1.x_Y]\nclaim.x = 1\ntoken-url = s\nnonsense = s\n[server z]\n[p]\nserver = z\n");
	put(state, USER, "[server b-1.x_Y]\ntoken-url = https://{t}/u\nclaim.x = '[\"a\"]'\n[server a]\nalg = PS256\n"
		    "[server b-1.x_Y]\nalg = ES256\n");
	assert_works(load(&settings, ARGV("--profile", "p"), &error), &error);
	assert_string_equal(settings_text(settings, SETTING_SERVER), "z");
	assert_null(settings_profile(settings, 0));
	assert_string_equal(settings_server(settings, 0)->name, "a");
	server = settings_server(settings, 1);
	assert_string_equal(server->name, "b-1.x_Y");
	assert_int_equal(server->count, COUNT(entries));
	for (size_t i = 0; i < COUNT(entries); i++) {
		assert_string_equal(server->entries[i].key, entries[i].key);
		assert_string_equal(server->entries[i].value, entries[i].value);
		assert_contains(server->entries[i].origin, entries[i].origin);
		assert_contains(server->entries[i].origin, ", section [server b-1.x_Y], key ");
	}
	assert_string_equal(settings_server(settings, 2)->name, "z");
	assert_int_equal(settings_server(settings, 2)->count, 0);
	assert_null(settings_server(settings, 3));
	settings_free(&settings);
	assert_refused(ERROR_CONFIG, "has a section [server a]", "--profile", "server a");
	for (const char *const *text = (const char *const[]){ "[server a b]", "[server  a]", "[server a/b]", NULL }; *text != NULL;
	     text++) {
		put(state, USER, *text);
		assert_refused(ERROR_CONFIG, "this is not the name of a server", NULL);
	}
	put(state, USER, "[server a]\nx =\n");
	assert_refused(ERROR_CONFIG, "section [server a], key x: the value is empty", NULL);
	put(state, USER, "[server]\ntimeout = 5\n");
	assert_text(SETTING_TIMEOUT, "5", "--profile", "server");
	put(state, USER, "");
	assert_works(load(&settings, ARGV("--config", (char *)unit_path(state, USER)), &error), &error);
	assert_null(settings_server(settings, 0)); /* the system's file is not read */
	settings_free(&settings);
}

static void a_comment_behind_a_value_is_refused(void **state)
{
	static const struct {
		const char *text;
		int line; /* 0: it is fine */
	} cases[] = {
		{ "username = a#b\n", 1 }, { "\n[p]\nusername = a # b\n", 3 }, { "username = 'a' \"b\" # c", 1 },
		{ "username = a\\\nb\\\n#c\n", 3 }, { "username = #\n", 1 }, { "[server x]\ny = z #\n", 2 },
		{ "username = a\\\\#\n", 1 }, { "\xef\xbb\xbfusername = a #", 1 },
		{ "# a = b # c\n  # d\n[p] # e\nusername = 'a#' \"#\" `#`\\#\n", 0 }, { "#x\\\nusername = a # b\n", 0 },
		{ "claim.x = '#\n", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[64];

		put(state, USER, cases[i].text);
		snprintf(line, sizeof(line), ", line %d: # begins a comment", cases[i].line);
		if (cases[i].line == 0) {
			assert_text(SETTING_TIMEOUT, "30", NULL);
			continue;
		}
		assert_refused(ERROR_CONFIG, line, NULL);
		assert_contains(refusal.hint, "put the value in quotes");
	}
}

static void set_is_not_jwks_flag(void **state)
{
	struct settings_usage jwk = { .command = "jwk", .groups = GROUP_KEY, .own = { SETTING_AS_SET } };
	struct settings *settings;
	struct error error = { 0 };
	char *argv[] = { (char *)"jwk", (char *)"--set", NULL };

	put(state, USER, "set.tenant = file\nset.realm = r\n");
	assert_int_equal(settings_find("set"), SETTING_SET);
	assert_works(load(&settings, ARGV("--set", "tenant=a=b"), &error), &error);
	assert_string_equal(pair_value(settings, SETTING_SET, "tenant"), "a=b");
	assert_string_equal(pair_value(settings, SETTING_SET, "realm"), "r");
	assert_false(settings_flag(settings, SETTING_AS_SET));
	settings_free(&settings);
	assert_works(settings_load(&settings, &jwk, 2, argv, &error), &error);
	assert_true(settings_flag(settings, SETTING_AS_SET));
	settings_free(&settings);
}

/* Another room's complaint about a value becomes one about its origin. */
static void blame_falls_on_the_origin(void **state)
{
	struct settings *settings;
	struct error error;

	put(state, USER, "username = u\nclaim.a = 1\n");
	assert_works(load(&settings, ARGV("--key=pkcs11:"), &error), &error);
	error_set(&error, ERROR_CONFIG, "it is bad");
	error_hint(&error, "do better");
	settings_blame(settings, SETTING_KEY, &error);
	assert_int_equal(error.class, ERROR_USAGE);
	assert_string_equal(error.text, "option --key: it is bad");
	assert_string_equal(error.hint, "do better");
	settings_blame(settings, SETTING_USERNAME, &error);
	assert_int_equal(error.class, ERROR_CONFIG);
	assert_contains(error.text, "key username: ");
	settings_blame_pair(settings, SETTING_CLAIM, 0, &error);
	assert_contains(error.text, "key claim.a: ");
	settings_free(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(higher_layers_win_and_profiles_win_over_default),
		TEST(config_replaces_both_files),
		TEST(an_audit_can_only_be_tightened),
		TEST(the_agents_rules_are_in_files_only),
		TEST(users_file_is_found_by_xdg_or_home),
		TEST(claims_are_merged_by_name),
		TEST(unknown_keys_are_told_with_file_section_and_nearest),
		TEST(bad_values_are_told_with_their_origin),
		TEST(files_that_others_can_write_are_refused),
		TEST(profile_must_be_somewhere),
		TEST(flags_can_be_turned_off_and_on),
		TEST(unknown_options_are_told_with_the_nearest),
		TEST(values_and_operands_are_counted),
		TEST(pins_are_blanked_in_argv_and_kept_in_settings),
		TEST(pins_are_wiped_from_the_environment),
		TEST(operand_too_many_is_told_without_its_pin),
		TEST(broken_file_is_told_with_its_line),
		TEST(an_audience_is_a_text_unless_it_is_a_url),
		TEST(an_offset_is_a_number_or_no),
		TEST(a_form_can_have_a_name_twice),
		TEST(secret_fields_are_kept_secret),
		TEST(servers_are_no_profiles),
		TEST(a_comment_behind_a_value_is_refused),
		TEST(set_is_not_jwks_flag),
		TEST(blame_falls_on_the_origin),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
