/* SPDX-License-Identifier: Apache-2.0 */
/* Attestations of YubiKeys: what their extensions say, and what is refused. */
#include "attestations.h"

#include "x509/attestation.h"

#include <openssl/pem.h>

static EVP_PKEY *key; /* made once */

static int make_key(void **state)
{
	(void)state;
	key = EVP_EC_gen("P-256");
	return key == NULL;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

/* Makes an attestation with these extensions. */
static X509 *with(const struct raw_extension raw[6])
{
	struct spec spec = { .subject = "YubiKey PIV Attestation 9a", .issuer = "Yubico PIV Attestation", .key = key,
			     .issuer_key = key };

	memcpy(spec.raw, raw, sizeof(spec.raw));
	return certificate_make(&spec);
}

static int parse(const struct raw_extension raw[6], struct x509_attestation *attestation, struct error *error)
{
	X509 *certificate = with(raw);
	int result = x509_attestation_parse(certificate, attestation, error);

	X509_free(certificate);
	return result;
}

/* --- what is read ------------------------------------------------------------------------------------------------ */

static void test_all_is_read(void **state)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	(void)state;
	assert_works(parse((struct raw_extension[6]){ FIRMWARE, SERIAL, POLICIES, FORM }, &attestation, &error), &error);
	assert_memory_equal(attestation.firmware, "\x05\x04\x03", 3);
	assert_true(attestation.has_serial);
	assert_int_equal(attestation.serial, 12345678);
	assert_int_equal(attestation.pin, 2);
	assert_int_equal(attestation.touch, 3);
	assert_true(attestation.has_form);
	assert_int_equal(attestation.form, 3);
}

/* The program openssl shows the same extensions of the same certificate. */
static void test_openssl_shows_the_same(void **state)
{
	static const char *const lines[] = { YUBICO "3", "[HEX DUMP]:050403", YUBICO "7", "[HEX DUMP]:020400BC614E",
					     YUBICO "8", "[HEX DUMP]:0203", YUBICO "9", "[HEX DUMP]:03\n" };
	X509 *certificate = with((struct raw_extension[6]){ FIRMWARE, SERIAL, POLICIES, FORM });
	const char *path = unit_path(state, "attestation");
	char command[1024], text[8192];
	FILE *file = fopen(path, "w"), *output;
	const char *next = text;
	size_t length;

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(certificate);
	snprintf(command, sizeof(command), "openssl asn1parse -in %s", path);
	output = popen(command, "r");
	assert_non_null(output);
	length = fread(text, 1, sizeof(text) - 1, output);
	text[length] = '\0';
	assert_int_equal(pclose(output), 0);
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_contains(next, lines[i]);
		next = strstr(next, lines[i]) + strlen(lines[i]);
	}
}

static void test_serial_and_form_may_be_missing(void **state)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	(void)state;
	assert_works(parse((struct raw_extension[6]){ POLICIES, FIRMWARE }, &attestation, &error), &error);
	assert_false(attestation.has_serial);
	assert_false(attestation.has_form);
	assert_string_equal(x509_attestation_form(&attestation), "unknown");
}

static void test_other_extensions_are_ignored(void **state)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	(void)state;
	assert_works(parse((struct raw_extension[6]){ { YUBICO "10", "\x01", 1 }, FIRMWARE, POLICIES,
						      { YUBICO "12", "", 0 }, { "1.3.6.1.4.1.41482.4.3", "\x01", 1 } },
			   &attestation, &error), &error);
}

static void test_serials(void **state)
{
	static const struct {
		struct raw_extension raw;
		unsigned long serial;
	} rows[] = {
		{ { YUBICO "7", "\x02\x01\x01", 3 }, 1 },
		{ { YUBICO "7", "\x02\x01\x7f", 3 }, 127 },
		{ { YUBICO "7", "\x02\x02\x00\x80", 4 }, 128 },
		{ { YUBICO "7", "\x02\x04\x7f\xff\xff\xff", 6 }, 0x7fffffff },
		{ { YUBICO "7", "\x02\x05\x00\xff\xff\xff\xff", 7 }, 0xffffffff },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct x509_attestation attestation;
		struct error error = { 0 };

		assert_works(parse((struct raw_extension[6]){ FIRMWARE, POLICIES, rows[i].raw }, &attestation, &error),
			     &error);
		assert_true(attestation.has_serial);
		assert_int_equal(attestation.serial, rows[i].serial);
	}
}

