/* SPDX-License-Identifier: Apache-2.0 */
/* URIs and PIN sources as users write them: what p11-kit would silently read as something else must be refused. */
#include "unit.h"

#include "p11/p11.h"
#include "p11/token.h"
#include "p11/uri.h"
#include "process/prompt.h"

/* Every word of digits in these URIs that looks like this is a PIN; no message may show it. */
#define PIN "0815471"

static const char *const good_uris[] = {
	"pkcs11:",
	"pkcs11:token=ci",
	"pkcs11:token=my%20token;object=key;type=private",
	"pkcs11:id=%01",
	"pkcs11:id=%01%a2%FF",
	"pkcs11:id=1", /* one byte, '1': a slip perhaps, but a URI */
	"pkcs11:object=R%26D",
	"pkcs11:object=R&D",
	"pkcs11:object=a&b=c", /* b is no attribute */
	"pkcs11:object=a,b=c",
	"pkcs11:object=R%2Cid=1?pin-value=a;module-name=b",
	"pkcs11:object=R%26id=1",
	"pkcs11:object=%C3%BC%3B%3F",
	"pkcs11:object=a=b",
	"pkcs11:token=12345678901234567890123456789012",
	"pkcs11:token=%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32",
	"pkcs11:serial=1234567890123456;model=PKCS%2315;manufacturer=ACME",
	"pkcs11:library-manufacturer=a;library-description=b;library-version=1.2",
	"pkcs11:slot-manufacturer=a;slot-description=b;slot-id=7",
	"pkcs11:token=t?module-path=/usr/lib/x.so",
	"pkcs11:token=t?module-name=softhsm2&pin-source=file:/run/pin",
	"pkcs11:?module-name=softhsm2",
	"PKCS11:token=ci", /* RFC 3986 section 3.1 */
	"Pkcs11:",
	"pkcs11:token=ci%00%00;serial=%00",
	"pkcs11:token=12345678901234567890123456789012%00%20", /* padding is not counted */
	"pkcs11:token=t?pin-source=env:PIN",
	"pkcs11:token=t?pin-source=env%3APIN&module-name=m",
	"pkcs11:token=t?pin-source=fd:3",
	"pkcs11:token=t?pin-source=credential:hsm-pin",
	"pkcs11:slot-id=0",
	"pkcs11:slot-id=9223372036854775807",
	"pkcs11:token=t?pin-value=0815471",
	"pkcs11:token=t?pin-value=a;0815471?&module-name=m",
};

