/* SPDX-License-Identifier: Apache-2.0 */
/* Settings files: where things stand in them, what may be changed, and what is wrong with them. The many makes of file that
 * set-cert changes to the byte are in tests/e2e/app.test. */
#include "rsa.h"
#include "unit.h"

#include "salesforce/appcheck.h"
#include "salesforce/appfile.h"
#include "salesforce/apps.h"
#include "salesforce/layout.h"
#include "salesforce/template.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <time.h>

#define NS "xmlns=\"" APPFILE_NAMESPACE "\""
#define ROOT "ExtlClntAppGlobalOauthSettings"
#define OPEN "<" ROOT " " NS ">"
#define CLOSE "</" ROOT ">"
#define PEM "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----"

/* --- layout ------------------------------------------------------------------------------------------------------ */

static void children_are_found_by_their_number(void **state)
{
	static const char text[] = "<?xml version='1.0'?><!-- <x> --><r a='>'><p:a/> <b c=\"</b>\"><b/></b ><![CDATA[<c>]]></r>\n";
	struct layout layout;

	(void)state;
	assert_true(layout_find(text, 0, &layout));
	assert_ptr_equal(layout.root, strstr(text, "<r"));
	assert_ptr_equal(layout.start, strstr(text, "<p:a/>"));
	assert_ptr_equal(layout.content, layout.end);
	assert_int_equal(layout.end - layout.start, strlen("<p:a/>"));
	assert_true(layout_find(text, 1, &layout));
	assert_memory_equal(layout.start, "<b c", 4);
	assert_memory_equal(layout.content, "<b/></b >", 9);
	assert_memory_equal(layout.content_end, "</b >", 5);
	assert_memory_equal(layout.end, "<![CDATA[", 9);
	assert_false(layout_find(text, 2, &layout));
}

static void many_children_are_found(void **state)
{
	enum { MANY = 1000 };
	char *text = malloc(MANY * 4 + 8), *next = text;
	struct layout layout;

	(void)state;
	next += sprintf(next, "<r>");
	for (int i = 0; i < MANY; i++)
		next += sprintf(next, "<a/>");
	sprintf(next, "</r>");
	for (size_t i = 0; i < MANY; i++) {
		assert_true(layout_find(text, i, &layout));
		assert_int_equal(layout.start - text, 3 + i * 4);
	}
	assert_false(layout_find(text, MANY, &layout));
	free(text);
}

static void a_layout_that_breaks_off_is_refused(void **state)
{
	static const char text[] = "<r a='b'><!-- c --><d e=\"f\"><![CDATA[g]]></d><?h i?><j/></r>";
	struct layout layout;

	(void)state;
	for (size_t length = 0; length <= sizeof(text) - 1; length++) {
		char *part = strndup(text, length); /* to the byte, for the sanitizer */

		assert_int_equal(layout_find(part, 1, &layout), length >= sizeof(text) - sizeof("</r>"));
		free(part);
	}
}

static void line_ends_are_the_first_one_s(void **state)
{
	static const struct {
		const char *text, *newline;
	} files[] = { { "<a/>", "\n" }, { "<a/>\n\r\n", "\n" }, { "<a>\r\n</a>\n", "\r\n" }, { "<a>\r</a>\n", "\r" } };

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		assert_string_equal(layout_newline(files[i].text), files[i].newline);
}

/* --- splice ------------------------------------------------------------------------------------------------------ */

static struct appfile *parse(const char *text)
{
	struct error error = { 0 };
	struct appfile *file;

	assert_works(appfile_parse("file", text, strlen(text), APPFILE_GLOBAL_OAUTH, &file, &error), &error);
	return file;
}