/* --- what is refused --------------------------------------------------------------------------------------------- */

static void test_malformed_extensions_are_refused(void **state)
{
	static const struct {
		struct raw_extension raw;
		const char *why;
	} rows[] = {
		{ { YUBICO "3", "\x05\x04", 2 }, "3.3 (firmware) is not three bytes" },
		{ { YUBICO "3", "\x05\x04\x03\x00", 4 }, "3.3 (firmware) is not three bytes" },
		{ { YUBICO "3", "\x04\x03\x05\x04\x03", 5 }, "3.3 (firmware) is not three bytes" },
		{ { YUBICO "3", "", 0 }, "3.3 (firmware) is not three bytes" },
		{ { YUBICO "7", "", 0 }, "3.7 (serial number) is not a positive DER INTEGER of at most 32 bits" },
		{ { YUBICO "7", "\x02", 1 }, "3.7 (serial number)" },
		{ { YUBICO "7", "\x02\x00", 2 }, "3.7 (serial number)" },
		{ { YUBICO "7", "\x02\x01\x00", 3 }, "3.7 (serial number)" },                     /* zero */
		{ { YUBICO "7", "\x02\x01\x80", 3 }, "3.7 (serial number)" },                     /* negative */
		{ { YUBICO "7", "\x02\x04\xff\xff\xff\xff", 6 }, "3.7 (serial number)" },         /* negative */
		{ { YUBICO "7", "\x02\x02\x00\x7f", 4 }, "3.7 (serial number)" },                 /* padded */
		{ { YUBICO "7", "\x02\x81\x01\x05", 4 }, "3.7 (serial number)" },                 /* BER */
		{ { YUBICO "7", "\x02\x05\x01\x00\x00\x00\x00", 7 }, "3.7 (serial number)" },     /* 33 bits */
		{ { YUBICO "7", "\x02\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09", 11 }, "3.7 (serial number)" },
		{ { YUBICO "7", "\x02\x01\x05\x00", 4 }, "3.7 (serial number)" },                 /* trailing byte */
		{ { YUBICO "7", "\x02\x02\x05", 3 }, "3.7 (serial number)" },                     /* truncated */
		{ { YUBICO "7", "\x04\x01\x05", 3 }, "3.7 (serial number)" },                     /* OCTET STRING */
		{ { YUBICO "7", "\x00\xbc\x61\x4e", 4 }, "3.7 (serial number)" },                 /* raw */
		{ { YUBICO "8", "\x02", 1 }, "3.8 (PIN and touch policy) is not two bytes" },
		{ { YUBICO "8", "\x02\x03\x01", 3 }, "3.8 (PIN and touch policy) is not two bytes" },
		{ { YUBICO "8", "", 0 }, "3.8 (PIN and touch policy) is not two bytes" },
		{ { YUBICO "9", "", 0 }, "3.9 (form factor) is not one byte" },
		{ { YUBICO "9", "\x03\x03", 2 }, "3.9 (form factor) is not one byte" },
	};
	static const struct raw_extension good[] = { FIRMWARE, SERIAL, POLICIES, FORM };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct raw_extension raw[6] = { good[0], good[1], good[2], good[3] };
		struct x509_attestation attestation, empty;
		struct error error = { 0 };

		for (size_t j = 0; j < COUNT(good); j++) {
			if (strcmp(good[j].oid, rows[i].raw.oid) == 0)
				raw[j] = rows[i].raw;
		}
		memset(&empty, 0, sizeof(empty));
		assert_fails(parse(raw, &attestation, &error), ERROR_NO_KEY, &error);
		assert_contains(error.text, "the attestation CN=YubiKey PIV Attestation 9a is malformed");
		assert_contains(error.text, rows[i].why);
		assert_memory_equal(&attestation, &empty, sizeof(empty));
	}
}