/* The part that the sentence, or the hint, must have: a refusal that does not name its reason is of no use. */
static const struct {
	const char *uri, *text, *hint;
} bad_uris[] = {
	{ "", "does not begin with \"pkcs11:\"", "p11bearer keys" },
	{ "token=ci", "does not begin with \"pkcs11:\"", "p11bearer keys" },
	{ "http://pkcs11:", "does not begin with \"pkcs11:\"", "" },
	{ PIN, "does not begin with \"pkcs11:\"", "" },
	{ "pkcs11:object=my key", "blank", "%20" },
	{ "pkcs11:object=key\t", "blank", "%20" },
	{ "pkcs11:object=key\n", "blank", "%20" },
	{ "pkcs11:object=100%", "'%'", "" },
	{ "pkcs11:id=%1", "'%'", "" },
	{ "pkcs11:id=%0g", "'%'", "" },
	{ "pkcs11:id=%01%", "'%'", "" },
	{ "pkcs11:object=a;object=b", "object twice", "" },
	{ "pkcs11:token=a;id=%01;token=a", "token twice", "" },
	{ "pkcs11:token=t?pin-value=0815471&pin-value=0815471", "pin-value twice", "" },
	{ "pkcs11:label=a", "unknown path attribute \"label\"", "did you mean object?" },
	{ "pkcs11:Token=a", "unknown path attribute \"Token\"", "did you mean token?" },
	{ "pkcs11:object=a;x-vendor=1", "unknown path attribute \"x-vendor\"", "" },
	{ "pkcs11:token=a?pin=0815471", "unknown query attribute", "did you mean pin-value? --pin-from" },
	{ "pkcs11:token=a?pin-vaule=0815471", "unknown query attribute", "did you mean pin-value?" },
	{ "pkcs11:token=a?0815471=x", "unknown query attribute", "it may have pin-source" },
	{ "pkcs11:token=a;pin-source=file:/x", "unknown path attribute \"pin-source\"", "after a '?'" },
	{ "pkcs11:token=a;pin-value=0815471", "unknown path attribute \"pin-value\"", "after a '?'" },
	{ "pkcs11:module-path=/x.so", "unknown path attribute \"module-path\"", "after a '?'" },
	{ "pkcs11:?object=a", "unknown query attribute \"object\"", "before the '?'" },
	{ "pkcs11:token=a?pin-value=0815471&id=%01", "unknown query attribute \"id\"", "before the '?'" },
	{ "pkcs11:token=123456789012345678901234567890123", "token is longer than the 32 bytes", "" },
	{ "pkcs11:token=%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32%33",
	  "token is longer than the 32 bytes", "" },
	{ "pkcs11:serial=12345678901234567", "serial is longer than the 16 bytes", "" },
	{ "pkcs11:object=a&id=%01", "\"&id=\" would be part of object", "';'" },
	{ "pkcs11:token=a&object=b&id=%01", "\"&object=\" would be part of token", "%26" },
	{ "pkcs11:token=a&pin-value=0815471", "\"&pin-value=\" would be part of token", "" },
	{ "pkcs11:token=a,object=b", "\",object=\" would be part of token", "%2C" },
	{ "pkcs11:token=a?module-name=m;pin-source=env:X", "\";pin-source=\" would be part of module-name", "'&'" },
	{ "pkcs11:token=a?module-path=/m.so,pin-value=0815471", "\",pin-value=\" would be part of module-path", "%2C" },
	{ "pkcs11:token=a?module-path=/m.so?pin-value=0815471", "\"?pin-value=\" would be part of module-path", "'&'" },
	{ "pkcs11://token=a", "unknown path attribute \"//token\"", "did you mean token?" },
	{ "pkcs11:type=cert", "\"private\"", "" },
	{ "pkcs11:object=a;type=public", "\"private\"", "" },
	{ "pkcs11:type=key", "\"private\"", "type=private" },
	{ "pkcs11:type=PRIVATE", "\"private\"", "type=private" },
	{ "pkcs11:object", "\"object\" where NAME=VALUE", "" },
	{ "pkcs11:token=a;object:b", "\"object\" where NAME=VALUE", "" },
	{ "pkcs11:;", "empty attribute", "" },
	{ "pkcs11:token=a;;id=%01", "empty attribute", "" },
	{ "pkcs11:token=a?module-name=m&&pin-value=0815471", "empty attribute", "" },
	{ "pkcs11:?pin-source=file:/run/pin%00.txt", "pin-source contains a NUL", "" },
	{ "pkcs11:?module-path=/lib/x.so%00.so", "module-path contains a NUL", "" },
	{ "pkcs11:slot-id=one", "slot-id is not the number", "" },
	{ "pkcs11:slot-id=", "slot-id is not the number", "" }, /* p11-kit: 0 */
	{ "pkcs11:slot-id=-1", "slot-id is not the number", "" },
	{ "pkcs11:slot-id=99999999999999999999", "slot-id is not the number", "" }, /* p11-kit: 7766279631452241919 */
	{ "pkcs11:slot-id=18446744073709551615", "slot-id is not the number", "" }, /* p11-kit: any slot */
	{ "pkcs11:slot-id=0x1F", "slot-id is not the number", "did you mean slot-id=31?" },
	{ "pkcs11:?pin-source=pin", "pin-source is neither file:", "env:NAME" },
	{ "pkcs11:?pin-source=file:pin", "pin-source is neither file:", "env:NAME" },
	{ "pkcs11:?pin-source=env:", "pin-source is neither file:", "env:NAME" },
	{ "pkcs11:?pin-source=%7Ccat%20/run/pin", "pin-source is neither file:", "not run" },
	{ "pkcs11:?pin-source=0815471", "pin-source is neither file:", "env:NAME" },
	{ "pkcs11:object=a;id=01 a2", "blank", "did you mean id=%01%a2?" },
	{ "pkcs11:library-version=new", "cannot be parsed", "" },
};