static void the_value_goes_where_it_belongs(void **state)
{
	static const struct {
		const char *before, *after;
	} files[] = {
		{ OPEN "<certificate>x</certificate>" CLOSE, OPEN "<certificate>" PEM "</certificate>" CLOSE },
		{ OPEN "<certificate/>" CLOSE, OPEN "<certificate>" PEM "</certificate>" CLOSE },
		{ OPEN "<certificate  />" CLOSE, OPEN "<certificate>" PEM "</certificate>" CLOSE },
		{ OPEN "<certificate a='b' />" CLOSE, OPEN "<certificate a='b'>" PEM "</certificate>" CLOSE },
		{ OPEN "<a/><certificates/>" CLOSE, OPEN "<a/><certificate>" PEM "</certificate><certificates/>" CLOSE },
		{ OPEN "<a/><certificat/>" CLOSE, OPEN "<a/><certificat/><certificate>" PEM "</certificate>" CLOSE },
		{ OPEN "\n\t<d/></" ROOT "\n>", OPEN "\n\t<certificate>" PEM "</certificate>\n\t<d/></" ROOT "\n>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct appfile *file = parse(files[i].before);
		struct error error = { 0 };
		size_t length;
		char *data;

		assert_works(appfile_splice(file, PEM "\n", &data, &length, &error), &error);
		assert_int_equal(length, strlen(files[i].after));
		assert_memory_equal(data, files[i].after, length);
		free(data);
		appfile_free(&file);
		file = parse(files[i].after);
		assert_works(appfile_splice(file, PEM, &data, &length, &error), &error);
		assert_int_equal(length, strlen(files[i].after)); /* twice is once */
		assert_memory_equal(data, files[i].after, length);
		free(data);
		appfile_free(&file);
	}
}

/* After another certificate was put in, the file gets its old bytes back. */
static void the_old_bytes_come_back(void **state)
{
	static const char *const contents[] = { "\n\t-----BEGIN\r\nx&#13;&#10;y&amp;\n\t", "a", "\r\n a ", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		struct error error = { 0 };
		struct appfile *file;
		char *before, *bytes, *data;
		size_t length;

		assert_true(asprintf(&before, OPEN "\r\n<certificate >%s</certificate><d/>" CLOSE, contents[i]) > 0);
		file = parse(before);
		assert_works(appfile_cut(file, &bytes, &error), &error);
		assert_string_equal(bytes, contents[i]);
		assert_works(appfile_splice(file, PEM, &data, &length, &error), &error);
		appfile_free(&file);
		file = parse(data);
		free(data);
		assert_works(appfile_put_back(file, bytes, &data, &length, &error), &error);
		assert_string_equal(data, before);
		free(data);
		assert_fails(appfile_put_back(file, "</certificate><e/><certificate>", &data, &length, &error),
			     ERROR_CONFIG, &error);
		assert_null(data);
		appfile_free(&file);
		free(bytes);
		free(before);
	}
}

static void what_cannot_be_cut_out_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} files[] = {
		{ OPEN "<a/>" CLOSE, "has no certificate" },
		{ OPEN "<certificate/><certificate/>" CLOSE, "more than one" },
		{ OPEN "<certificate><![CDATA[a]]></certificate>" CLOSE, "not plain text" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct appfile *file = parse(files[i].text);
		struct error error = { 0 };
		char *bytes;

		assert_fails(appfile_cut(file, &bytes, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, files[i].why);
		assert_null(bytes);
		appfile_free(&file);
	}
}

static void what_cannot_be_changed_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} files[] = {
		{ OPEN CLOSE, "no fields" },
		{ "<" ROOT " " NS "/>", "no fields" },
		{ OPEN "<certificate/><certificate/>" CLOSE, "more than one" },
		{ OPEN "<certificate><a/></certificate>" CLOSE, "not plain text" },
		{ OPEN "<certificate>a<!-- -->b</certificate>" CLOSE, "not plain text" },
		{ OPEN "<certificate> <!-- b --> </certificate>" CLOSE, "not plain text" },
		{ OPEN "<certificate><![CDATA[a]]></certificate>" CLOSE, "not plain text" },
		{ OPEN "<certificate><?a b?>c</certificate>" CLOSE, "not plain text" },
		{ OPEN "<certificate xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:nil='1'/>" CLOSE, "nil" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct appfile *file = parse(files[i].text);
		struct error error = { 0 };
		size_t length;
		char *data;

		assert_fails(appfile_splice(file, PEM, &data, &length, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, files[i].why);
		assert_null(data);
		appfile_free(&file);
	}
}

/* A "certificate" that would end the element, or be markup, must never come through. */
static void a_value_that_is_markup_is_refused(void **state)
{
	static const char *const values[] = { "</certificate><label>x</label><certificate>", "<a/>", "&amp;", "a]]>b", "&x;" };
	struct appfile *file = parse(OPEN "<certificate>a</certificate>" CLOSE);
	struct error error = { 0 };
	size_t length;
	char *data;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_fails(appfile_splice(file, values[i], &data, &length, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, "changing other fields");
	}
	appfile_free(&file);
}

static void what_is_no_settings_file_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} files[] = {
		{ "", "empty" },
		{ "x", "not well-formed" },
		{ OPEN, "not well-formed" },
		{ "<!DOCTYPE a>" OPEN CLOSE, "DTD" },
		{ "<a/>", "the root of file is a in no namespace" },
		{ "<?xml version='1.0' encoding='EUC-JP'?>" OPEN CLOSE, "encoding EUC-JP" },
		{ "<?xml version='1.0' encoding='no-such'?>" OPEN CLOSE, "" },
	};
	struct appfile *file;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct error error = { 0 };

		assert_fails(appfile_parse("file", files[i].text, strlen(files[i].text), APPFILE_GLOBAL_OAUTH, &file, &error),
			     ERROR_CONFIG, &error);
		assert_contains(error.text, files[i].why);
		assert_null(file);
	}
}

