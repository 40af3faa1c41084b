/* SPDX-License-Identifier: Apache-2.0 */
/* The base room: text and JSON from elsewhere. */
#include "unit.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/shell-word.h"
#include "base/text.h"
#include "base/url.h"

#include <cjson/cJSON.h>

/* --- text from elsewhere ----------------------------------------------------------------------------------------- */

static void text_clean_leaves_nothing_that_drives_a_terminal(void **state)
{
	static const char *const cases[][3] = {
		/* text, kept, cleaned */
		{ "", "", "" },
		{ "plain ~ text", "", "plain ~ text" },
		{ "\x01\x1f \x7f\r\n\t\033[2J", "", "?? ????" "?[2J" },
		{ "a\nb\tc", "\n", "a\nb?c" },
		{ "\xc2\x80|\xc2\x9b|\xc2\x9f|\xc2\xa0", "", "??|??|??|\xc2\xa0" }, /* C1 ends before U+00A0 */
		{ "\xe2\x80\x8e\xe2\x80\x8f|\xe2\x80\xaa\xe2\x80\xae|\xe2\x81\xa6\xe2\x81\xa9", "", "??????|??????|??????" },
		{ "\u061c|\u2028\u2029|\u200b|\ufeff|\u200d|\u2060|\u2069|\u00ad|\U000e0041", "",
		  "??|??????|???|???|???|???|???|??|????" },
		{ "\u200a\u2010\u2027\u202f\u205f\u2070\ufe0f", "", "\u200a\u2010\u2027\u202f\u205f\u2070\ufe0f" }, /* beside those */
		{ "\xc3\xbc \xe6\xbc\xa2 \xf0\x9f\x94\x91", "", "\xc3\xbc \xe6\xbc\xa2 \xf0\x9f\x94\x91" },
		{ "a\xff" "b\xc3", "", "a?b?" },
		{ "\x9b" "2J\xc0\x80\xed\xa0\x80", "", "?2J?????" }, /* a bare C1 byte, an overlong NUL, a surrogate */
		{ "\xe2\x80", "", "??" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", cases[i][0]);
		text_clean(text, cases[i][1]);
		assert_string_equal(text, cases[i][2]);
	}
}

static void text_fault_names_what_is_wrong(void **state)
{
	(void)state;
	assert_string_equal(text_fault(""), "is empty");
	assert_string_equal(text_fault("a\xff"), "is not UTF-8");
	assert_string_equal(text_fault("a\xc3"), "is not UTF-8");
	assert_string_equal(text_fault("a\tb"), "holds a control character");
	assert_string_equal(text_fault("\x7f"), "holds a control character");
	assert_string_equal(text_fault("\xc2\x9b"), "holds a control character");
	assert_null(text_fault(" \xc3\xbc \xe6\xbc\xa2 ~"));
}

/* --- JSON taken over --------------------------------------------------------------------------------------------- */

static void json_compact_takes_out_blanks_alone(void **state)
{
	static const char *const cases[][2] = {
		/* text, compact or NULL when it is no JSON */
		{ " {\t\"a\" :\r\n[ 1 , 2 ] } ", "{\"a\":[1,2]}" },
		{ "[0, -0, 10, 1.50, 1e400, -1.5E+07, 0e-1, 12345678901234567890]",
		  "[0,-0,10,1.50,1e400,-1.5E+07,0e-1,12345678901234567890]" },
		{ "\" a \\\" , : b \"", "\" a \\\" , : b \"" },
		{ "[\"ends in \\\\\" , \"\\\\\\\" \" , \" \"]", "[\"ends in \\\\\",\"\\\\\\\" \",\" \"]" },
		{ "[ true , null , \"\\u00fc\\/ \xc3\xbc\" ]", "[true,null,\"\\u00fc\\/ \xc3\xbc\"]" },
		{ "007", NULL }, { "-01", NULL }, { "[1.]", NULL }, { "1.e2", NULL }, { "1e", NULL }, { "1e+", NULL },
		{ "-", NULL }, { "\xef\xbb\xbf{}", NULL }, { "[1\x01]", NULL }, { "\"\n\"", NULL }, { "\"\xff\"", NULL },
		{ "\"\\u0000\"", NULL }, { "\"\\u00zz\"", NULL }, { "\"\\\\u00zz\"", "\"\\\\u00zz\"" }, { "\"\\\\u0000\"", "\"\\\\u0000\"" }, { "\"open", NULL }, { "\"\\", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error;
		char text[96];
		cJSON *root = cJSON_Parse(cases[i][0]);

		snprintf(text, sizeof(text), "%s", cases[i][0]);
		assert_int_equal(json_strict(text, root, ERROR_CONFIG, "it", &error) == 0, cases[i][1] != NULL);
		cJSON_Delete(root);
		if (cases[i][1] == NULL)
			continue;
		json_compact(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void json_indent_keeps_every_character_of_numbers_and_strings(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "{}" }, { " [ \n ] ", "[]" }, { "\"a b\"", "\"a b\"" }, { " 1e400 ", "1e400" },
		{ "[[],{},[ ], { }]", "[\n  [],\n  {},\n  [],\n  {}\n]" },
		{ "{\"a\":{\"b\":[1.0,{\"c\":null}]},\"d\" :-0}",
		  "{\n  \"a\": {\n    \"b\": [\n      1.0,\n      {\n        \"c\": null\n      }\n    ]\n  },\n  \"d\": -0\n}" },
		{ "[\"{[,:]}\",\"\\\"]\",\"\\\\\",\"\\u00fc \xc3\xbc\"]",
		  "[\n  \"{[,:]}\",\n  \"\\\"]\",\n  \"\\\\\",\n  \"\\u00fc \xc3\xbc\"\n]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret *indented = secret_new(0), *again = secret_new(0);

		assert_true(indented != NULL && again != NULL);
		assert_int_equal(json_indent(indented, cases[i][0], NULL), 0);
		assert_string_equal(secret_data(indented), cases[i][1]);
		assert_int_equal(json_indent(again, secret_data(indented), NULL), 0);
		assert_string_equal(secret_data(again), cases[i][1]);
		secret_free(&indented);
		secret_free(&again);
	}
}

static void json_escapes_what_misleads(void **state)
{
	static const char *const cases[][2] = {
		{ "[\"\x7f\"]", "[\"\\u007f\"]" },
		{ "[\"a\xc2\x80\xc2\x9b\xc2\x9f\u00a0\"]", "[\"a\\u0080\\u009b\\u009f\u00a0\"]" },
		{ "{\"\u202e\u2066\":\"\u200e\u061c\"}", "{\"\\u202e\\u2066\":\"\\u200e\\u061c\"}" },
		{ "[\"\u2028\u2029\u200b\ufeff\"]", "[\"\\u2028\\u2029\\u200b\\ufeff\"]" },
		{ "[\"\U000e0041\U0001f511\"]", "[\"\\udb40\\udc41\U0001f511\"]" },
		{ "[\"\\u202e\\\\\"]", "[\"\\u202e\\\\\"]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret *json = secret_new(0);
		char spread[128];

		assert_int_equal(json_line(json, cases[i][0]), 0);
		assert_string_equal(secret_data(json), cases[i][1]);
		secret_truncate(json, 0);
		assert_int_equal(json_indent(json, cases[i][0], NULL), 0);
		snprintf(spread, sizeof(spread), "%s", secret_data(json));
		json_compact(spread);
		assert_string_equal(spread, cases[i][1]);
		secret_free(&json);
	}
}

static void json_stays_json_when_it_is_redacted(void **state)
{
	static const char *const cases[][2] = {
		{ "[\"a\\nAQ8AQHk2m_Ty\\nb\"]", "[\"a\\n***\\nb\"]" },
		{ "[\"\\u00e9AQ8AQHk2m_Ty\\u00e9\"]", "[\"\\u00e9***\\u00e9\"]" },
		{ "[\"\\\\AQ8AQHk2m_Ty\\\\\"]", "[\"\\\\***\\\\\"]" },
		{ "[\"\\\"AQ8AQHk2m_Ty\\\"\"]", "[\"\\\"***\\\"\"]" },
		{ "[\"\\u0041Q8AQHk2m\\u005FTy\"]", "[\"***\"]" },
		{ "[\"\\\\u0041Q8AQHk2m\\\\x5fTy\"]", "[\"***\"]" },
		{ "[\"\\\\41Q8AQHk2m\\\\5fTy\\\\\"]", "[\"***\\\\\"]" },
		{ "[\"x \\b4AQ8AQHk2m_Ty\"]", "[\"x \\b***\"]" },
		{ "{\"AQ8AQHk2m_Ty\":[1,\"a\"]}", "{\"***\":[1,\"a\"]}" },
		{ "[\"AQ8AQHk\",\"2m_Ty\"]", "[\"AQ8AQHk\",\"2m_Ty\"]" }, /* fragments that are too short */
	};
	struct redactor *redactor = redactor_new();

	(void)state;
	assert_int_equal(redactor_add(redactor, "AQ8AQHk2m_Ty"), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret *json = secret_new(0);
		char text[128];

		assert_int_equal(json_indent(json, cases[i][0], redactor), 0);
		snprintf(text, sizeof(text), "%s", secret_data(json));
		json_compact(text);
		assert_string_equal(text, cases[i][1]);
		secret_free(&json);
	}
	redactor_free(&redactor);
}

static void a_member_that_is_there_twice_is_found(void **state)
{
	static const char *const repeating[][2] = {
		{ "{\"a\":1,\"a\":1}", "a" }, { "{\"a\":1,\"b\":2,\"\\u0061\":3}", "a" },
		{ "[1,{\"x\":{\"y\":[{\"z\":1,\"\\u007a\":null}]}}]", "z" }, { "{\"\":1,\"\":2}", "" },
		{ "{\"\u00fc\":1,\"\\u00FC\":2}", "\u00fc" }, { "{\"\\ud83d\\udd11\":1,\"\U0001f511\":2}", "\U0001f511" },
		{ "{\"a\\/b\":1,\"a/b\":2}", "a/b" }, { "{\"\\n\":1,\"\\u000a\":2}", " " },
		{ "{\"a\":{},\"b\":[],\"a\":[]}", "a" }, { "[[],[[[{\"q\":1,\"q\":[]}]]]]", "q" },
	};
	static const char *const fine[] = {
		"{}", "[]", "1", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]", "{\"a\":1,\"A\":2}", "{\"a\":1,\"a \":2}",
		"{\"a\":\"a\",\"b\":\"a\"}", "no JSON at all", "",
	};
	char name[JSON_NAME_SIZE];
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(repeating); i++) {
		cJSON *root = cJSON_Parse(repeating[i][0]);

		assert_true(json_repeats(root, name));
		assert_string_equal(name, repeating[i][1]);
		assert_fails(json_strict(repeating[i][0], root, ERROR_ANSWER, "it", &error), ERROR_ANSWER, &error);
		assert_contains(error.text, "twice");
		cJSON_Delete(root);
	}
	for (size_t i = 0; i < COUNT(fine); i++) {
		cJSON *root = cJSON_Parse(fine[i]);

		assert_false(json_repeats(root, name));
		cJSON_Delete(root);
	}
}

static void a_line_end_begins_no_line_of_a_message(void **state)
{
	struct error error;

	(void)state;
	error_set(&error, ERROR_CONFIG, "cannot open %s: %s", "a\nb\r\n\tc\u2028d", "why\033[2J");
	assert_string_equal(error.text, "cannot open a b? ?c???d: why?[2J");
	error_append(&error, "\n  %s", "one\ntwo");
	error_append(&error, "; %s", "three\nfour");
	assert_string_equal(error.text, "cannot open a b? ?c???d: why?[2J\n  one two; three four");
	error_hint(&error, "%s", "a\nb");
	assert_string_equal(error.hint, "a b");
}

static void a_message_shows_no_pin_of_a_uri(void **state)
{
	static const char *const pairs[][2] = {
		{ "cannot open pkcs11:?pin-value=Qzebra: No such file", "cannot open pkcs11:?pin-value=***: No such file" },
		{ "a \"pkcs11:?pin-value=Qzebra\"", "a \"pkcs11:?pin-value=***\"" },
		{ "section [pkcs11:?pin-value=Qzebra] (x)", "section [pkcs11:?pin-value=***] (x)" },
		{ "pkcs11:?pin-value=Qz&ebra&module-name=x", "pkcs11:?pin-value=***" },
		{ "pkcs11:?PIN-Value=Qzebra", "pkcs11:?PIN-Value=***" },
		{ "module-path=/x?pin-value=Qzebra, y", "module-path=/x?pin-value=***, y" },
		{ "a?pin-value=Qz b?pin-value=Qzebra\nc", "a?pin-value=** b?pin-value=*** c" },
		{ "pin-value=Q", "pin-value=*" },
		{ "pin-value=pin-value=Qzebra", "pin-value=***" },
		{ "pin-value=: the end", "pin-value=: the end" },
		{ "no token matches pkcs11:token=a?pin-value=", "no token matches pkcs11:token=a?pin-value=" },
		{ "the URI has pin-value twice", "the URI has pin-value twice" },
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		error_set(&error, ERROR_CONFIG, "%s", pairs[i][0]);
		assert_string_equal(error.text, pairs[i][1]);
		error_hint(&error, "%s", pairs[i][0]);
		assert_string_equal(error.hint, pairs[i][1]);
	}
}

/* Paths in the commands that hints suggest: whoever pastes such a command must hit that file and no other. */
static void a_path_is_one_word(void **state)
{
	static const char *const cases[][2] = {
		{ "a", "a" }, { "/etc/x_1.conf", "/etc/x_1.conf" }, { "", "''" }, { "a b", "'a b'" }, { " a", "' a'" }, { "a ", "'a '" },
		{ "it's", "'it'\\''s'" }, { "'", "''\\'''" }, { "$HOME/x", "'$HOME/x'" }, { "~/x", "'~/x'" }, { "a;reboot", "'a;reboot'" },
		{ "`id`", "'`id`'" }, { "$(id)", "'$(id)'" }, { "a\"b", "'a\"b'" }, { "a\\b", "'a\\b'" }, { "*", "'*'" }, { "a?[b]", "'a?[b]'" },
		{ "a&b|c>d<e", "'a&b|c>d<e'" }, { "#a", "'#a'" }, { "!1", "'!1'" }, { "-rf", "./-rf" }, { "-r f", "'./-r f'" },
		{ "{a,b}", "'{a,b}'" }, { "(a)", "'(a)'" }, { "a=b", "a=b" }, { "\xc3\xa4", "\xc3\xa4" }, { "a\nb", "PATH" },
		{ "a\x1b[0m", "PATH" }, { "\x7f", "PATH" },
	};
	char word[SHELL_WORD_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(shell_word(cases[i][0], strlen(cases[i][0]), word), cases[i][1]);
	assert_string_equal(shell_word("folder/file", 6, word), "folder");
}

static void a_path_is_whole_or_left_out(void **state)
{
	static const char *const fillings[] = { "a", "'", "a ", "-" };
	char path[2 * SHELL_WORD_SIZE], word[SHELL_WORD_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(fillings); i++) {
		for (size_t length = 1; length < sizeof(path); length++) {
			for (size_t j = 0; j < length; j++)
				path[j] = fillings[i][j % strlen(fillings[i])];
			shell_word(path, length, word);
			assert_true(strlen(word) < SHELL_WORD_SIZE);
			if (strcmp(word, "PATH") != 0)
				assert_true(strlen(word) >= length);
			else
				assert_true(4 * length + 8 > SHELL_WORD_SIZE);
		}
	}
}

/* --- URLs -------------------------------------------------------------------------------------------------------- */

static void a_url_is_its_parts(void **state)
{
	static const char *const cases[][6] = {
		/* text, host, port, path, what is left after the path, fault */
		{ "https://a.example", "a.example", "", "", "", NULL },
		{ "HTTP://A.example:8443/b/c//", "A.example", ":8443", "/b/c", "//", NULL },
		{ "https://[2001:db8::1]:443/", "[2001:db8::1]", ":443", "", "/", NULL },
		{ "https://[::1]/a:b@c", "[::1]", "", "/a:b@c", "", NULL },
		{ "https://a.example:/b", "a.example", ":", "/b", "", NULL },
		{ "https://a.example/b/?c=/d/", "a.example", "", "/b", "/?c=/d/", "has a query or a fragment" },
		{ "https://a.example#b", "a.example", "", "", "#b", "has a query or a fragment" },
		{ "a.example/b", "a.example", "", "/b", "", "does not begin with https://" },
		{ "ftp://a.example", "a.example", "", "", "", "does not begin with https://" },
		{ "", "", "", "", "", "does not begin with https://" },
		{ "https://", "", "", "", "", "has no host" },
		{ "https:///b", "", "", "/b", "", "has no host" },
		{ "https://https://a.example", "https", ":", "//a.example", "", "begins with https:// twice" },
		{ "https://me:pw@a.example/", "me", ":pw@a.example", "", "/", "must not contain a user and password" },
		{ "https://me:p/w@a.example", "me", ":p", "/w@a.example", "", "has a port that is not a number" },
		{ "https://[::1/b", "", "[::1", "/b", "", "has brackets around something that is not an IPv6 address" },
		{ "https://[]", "[]", "", "", "", "has brackets around something that is not an IPv6 address" },
		{ "https://a..example", "a..example", "", "", "", "has two dots in a row in its host" },
		{ "https://a.example/{b}", "a.example", "", "/{b}", "", "contains a character that is not valid in a URL" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url url;
		const char *fault = url_parse(&url, cases[i][0]);
		const char *const begins[] = { url.host, url.port, url.path, url.end, url.end + strlen(url.end) };

		for (size_t j = 0; j + 1 < COUNT(begins); j++) {
			assert_int_equal(begins[j + 1] - begins[j], strlen(cases[i][j + 1]));
			assert_memory_equal(begins[j], cases[i][j + 1], strlen(cases[i][j + 1]));
		}
		if (cases[i][5] != NULL)
			assert_string_equal(fault, cases[i][5]);
		else
			assert_null(fault);
		assert_ptr_equal(url.text, cases[i][0]);
		assert_int_equal(url.https, strncasecmp(cases[i][0], "https", 5) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_clean_leaves_nothing_that_drives_a_terminal),
		cmocka_unit_test(text_fault_names_what_is_wrong),
		cmocka_unit_test(json_compact_takes_out_blanks_alone),
		cmocka_unit_test(json_indent_keeps_every_character_of_numbers_and_strings),
		cmocka_unit_test(json_escapes_what_misleads),
		cmocka_unit_test(json_stays_json_when_it_is_redacted),
		cmocka_unit_test(a_member_that_is_there_twice_is_found),
		cmocka_unit_test(a_line_end_begins_no_line_of_a_message),
		cmocka_unit_test(a_message_shows_no_pin_of_a_uri),
		cmocka_unit_test(a_path_is_one_word),
		cmocka_unit_test(a_path_is_whole_or_left_out),
		cmocka_unit_test(a_url_is_its_parts),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
