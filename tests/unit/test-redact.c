/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/redact.h"

#define ORG_ID "00D5g000008qZlB"
#define BEARER ORG_ID "!AQ8AQHk2m_Ty.7vLwPz3RnXcB9dFgJ6sKtYeUi0oNaMb"
#define CLAIMS "eyJpc3MiOiJDTElFTlQiLCJzdWIiOiJ1c2VyQGV4YW1wbGUuY29tIn0"
#define SIGNATURE "Zm9vYmFyLXNpZ25hdHVyZS1vZi1hLXRlc3QtLS0_X19xeHo"
#define ASSERTION "eyJhbGciOiJSUzI1NiJ9." CLAIMS "." SIGNATURE

static struct redactor *make(const char *secret)
{
	struct redactor *redactor = redactor_new();

	assert_non_null(redactor);
	assert_int_equal(redactor_add(redactor, secret), 0);
	return redactor;
}

static void what_repeats_a_secret_is_masked(void **state)
{
	/* Secret, text, what is left of it. */
	static const char *const cases[][3] = {
		{ BEARER, "no such session " BEARER ", sorry", "no such session ***, sorry" },
		{ BEARER, "https://host.example/?sid=" BEARER "&x=1", "https://host.example/?sid=***&x=1" },
		{ BEARER, "https://host.example/" BEARER "/x", "https://host.example/***/x" },
		{ BEARER, "sid=" ORG_ID "%21AQ8AQHk2m_Ty%2e7vLwPz3RnXcB9dFgJ6sKtYeUi0oNaMb", "sid=***" },
		{ BEARER, "sid=" ORG_ID "!%41%51%38%41%51%48%6b%32%6D%5f", "sid=***" },
		{ BEARER, "sid=%2541%2551%2538%2541%2551%2548%256b%2532%256D", "sid=***" },
		{ BEARER, "\\u0041Q8AQ\\u0048k2m_Ty", "***" },
		{ BEARER, "\\\\u0041Q8AQ\\\\u0048k2m_Ty", "***" },
		{ BEARER, "&#65;Q8&#x41;QHk2m_Ty;", "***;" },
		{ BEARER, "&amp;#65;Q8&amp;#x41;QHk2m_Ty;", "***;" },
		{ BEARER, "AQ8AQ\r\n Hk2m_Ty\t.7vLwPz3", "***" },
		{ BEARER, "A Q 8 A Q H k 2 m x", "*** x" },
		{ BEARER, "A-Q.8+A/Q=H:k,2", "***" },
		{ BEARER, "A\u200bQ\u200b8\u200bA\u200bQ\u200bH\u200bk\u200b2", "***" },
		{ BEARER, "aq8aqhk2M_tY", "***" },
		{ BEARER, "\\u00AQ8AQHk2x y", "\\*** y" }, /* looks like an escape, and is none */
		{ BEARER, "%AQ8AQHk2m", "***" },
		{ "Ab%41cdefghij", "b%41cdefghij", "***" },
		/* A character of four is escaped. */
		{ BEARER, "=41Q8A=51Hk2=6d_Ty", "***" },
		{ BEARER, "\\101Q8A\\121Hk2\\155_Ty", "***" },
		{ BEARER, "\\41Q8A\\51Hk2\\6d_Ty", "***" },
		{ BEARER, "\\u{41}Q8A\\u{51}Hk2\\u{6d}_Ty", "***" },
		{ BEARER, "\\x{41}Q8A\\x{51}Hk2\\x{6D}_Ty", "***" },
		{ BEARER, "\\U00000041Q8A\\U00000051Hk2\\U0000006d_Ty", "***" },
		{ BEARER, "%u0041Q8A%u0051Hk2%U006d_Ty", "***" },
		{ BEARER, "&#65Q8A&#81Hk2&#109_Ty", "***" },
		{ BEARER, "&#X000041;Q8A&#x00051;Hk2&#0000109;_Ty", "***" },
		{ BEARER, "0x41, 0x51, 0x38, 0x41, 0x51, 0x48, 0x6b, 0x32, 0x6D", "***" },
		{ BEARER, "U+0041 U+0051 U+0038 U+0041 U+0051 U+0048 U+006B U+0032", "***" },
		{ BEARER, "AQ8A&period;QHk&lowbar;2m_Ty&#x200b;7vL&#8203;wPz3R\\u200bnXcB9\\ndFgJ6sKt", "***" },
		/* What is not secret, and what only looks like an escape. */
		{ "Passw0rd!Passw0rd1", "a Passw0rd b", "a *** b" },
		{ "00Dpassword!abcdefghij", "a 00Dpassword b", "a *** b" },
		{ ORG_ID "EAY!AQ8AQHk2m_Ty", "org " ORG_ID "EAY, AQ8AQHk2m", "org " ORG_ID "EAY, ***" },
		{ BEARER, "= =4 0x U+ &#; &#x; \\u{} \\u{g} %u00 &a; \\", "= =4 0x U+ &#; &#x; \\u{} \\u{g} %u00 &a; \\" },
		{ BEARER, "begins " ORG_ID "!AQ8AQHk2", "begins ***" },
		{ BEARER, "ends 0oNaMb, ends eUi0oNaMb", "ends 0oNaMb, ends ***" },
		{ BEARER, "middle XcB9dFgJ6sKt.other-part", "middle ***" },
		{ BEARER, "QmVhcmVyIDAwRDVnMDAwMDA4cVpsQiFBUThBUUhrMm1fVHkuN3ZMd1B6Mw==", "***==" }, /* "Bearer …", base64 */
		{ BEARER, "0x4151384151486B326D5F54792E37764C", "***" },
		{ BEARER, "41:51:38:41:51:48:6b:32", "***" },
		{ BEARER, "the org " ORG_ID " is " ORG_ID "EAY", "the org " ORG_ID " is " ORG_ID "EAY" },
		{ BEARER, "", "" },
		{ BEARER, "no secret at all; 100%, \\u00, &#; &amp", "no secret at all; 100%, \\u00, &#; &amp" },
		{ ASSERTION, "bad: " ASSERTION, "bad: ***" },
		{ ASSERTION, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJDTE", "***" },
		{ ASSERTION, "claims " CLAIMS "; signature " SIGNATURE, "claims ***; signature ***" },
		{ ASSERTION, "Zm9vYmFyLXNpZ25hdHVyZS1vZi1hLXRlc3QtLS0/X19xeHo=", "***=" },
		{ ASSERTION, "invalid_grant: invalid assertion", "invalid_grant: invalid assertion" },
		{ "Qs3cret", "http://u:Qs3cret@h:9", "http://u:***@h:9" },
		{ "Qs3cret", "q s%33cret", "***" },
		{ "Qs3cret", "Qs3cre", "Qs3cre" },
		{ "Abcd", "an abcd, b", "an ***, b" },
		{ "abc", "an abc, b", "an abc, b" },
		{ "", "nothing to hide", "nothing to hide" },
		{ "-.-", "no letter - . -", "no letter - . -" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct redactor *redactor = make(cases[i][0]);
		char text[512];

		snprintf(text, sizeof(text), "%s", cases[i][1]);
		redact(redactor, text);
		if (strcmp(text, cases[i][2]) != 0)
			print_error("case %zu: \"%s\" becomes \"%s\"\n", i, cases[i][1], text);
		assert_string_equal(text, cases[i][2]);
		redactor_free(&redactor);
		assert_null(redactor);
	}
}

static void every_fragment_is_masked(void **state)
{
	struct redactor *redactor = make(ASSERTION);
	size_t length = strlen(ASSERTION);

	(void)state;
	for (size_t begin = 0; begin + 10 <= length; begin++) { /* 10: two of them may be dots */
		for (size_t end = begin + 10; end <= length; end += 7) {
			char text[256];

			snprintf(text, sizeof(text), "<%.*s>", (int)(end - begin), &ASSERTION[begin]);
			redact(redactor, text);
			assert_string_equal(text, "<***>");
		}
	}
	redactor_free(&redactor);
}

static void several_secrets_and_none(void **state)
{
	struct redactor *redactor = make(BEARER);
	char text[] = "a " BEARER " b " SIGNATURE, other[] = "anything at all", short_one[] = "ab";
	char again[] = "a " BEARER;

	(void)state;
	assert_int_equal(redactor_add(redactor, ASSERTION), 0);
	redact(redactor, text);
	assert_string_equal(text, "a *** b ***");
	redactor_reset(redactor);
	redact(redactor, again);
	assert_string_equal(again, "a " BEARER);
	redactor_free(&redactor);
	/* Without memory for a redactor all is masked. */
	redact(NULL, other);
	assert_string_equal(other, "***");
	redact(NULL, short_one);
	assert_string_equal(short_one, "**");
	assert_int_equal(redactor_add(NULL, "secret"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_repeats_a_secret_is_masked),
		cmocka_unit_test(every_fragment_is_masked),
		cmocka_unit_test(several_secrets_and_none),
	};

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