static void fields_are_those_of_the_root_in_its_namespace(void **state)
{
	struct appfile *file = parse(OPEN "<label>a</label><b><label>c</label></b><x:label xmlns:x='y'/><label>d</label>" CLOSE);

	(void)state;
	assert_int_equal(appfile_count(file, "label"), 2);
	assert_string_equal(appfile_text(file, "label"), "a");
	assert_int_equal(appfile_count(file, "certificate"), 0);
	assert_null(appfile_text(file, "certificate"));
	appfile_free(&file);
}

static void suffixes_are_told_apart(void **state)
{
	(void)state;
	assert_true(appfile_has_suffix("a/b.ecaGlblOauth-meta.xml", APPFILE_GLOBAL_OAUTH));
	assert_true(appfile_has_suffix("b.ecaGlblOauth", APPFILE_GLOBAL_OAUTH));
	assert_false(appfile_has_suffix("b.ecaOauth", APPFILE_GLOBAL_OAUTH));
	assert_false(appfile_has_suffix(".ecaGlblOauth", APPFILE_GLOBAL_OAUTH));
	assert_false(appfile_has_suffix("-meta.xml", APPFILE_GLOBAL_OAUTH));
	assert_true(appfile_has_suffix("b.ecaOauth-meta.xml", APPFILE_OAUTH));
	assert_false(appfile_has_suffix("b.ecaOauthPlcy-meta.xml", APPFILE_OAUTH));
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

static X509 *certificate_of(EVP_PKEY *key)
{
	struct error error = { 0 };
	X509_NAME *name;
	X509 *certificate;

	assert_works(x509_subject_parse(&name, "/CN=unit", &error), &error);
	assert_works(x509_certificate_make(&(struct x509_params){ .sign = rsa_sign, .context = key, .alg = ALG_RS256,
								  .public = key, .subject = name, .days = 100 },
					   &certificate, &error), &error);
	X509_NAME_free(name);
	return certificate;
}

static void a_certificate_is_read_in_every_form(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *certificate = certificate_of(key);
	struct x509_list list;
	struct error error = { 0 };
	char *pem, text[8192];
	size_t length;

	(void)state;
	assert_works(x509_certificate_pem(certificate, &pem, &length, &error), &error);
	for (int form = 0; form < 4; form++) {
		snprintf(text, sizeof(text), form == 1 ? "\n\t%s\n\t" : "%s", pem);
		if (form == 2) { /* the base64 alone */
			snprintf(text, sizeof(text), "%s", pem + strlen("-----BEGIN CERTIFICATE-----"));
			*strstr(text, "-----END") = '\0';
		}
		for (char *c = text; form == 3 && *c != '\0'; c++)
			*c = *c == '\n' ? ' ' : *c; /* all in one line */
		assert_works(x509_parse("text", text, strlen(text), &list, &error), &error);
		assert_int_equal(list.count, 1);
		assert_int_equal(X509_cmp(list.list[0], certificate), 0);
		x509_list_clear(&list);
	}
	pem[200] = '*';
	assert_fails(x509_parse("text", pem, strlen(pem), &list, &error), ERROR_CONFIG, &error);
	free(pem);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* The findings of a certificate at a time, as one text. */
static void expect_findings(X509 *certificate, EVP_PKEY *key, time_t now, size_t length, const char *wanted)
{
	struct appcheck check = { .count = 0 };
	char text[256] = "";

	assert_int_equal(appcheck_certificate(&check, certificate, length, key, now), 0);
	for (size_t i = 0; i < check.count; i++) {
		strcat(text, check.findings[i].code);
		strcat(text, " ");
	}
	assert_string_equal(text, wanted);
	appcheck_clear(&check);
}

static void a_certificate_s_faults_are_found(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024);
	X509 *certificate = certificate_of(key), *weak = certificate_of(small);
	time_t now = time(NULL), day = (time_t)24 * 60 * 60;

	(void)state;
	expect_findings(certificate, NULL, now, 1000, "");
	expect_findings(certificate, key, now + 60 * day, 4096, "");
	expect_findings(certificate, key, now + 75 * day, 1000, "expires-soon ");
	expect_findings(certificate, key, now + 101 * day, 1000, "expired ");
	expect_findings(certificate, key, now - 2 * day, 1000, "not-yet-valid ");
	expect_findings(certificate, other, now, 1000, "other-key ");
	expect_findings(certificate, other, now, 4097, "other-key too-large ");
	expect_findings(weak, small, now, 1000, "short-key ");
	X509_free(certificate);
	X509_free(weak);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(small);
}

/* --- a new app --------------------------------------------------------------------------------------------------- */

static void a_template_is_what_the_reader_takes(void **state)
{
	const struct template_app app = { .name = "App", .label = "a < b & c > \"d\"", .callback_url = "http://x/?a&b",
					  .scopes = "Api, OfflineAccess", .api_version = "66.0", .certificate = PEM "\n" };
	struct template_file files[TEMPLATE_FILES];
	struct error error = { 0 };

	(void)state;
	assert_works(template_check(&app, &error), &error);
	assert_works(template_make(&app, files, &error), &error);
	for (int type = 0; type < APPFILE_TYPES; type++) {
		struct appfile *file;

		assert_true(appfile_has_suffix(files[type].path, (enum appfile_type)type));
		assert_works(appfile_parse(files[type].path, files[type].text, strlen(files[type].text),
					   (enum appfile_type)type, &file, &error), &error);
		assert_string_equal(appfile_text(file, "label"), app.label);
		assert_int_equal(files[type].mode, type == APPFILE_GLOBAL_OAUTH ? 0600 : 0644);
		if (type == APPFILE_GLOBAL_OAUTH)
			assert_string_equal(appfile_text(file, "certificate"), PEM);
		appfile_free(&file);
	}
	template_free(files);
}

static void a_template_is_written_once(void **state)
{
	const struct template_app app = { .name = "App", .label = "App", .callback_url = "x", .scopes = "Api",
					  .api_version = "66.0", .certificate = PEM };
	const char *folder = unit_path(state, "a/b");
	struct template_file files[TEMPLATE_FILES];
	struct error error = { 0 };
	const struct apps_file *found;
	struct apps apps;

	assert_works(template_make(&app, files, &error), &error);
	assert_works(template_write(files, folder, false, &error), &error);
	assert_fails(template_write(files, folder, false, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "already exists");
	assert_works(template_write(files, folder, true, &error), &error);
	assert_works(apps_read(&apps, unit_path(state, "a"), &error), &error);
	assert_string_equal(apps_name(&apps, 0), "App");
	assert_null(apps_name(&apps, 1));
	assert_works(apps_settings(&apps, "a", apps_name(&apps, 0), &found, &error), &error);
	assert_contains(found->path, "extlClntAppGlobalOauthSets/App.ecaGlblOauth-meta.xml");
	apps_clear(&apps);
	template_free(files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_are_found_by_their_number),
		cmocka_unit_test(many_children_are_found),
		cmocka_unit_test(a_layout_that_breaks_off_is_refused),
		cmocka_unit_test(line_ends_are_the_first_one_s),
		cmocka_unit_test(the_value_goes_where_it_belongs),
		cmocka_unit_test(the_old_bytes_come_back),
		cmocka_unit_test(what_cannot_be_cut_out_is_refused),
		cmocka_unit_test(what_cannot_be_changed_is_refused),
		cmocka_unit_test(a_value_that_is_markup_is_refused),
		cmocka_unit_test(what_is_no_settings_file_is_refused),
		cmocka_unit_test(fields_are_those_of_the_root_in_its_namespace),
		cmocka_unit_test(suffixes_are_told_apart),
		cmocka_unit_test(a_certificate_is_read_in_every_form),
		cmocka_unit_test(a_certificate_s_faults_are_found),
		cmocka_unit_test(a_template_is_what_the_reader_takes),
		TEST_IN_FOLDER(a_template_is_written_once),
	};

	return cmocka_run_group_tests_name("appfile", tests, NULL, NULL);
}