static void uris_that_say_what_they_mean_are_taken(void **state)
{
	struct error error = { 0 };
	struct uri *uri;

	(void)state;
	for (size_t i = 0; i < COUNT(good_uris); i++) {
		if (p11_uri_parse(&uri, good_uris[i], &error) != 0)
			fail_msg("%s: %s", good_uris[i], error.text);
		p11_uri_free(&uri);
	}
}

static void uris_that_would_mean_something_else_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_uris); i++) {
		struct error error = { 0 };
		struct uri *uri;

		if (p11_uri_parse(&uri, bad_uris[i].uri, &error) != -ERROR_CONFIG || error.class != ERROR_CONFIG)
			fail_msg("taken: %s", bad_uris[i].uri);
		assert_contains(error.text, bad_uris[i].text);
		assert_contains(error.hint, bad_uris[i].hint);
		assert_lacks(error.text, PIN);
		assert_lacks(error.hint, PIN);
	}
}

/* An '&' in a PIN, or a wrong '=' before it, makes a part of the PIN look like an attribute of its own. */
static void pin_with_a_slip_is_not_shown(void **state)
{
	static const char *const uris[] = {
		"pkcs11:token=t?pin-value=12&0815471",
		"pkcs11:token=t?pin-value=12&0815471=9",
		"pkcs11:token=t?pin-value:0815471",
		"pkcs11:token=t?0815471",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(uris); i++) {
		struct error error = { 0 };
		struct uri *uri;

		assert_fails(p11_uri_parse(&uri, uris[i], &error), ERROR_CONFIG, &error);
		assert_lacks(error.text, PIN);
		assert_lacks(error.hint, PIN);
	}
}