static void test_repeated_extensions_are_refused(void **state)
{
	static const struct raw_extension good[] = { FIRMWARE, SERIAL, POLICIES, FORM };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct raw_extension raw[6] = { good[0], good[1], good[2], good[3], good[i] };
		struct x509_attestation attestation;
		struct error error = { 0 };

		assert_fails(parse(raw, &attestation, &error), ERROR_NO_KEY, &error);
		assert_contains(error.text, good[i].oid);
		assert_contains(error.text, "twice");
	}
}

static void test_missing_extensions_are_refused(void **state)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	(void)state;
	assert_fails(parse((struct raw_extension[6]){ SERIAL, POLICIES, FORM }, &attestation, &error), ERROR_NO_KEY,
		     &error);
	assert_contains(error.text, "lacks the extension 1.3.6.1.4.1.41482.3.3 (firmware)");
	assert_fails(parse((struct raw_extension[6]){ FIRMWARE }, &attestation, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, "lacks the extension 1.3.6.1.4.1.41482.3.8 (PIN and touch policy)");
}

static void test_another_certificate_is_no_attestation(void **state)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	(void)state;
	assert_fails(parse((struct raw_extension[6]){ { "1.3.6.1.4.1.41482.5.3", "\x05\x04\x03", 3 } }, &attestation,
			   &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, "CN=YubiKey PIV Attestation 9a is not an attestation of a YubiKey");
}

/* --- names ------------------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	static const char *const pins[] = { "unknown", "never", "once", "always", "match-once", "match-always",
					    "unknown" };
	static const char *const touches[] = { "unknown", "never", "always", "cached", "unknown" };
	static const struct {
		unsigned char form;
		const char *name;
	} forms[] = {
		{ 0x00, "unknown" }, { 0x01, "USB-A keychain" }, { 0x02, "USB-A nano" }, { 0x03, "USB-C keychain" },
		{ 0x04, "USB-C nano" }, { 0x05, "USB-C and Lightning" }, { 0x06, "USB-A Bio" }, { 0x07, "USB-C Bio" },
		{ 0x08, "unknown" }, { 0x81, "USB-A keychain (FIPS)" }, { 0x87, "USB-C Bio (FIPS)" },
		{ 0x41, "USB-A keychain" }, { 0x80, "unknown" }, { 0xff, "unknown" }, { 0x21, "unknown" },
	};
	struct x509_attestation attestation = { .has_form = true };

	(void)state;
	for (size_t i = 0; i < COUNT(pins); i++) {
		attestation.pin = (unsigned char)i;
		assert_string_equal(x509_attestation_pin(&attestation), pins[i]);
	}
	for (size_t i = 0; i < COUNT(touches); i++) {
		attestation.touch = (unsigned char)i;
		assert_string_equal(x509_attestation_touch(&attestation), touches[i]);
	}
	for (size_t i = 0; i < COUNT(forms); i++) {
		attestation.form = forms[i].form;
		assert_string_equal(x509_attestation_form(&attestation), forms[i].name);
	}
	attestation.pin = attestation.touch = 0xff;
	assert_string_equal(x509_attestation_pin(&attestation), "unknown");
	assert_string_equal(x509_attestation_touch(&attestation), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_read),
		TEST_IN_FOLDER(test_openssl_shows_the_same),
		cmocka_unit_test(test_serial_and_form_may_be_missing),
		cmocka_unit_test(test_other_extensions_are_ignored),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_malformed_extensions_are_refused),
		cmocka_unit_test(test_repeated_extensions_are_refused),
		cmocka_unit_test(test_missing_extensions_are_refused),
		cmocka_unit_test(test_another_certificate_is_no_attestation),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
