/* SPDX-License-Identifier: Apache-2.0 */
/* The base room: text and JSON from elsewhere. */
#include "unit.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

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
		{ "\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "",
		  "\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa" }, /* beside those */
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
		char text[96];

		snprintf(text, sizeof(text), "%s", cases[i][0]);
		assert_int_equal(json_is_strict(text), cases[i][1] != NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_clean_leaves_nothing_that_drives_a_terminal),
		cmocka_unit_test(text_fault_names_what_is_wrong),
		cmocka_unit_test(json_compact_takes_out_blanks_alone),
		cmocka_unit_test(json_indent_keeps_every_character_of_numbers_and_strings),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