/* The PIN is in the secret, and in no other copy of the URI: neither the text nor what p11-kit makes of it. */
static void pin_is_taken_out_of_the_uri(void **state)
{
	static const struct {
		const char *uri, *shown;
		const char *pin; /* NULL: the URI has none */
		size_t length;
	} cases[] = {
		{ "pkcs11:token=t?module-name=m&pin-value=" PIN, "pkcs11:token=t?module-name=m&pin-value=", PIN, 7 },
		{ "pkcs11:?pin-value=" PIN "&module-name=m", "pkcs11:?pin-value=&module-name=m", PIN, 7 },
		{ "pkcs11:?pin-value=", "pkcs11:?pin-value=", "", 0 },
		{ "pkcs11:?pin-value=%30815%00%2671?%3d/", "pkcs11:?pin-value=", "0815\0&71?=/", 11 },
		{ "pkcs11:?pin-value=pin-value%3D7", "pkcs11:?pin-value=", "pin-value=7", 11 },
		{ "pkcs11:?pin-value=pin-value=7", "pkcs11:?pin-value=", "pin-value=7", 11 },
		{ "pkcs11:?pin-value=%FF%c3%BC", "pkcs11:?pin-value=", "\xff\xc3\xbc", 3 },
		{ "pkcs11:object=pin-value=x?pin-value=7", "pkcs11:object=pin-value=x?pin-value=", "7", 1 },
		{ "pkcs11:object=pin-value=x", "pkcs11:object=pin-value=x", NULL, 0 },
		{ "pkcs11:?module-name=pin-value=x", "pkcs11:?module-name=pin-value=x", NULL, 0 },
		{ "pkcs11:token=t;id=%01", "pkcs11:token=t;id=%01", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { 0 };
		struct uri uri;

		assert_works(uri_parse(&uri, cases[i].uri, &error), &error);
		assert_string_equal(uri_shown(&uri), cases[i].shown);
		assert_string_equal(uri_shown(&uri), cases[i].shown); /* to look changes nothing */
		if (cases[i].pin != NULL) {
			assert_int_equal(secret_length(uri.pin), cases[i].length);
			assert_memory_equal(secret_data(uri.pin), cases[i].pin, cases[i].length);
			assert_string_equal(p11_kit_uri_get_pin_value(uri.parsed), "");
		} else {
			assert_null(uri.pin);
		}
		uri_free(&uri);
		uri_free(&uri);
	}
}

/* Which attributes stand in the URI decides what is searched by, and how early the search may end. */
static void attributes_are_noted(void **state)
{
	struct error error = { 0 };
	struct uri uri;

	(void)state;
	assert_works(uri_parse(&uri, "pkcs11:token=object=id;slot-id=1", &error), &error);
	assert_false(uri.has_id || uri.has_object || uri.is_full || uri.has_library || uri.has_slot);
	assert_true(uri.has_slot_id);
	uri_free(&uri);
	assert_works(uri_parse(&uri, "pkcs11:id=%01;library-version=1.0", &error), &error);
	assert_true(uri.has_id && uri.has_library);
	assert_false(uri.has_object || uri.is_full || uri.has_slot);
	uri_free(&uri);
	assert_works(uri_parse(&uri, "pkcs11:object=a;serial=1;slot-description=x", &error), &error);
	assert_true(uri.has_object && uri.has_slot);
	assert_false(uri.has_id || uri.has_library || uri.is_full); /* some modules give all tokens one serial */
	uri_free(&uri);
	assert_works(uri_parse(&uri, "pkcs11:token=t;manufacturer=m;model=o;serial=1", &error), &error);
	assert_true(uri.is_full);
	uri_free(&uri);
}

static void ids_that_look_like_hex_get_a_hint(void **state)
{
	static const struct {
		const char *uri, *hint;
	} cases[] = {
		{ "pkcs11:id=1", "did you mean id=%01?" },
		{ "pkcs11:id=01", "did you mean id=%01?" },
		{ "pkcs11:id=a1b2", "did you mean id=%a1%b2?" },
		{ "pkcs11:id=abc", "did you mean id=%0a%bc?" },
		{ "pkcs11:token=t;id=0A?module-name=m", "did you mean id=%0A?" },
		{ "pkcs11:id=0123456789abcdef0123456789abcdef",
		  "did you mean id=%01%23%45%67%89%ab%cd%ef%01%23%45%67%89%ab%cd%ef?" },
		{ "pkcs11:id=%01a2b3", "did you mean id=%01%a2%b3?" },
		{ "pkcs11:id=01:a2:b3", "did you mean id=%01%a2%b3?" },
		{ "pkcs11:id=01:a2:b3;object=a", "id=01:a2:b3 8 bytes long; did you mean id=%01%a2%b3?" },
		{ "pkcs11:id=1:2", "did you mean id=%01%02?" },
		{ "pkcs11:id=01-A2", "did you mean id=%01%A2?" },
		{ "pkcs11:id=01%3Aa2", "did you mean id=%01%a2?" },
		{ "pkcs11:id=01%20a2", "did you mean id=%01%a2?" },
		{ "pkcs11:id=%01:%a2", "did you mean id=%01%a2?" },
		{ "pkcs11:id=0x01a2", "did you mean id=%01%a2?" },
		{ "pkcs11:id=0X1", "did you mean id=%01?" },
		{ "pkcs11:id=0x01,0xa2", "did you mean id=%01%a2?" },
		{ "pkcs11:id=\\x01\\xa2", "did you mean id=%01%a2?" },
		{ "PKCS11:slot-id=1;id=a%01b2", "did you mean id=%0a%01%b2?" },
		{ "pkcs11:id=%2d%01%3a", "" }, /* bytes that happen to be separators */
		{ "pkcs11:id=%01x", "" },
		{ "pkcs11:id=:", "" },
		{ "pkcs11:id=0x", "" },
		{ "pkcs11:id=%01", "" },
		{ "pkcs11:id=%30%31", "" }, /* nobody writes that by mistake */
		{ "pkcs11:id=key", "" },
		{ "pkcs11:id=", "" },
		{ "pkcs11:slot-id=1;id=%01", "" },
		{ "pkcs11:slot-id=1", "" },
		{ "pkcs11:object=id=1", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { 0 };
		struct uri uri;

		assert_works(uri_parse(&uri, cases[i].uri, &error), &error);
		p11_uri_hint_id(uri.text, &error);
		assert_contains(error.hint, cases[i].hint);
		assert_int_equal(error.hint[0] == '\0', cases[i].hint[0] == '\0');
		uri_free(&uri);
	}
}

/* The URIs that "keys" prints are pasted back: they must name the same key again, whatever is in its label. */
static void printed_uri_reads_back(void **state)
{
	CK_TOKEN_INFO info = { .flags = 0 };
	CK_ATTRIBUTE label = { CKA_LABEL, (char *)"R&D; 100%", 9 }, id = { CKA_ID, (char *)"\x01\xff", 2 };
	struct error error = { 0 };
	const CK_ATTRIBUTE *read;
	struct uri uri;
	char *text;

	(void)state;
	memset(info.label, ' ', sizeof(info.label));
	memcpy(info.label, "my token", 8);
	memset(info.manufacturerID, ' ', sizeof(info.manufacturerID));
	memset(info.model, ' ', sizeof(info.model));
	memset(info.serialNumber, ' ', sizeof(info.serialNumber));
	text = uri_format_key(&info, NULL, &label, &id);
	assert_non_null(text);
	assert_contains(text, "token=my%20token");
	assert_works(uri_parse(&uri, text, &error), &error);
	read = p11_kit_uri_get_attribute(uri.parsed, CKA_LABEL);
	assert_true(read != NULL && read->ulValueLen == 9 && memcmp(read->pValue, "R&D; 100%", 9) == 0);
	read = p11_kit_uri_get_attribute(uri.parsed, CKA_ID);
	assert_true(read != NULL && read->ulValueLen == 2 && memcmp(read->pValue, "\x01\xff", 2) == 0);
	assert_int_equal(p11_kit_uri_match_token_info(uri.parsed, &info), 1);
	uri_free(&uri);
	free(text);
}

/* p11tool copies the padding of the token's names into its URIs. */
static void padding_is_removed(void **state)
{
	static const struct {
		const char *uri, *shown;
	} cases[] = {
		{ "PKCS11:token=a%00%00;object=b%00?pin-source=file:/a%20", "pkcs11:token=a;object=b%00?pin-source=file:/a%20" },
		{ "pkcs11:model=SW%20%20%20TPM%00%00%00%00%00%00%00%00", "pkcs11:model=SW%20%20%20TPM" },
		{ "pkcs11:token=a%20%00b%00;id=%00%20", "pkcs11:token=a;id=%00%20" },
		{ "pkcs11:serial=%00%00%00;manufacturer=%20", "pkcs11:serial=;manufacturer=" },
		{ "pkcs11:slot-description=a%20%20;library-description=b%00;slot-manufacturer=c%20", "pkcs11:slot-description=a;"
		  "library-description=b;slot-manufacturer=c" },
		{ "pkcs11:token=%00", "pkcs11:token=" },
		{ "pkcs11:token=a%2520", "pkcs11:token=a%2520" }, /* "a%20" */
		{ "pkcs11:?module-name=m%20", "pkcs11:?module-name=m%20" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { 0 };
		struct uri uri;

		assert_works(uri_parse(&uri, cases[i].uri, &error), &error);
		assert_string_equal(uri_shown(&uri), cases[i].shown);
		uri_free(&uri);
	}
}

/* An empty serial number is one: it does not match every token. */
static void padding_matches_padding(void **state)
{
	CK_TOKEN_INFO info = { .flags = 0 };
	struct error error = { 0 };
	struct uri uri;

	(void)state;
	memcpy(info.label, "a", 1); /* the rest is NUL */
	token_pad(&info);
	assert_works(uri_parse(&uri, "pkcs11:token=a%00%00;serial=%00", &error), &error);
	assert_int_equal(p11_kit_uri_match_token_info(uri.parsed, &info), 1);
	info.serialNumber[0] = '5';
	assert_int_equal(p11_kit_uri_match_token_info(uri.parsed, &info), 0);
	uri_free(&uri);
}

static void names_that_come_close_get_a_hint(void **state)
{
	static const struct {
		const char *name, *hint;
		bool query;
	} cases[] = {
		{ "label", "did you mean object?", false },
		{ "CKA_LABEL", "did you mean object?", false },
		{ "name", "did you mean object?", false },
		{ "objct", "did you mean object?", false },
		{ "slot", "did you mean slot-id?", false },
		{ "slotid", "did you mean slot-id?", false },
		{ "slot_description", "did you mean slot-description?", false },
		{ "object-type", "did you mean type?", false },
		{ "objecttype", "did you mean type?", false },
		{ "class", "did you mean type?", false },
		{ "KeyID", "did you mean id?", false },
		{ "Id", "did you mean id?", false },
		{ "serialNumber", "did you mean serial?", false },
		{ "token_label", "did you mean token?", false },
		{ "manufacturerID", "did you mean manufacturer?", false },
		{ "module", "did you mean module-path, which belongs after a '?'?", false },
		{ "module", "did you mean module-path?", true },
		{ "modul-name", "did you mean module-name?", true },
		{ "label", "did you mean object, which belongs before the '?'?", true },
		{ "pinfile", "did you mean pin-source?", true },
		{ "pin-file", "did you mean pin-source, which belongs after a '?'?", false },
		{ "xyzzy", "", false },
		{ "x-vendor", "", false },
		{ "ip", "", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { 0 };

		uri_hint_name(cases[i].name, strlen(cases[i].name), cases[i].query, &error);
		assert_string_equal(error.hint, cases[i].hint);
	}
}

static void pin_source_is_what_pin_from_takes(void **state)
{
	static const struct {
		const char *uri;
		enum source_type type;
		const char *name;
	} cases[] = {
		{ "pkcs11:?pin-source=file:/run/pin", SOURCE_FILE, "/run/pin" },
		{ "pkcs11:?pin-source=file:///run/pin", SOURCE_FILE, "/run/pin" },
		{ "pkcs11:?pin-source=/run/pin", SOURCE_FILE, "/run/pin" },
		{ "pkcs11:?pin-source=env:PIN&module-name=m", SOURCE_VARIABLE, "PIN" },
		{ "pkcs11:?pin-source=env%3aPIN", SOURCE_VARIABLE, "PIN" },
		{ "pkcs11:?pin-source=fd:3", SOURCE_DESCRIPTOR, NULL },
		{ "pkcs11:?pin-source=prompt", SOURCE_PROMPT, NULL },
		{ "pkcs11:?pin-source=credential:pin", SOURCE_CREDENTIAL, "pin" },
		{ "pkcs11:?module-name=m", SOURCE_NONE, NULL },
	};
	struct error error = { 0 };
	struct uri *uri;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct source *source;

		assert_works(p11_uri_parse(&uri, cases[i].uri, &error), &error);
		source = p11_uri_pin_source(uri);
		assert_int_equal(source->type, cases[i].type);
		if (cases[i].name != NULL)
			assert_string_equal(source->name, cases[i].name);
		p11_uri_free(&uri);
	}
	assert_fails(p11_uri_parse(&uri, "pkcs11:?pin-source=pin", &error), ERROR_CONFIG, &error);
	assert_null(uri);
}

static void pin_sources_are_checked(void **state)
{
	static const char *const good[] = { "prompt", "file:/run/pin", "file:pin", "env:PIN", "fd:3", "fd:0",
					    "credential:hsm-pin" };
	static const char *const bad[] = {
		"", PIN, "Prompt", "prompt ", "file:", "file", "env:", "fd:", "fd:x", "fd:-1", "fd: 3", "fd:+3", "fd:3x",
		"fd:99999999999", "fd:99999999999999999999", "credential:", "credential:a/b", "credential:../0815471",
		"credential:.hidden", "pin:0815471", "FILE:/run/pin", "/run/pin", "|cat /run/0815471",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct error error = { 0 };
		struct source source;

		assert_works(prompt_parse(&source, "PIN", good[i], &error), &error);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct error error = { 0 };
		struct source source;

		if (prompt_parse(&source, "PIN", bad[i], &error) != -ERROR_CONFIG || error.class != ERROR_CONFIG)
			fail_msg("taken: \"%s\"", bad[i]);
		assert_true(error.text[0] != '\0');
		assert_lacks(error.text, PIN);
		assert_lacks(error.hint, PIN);
	}
}

/* The order of attributes is p11-kit's. */
static char *in_order(const char *text)
{
	P11KitUri *uri = p11_kit_uri_new();
	char *ordered = NULL;

	assert_int_equal(p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri), P11_KIT_URI_OK);
	assert_int_equal(p11_kit_uri_format(uri, P11_KIT_URI_FOR_ANY, &ordered), P11_KIT_URI_OK);
	p11_kit_uri_free(uri);
	return ordered;
}

/* The key is another one, the token and its PIN are the same. */
static void uri_beside_names_another_key_on_the_token(void **state)
{
	static const char full[] = "pkcs11:model=m;manufacturer=f;serial=1;token=t;id=%01;object=old;type=private"
				   "?module-name=n&pin-value=" PIN;
	static const struct {
		const char *from, *uri, *shown; /* shown: NULL if it is refused */
	} cases[] = {
		{ full, "pkcs11:object=new",
		  "pkcs11:model=m;manufacturer=f;serial=1;token=t;object=new;type=private?module-name=n&pin-value=" },
		{ full, "pkcs11:id=%02;object=new;token=t;serial=1?pin-value=other&module-path=/m.so",
		  "pkcs11:model=m;manufacturer=f;serial=1;token=t;id=%02;object=new;type=private"
		  "?module-name=n&pin-value=" },
		{ full, "pkcs11:", "pkcs11:model=m;manufacturer=f;serial=1;token=t;type=private"
				   "?module-name=n&pin-value=" },
		{ "pkcs11:id=%01?pin-source=file:/pin&pin-value=" PIN, "pkcs11:token=t;serial=1;object=new",
		  "pkcs11:serial=1;token=t;object=new?pin-value=&pin-source=file:/pin" },
		{ full, "pkcs11:token=u;object=new", NULL },
		{ full, "pkcs11:token=t;serial=2;object=new", NULL },
		{ full, "pkcs11:model=n;object=new", NULL },
		{ full, "pkcs11:manufacturer=g;object=new", NULL },
		{ full, "pkcs11:label=new", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { 0 };
		struct uri *from, *uri;

		assert_works(p11_uri_parse(&from, cases[i].from, &error), &error);
		if (cases[i].shown != NULL) {
			char *shown = in_order(cases[i].shown);

			assert_works(p11_uri_parse_beside(&uri, cases[i].uri, from, &error), &error);
			assert_string_equal(uri_shown(uri), shown);
			free(shown);
			assert_int_equal(secret_length(uri->pin), strlen(PIN));
			assert_memory_equal(secret_data(uri->pin), PIN, strlen(PIN));
		} else {
			assert_fails(p11_uri_parse_beside(&uri, cases[i].uri, from, &error), ERROR_CONFIG, &error);
			assert_null(uri);
			assert_lacks(error.text, PIN);
		}
		p11_uri_free(&uri);
		p11_uri_free(&from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uris_that_say_what_they_mean_are_taken),
		cmocka_unit_test(uris_that_would_mean_something_else_are_refused),
		cmocka_unit_test(pin_with_a_slip_is_not_shown),
		cmocka_unit_test(pin_is_taken_out_of_the_uri),
		cmocka_unit_test(attributes_are_noted),
		cmocka_unit_test(ids_that_look_like_hex_get_a_hint),
		cmocka_unit_test(printed_uri_reads_back),
		cmocka_unit_test(padding_is_removed),
		cmocka_unit_test(padding_matches_padding),
		cmocka_unit_test(names_that_come_close_get_a_hint),
		cmocka_unit_test(pin_source_is_what_pin_from_takes),
		cmocka_unit_test(pin_sources_are_checked),
		cmocka_unit_test(uri_beside_names_another_key_on_the_token),
	};

	return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
