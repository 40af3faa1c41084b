/* SPDX-License-Identifier: Apache-2.0 */
/* Packages, their manifests, and what the org tells of a deployment. How one goes is in tests/e2e/deploy.test. */
#include "unit.h"

#include "salesforce/deployment.h"
#include "salesforce/manifest.h"
#include "salesforce/package.h"

#include <time.h>
#include <zip.h>

#define NS "xmlns=\"" APPFILE_NAMESPACE "\""
#define APP "<ExternalClientApplication " NS "><label>x</label></ExternalClientApplication>"
#define SETTINGS "<ExtlClntAppGlobalOauthSettings " NS "><label>x</label></ExtlClntAppGlobalOauthSettings>"
#define ID "0Af000000000001AAA"

/* Makes a file, and the folders that its name has, in the test's folder. */
static void put(void **state, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s", unit_path(state, name));
	for (char *slash = strchr(path + strlen(unit_path(state, "")), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	unit_put(path, text, strlen(text), 0600);
}

/* What the zip has under the name; NULL when it has no such file. */
static const char *unzip(const struct package *package, const char *name)
{
	static char text[4096];
	size_t length;
	const void *data = package_zip(package, &length);
	zip_error_t why;
	zip_t *zip = zip_open_from_source(zip_source_buffer_create(data, length, 0, &why), ZIP_RDONLY | ZIP_CHECKCONS, &why);
	zip_file_t *file;
	zip_int64_t got = -1;

	assert_non_null(zip);
	file = zip_fopen(zip, name, 0);
	if (file != NULL) {
		got = zip_fread(file, text, sizeof(text) - 1);
		zip_fclose(file);
	}
	zip_discard(zip);
	if (got < 0)
		return NULL;
	text[got] = '\0';
	return text;
}

/* Does one of the package's notes have the text? */
static bool has_note(const struct package *package, const char *text)
{
	for (size_t i = 0; package_note(package, i) != NULL; i++) {
		if (strstr(package_note(package, i), text) != NULL)
			return true;
	}
	return false;
}

/* --- packages ---------------------------------------------------------------------------------------------------- */

static void source_format_becomes_metadata_format(void **state)
{
	struct package *package;
	struct error error;
	const char *manifest;

	put(state, "a/b/My.App.eca-meta.xml", APP);
	put(state, "a/x.cls", "class");
	put(state, "a/.git/Hidden.eca-meta.xml", "<");
	put(state, "a/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/Deep.eca-meta.xml", APP);
	put(state, "a/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/Deeper.eca-meta.xml", "<");
	assert_works(package_make(unit_path(state, "a"), NULL, "61.0", &package, &error), &error);
	assert_string_equal(unzip(package, "externalClientApps/My.App.eca"), APP);
	assert_non_null(unzip(package, "externalClientApps/Deep.eca"));
	assert_null(unzip(package, "x.cls"));
	manifest = unzip(package, "package.xml");
	assert_non_null(manifest);
	assert_contains(manifest, "<members>*</members>\n        <name>ExternalClientApplication</name>");
	assert_contains(manifest, "<version>61.0</version>");
	assert_lacks(manifest, "ExtlClnt");
	assert_true(has_note(package, "3 files in the package"));
	assert_true(has_note(package, "1 file of other metadata left out"));
	assert_true(has_note(package, "special files, and folders more than 16 levels down, left out: 1"));
	assert_string_equal(package_source(package, "externalClientApps/My.App.eca"), unit_path(state, "a/b/My.App.eca-meta.xml"));
	assert_string_equal(package_source(package, "elsewhere"), "elsewhere");
	package_free(&package);
	assert_null(package);
}

static void metadata_format_is_taken_as_a_whole(void **state)
{
	struct package *package;
	struct error error;

	put(state, "package.xml", "<Package " NS "><types><name>ApexClass</name></types></Package>");
	put(state, "classes/x.cls", "class");
	put(state, "any/My.eca", APP);
	put(state, ".hidden", "");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_string_equal(unzip(package, "classes/x.cls"), "class");
	assert_string_equal(unzip(package, "externalClientApps/My.eca"), APP);
	assert_contains(unzip(package, "package.xml"), "ApexClass");
	assert_true(has_note(package, "3 files in metadata format"));
	package_free(&package);
	/* A project has its manifest anywhere. */
	put(state, "sfdx-project.json", "{}");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_null(unzip(package, "classes/x.cls"));
	package_free(&package);
}

static void a_manifest_is_taken_when_it_names_apps_alone(void **state)
{
	static const char apps[] = "<Package " NS "><!-- mine --><types><members>My</members>"
				   "<name>ExternalClientApplication</name></types><version>60.0</version></Package>";
	struct package *package;
	struct error error;

	put(state, "manifest/package.xml", apps);
	put(state, "My.eca-meta.xml", APP);
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_string_equal(unzip(package, "package.xml"), apps);
	assert_null(package_note(package, 1));
	package_free(&package);
	put(state, "manifest/package.xml", "<Package " NS "><types><name>ExternalClientApplication</name></types>"
					   "<types><name>CustomObject</name></types></Package>");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_lacks(unzip(package, "package.xml"), "CustomObject");
	assert_true(has_note(package, "is not used: it names CustomObject"));
	package_free(&package);
	put(state, "manifest/package.xml", "<Package " NS "><types><name>\n ExternalClientApplication</name></types></Package>");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_contains(unzip(package, "package.xml"), "\n External");
	package_free(&package);
	put(state, "manifest/package.xml", "<Package " NS "><types><name>ExternalClient</name></types></Package>");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_true(has_note(package, "is not used: it names ExternalClient"));
	package_free(&package);
	put(state, "manifest/package.xml", "<Package " NS "/>");
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	assert_true(has_note(package, "is not used: it does not name ExternalClientApplication"));
	package_free(&package);
	put(state, "manifest/package.xml", "<Package/>");
	assert_fails(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_null(package);
}

static void what_cannot_be_deployed_is_refused(void **state)
{
	struct package *package;
	struct apps apps;
	struct error error;

	assert_fails(package_make(unit_path(state, "missing"), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_fails(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "nothing to deploy");
	put(state, "My.eca", SETTINGS);
	assert_works(package_make(unit_path(state, "My.eca"), NULL, "66.0", &package, &error), &error);
	assert_works(package_apps(package, &apps, &error), &error);
	assert_contains(apps.list[0].why, "the root of");
	apps_clear(&apps);
	package_free(&package);
	put(state, "My.eca", APP);
	put(state, "sub/My.eca-meta.xml", APP);
	assert_fails(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "the same component");
	put(state, "package.xml", "<Package " NS "/>");
	assert_int_equal(unlink(unit_path(state, "My.eca")), 0);
	assert_int_equal(unlink(unit_path(state, "sub/My.eca-meta.xml")), 0);
	assert_fails(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "nothing to deploy");
}

/* A zip keeps a time for each file: neither that of the file nor that of the zip may show. */
static void the_same_files_make_the_same_package(void **state)
{
	struct package *package;
	zip_error_t why;
	zip_stat_t status;
	struct tm time;
	struct error error;
	size_t length;
	const void *data;
	zip_t *zip;

	put(state, "My.eca", APP);
	assert_works(package_make(unit_path(state, ""), NULL, "66.0", &package, &error), &error);
	data = package_zip(package, &length);
	zip = zip_open_from_source(zip_source_buffer_create(data, length, 0, &why), ZIP_RDONLY, &why);
	assert_non_null(zip);
	for (zip_uint64_t i = 0; i < 2; i++) {
		assert_int_equal(zip_stat_index(zip, i, 0, &status), 0);
		assert_non_null(localtime_r(&status.mtime, &time));
		assert_int_equal(time.tm_year, 80);
		assert_int_equal(time.tm_yday, 0);
	}
	zip_discard(zip);
	package_free(&package);
}

static void a_package_that_is_too_large_is_refused(void **state)
{
	enum { TOO_MANY = 10000, TOO_LARGE = 40 << 20 };
	struct package *package;
	struct error error;
	char name[32], *noise = malloc(TOO_LARGE);
	FILE *random = fopen("/dev/urandom", "r");

	put(state, "many/package.xml", "<Package " NS "/>");
	for (int i = 0; i < TOO_MANY; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		unit_put(unit_path(state, name), "", 0, 0600);
	}
	assert_fails(package_make(unit_path(state, "many"), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "at most 10000 files");
	assert_int_equal(unlink(unit_path(state, "many/7")), 0);
	assert_works(package_make(unit_path(state, "many"), NULL, "66.0", &package, &error), &error);
	package_free(&package);

	put(state, "large/package.xml", "<Package " NS "/>");
	assert_int_equal(fread(noise, 1, TOO_LARGE, random), TOO_LARGE);
	unit_put(unit_path(state, "large/noise"), noise, TOO_LARGE, 0600);
	assert_fails(package_make(unit_path(state, "large"), NULL, "66.0", &package, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "bytes; the org accepts at most 40894464");
	memset(noise, 0, TOO_LARGE);
	unit_put(unit_path(state, "large/noise"), noise, TOO_LARGE, 0600);
	assert_works(package_make(unit_path(state, "large"), NULL, "66.0", &package, &error), &error);
	package_free(&package);
	fclose(random);
	free(noise);
}

static void a_version_of_the_api_is_checked(void **state)
{
	static const char *const good[] = { "60.0", "66.0", "100.0" };
	static const char *const bad[] = { "", "66", "66.1", "59.0", "1000.0", "66.0/", "x60.0", "-60.0", "6e1.0" };
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_works(manifest_check_version(good[i], &error), &error);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(manifest_check_version(bad[i], &error), ERROR_USAGE, &error);
}

/* --- what the org tells ------------------------------------------------------------------------------------------ */

static void paths_name_a_deployment(void **state)
{
	static const struct {
		const char *id;
		bool details;
		const char *path;
	} rows[] = {
		{ NULL, false, "/services/data/v66.0/metadata/deployRequest" },
		{ ID, false, "/services/data/v66.0/metadata/deployRequest/" ID },
		{ ID, true, "/services/data/v66.0/metadata/deployRequest/" ID "?includeDetails=true" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *path = deployment_path("66.0", rows[i].id, rows[i].details);

		assert_string_equal(path, rows[i].path);
		free(path);
	}
	assert_contains(deployment_options(true), "\"checkOnly\":true");
	assert_contains(deployment_options(false), "\"checkOnly\":false");
}

static void a_status_is_read(void **state)
{
	struct deployment deployment;
	struct error error;

	(void)state;
	assert_works(deployment_read(&deployment, "{\"id\":\"" ID "\",\"deployResult\":{\"status\":\"InProgress\",\"done\":false,"
		"\"numberComponentsTotal\":\"12\",\"numberComponentsDeployed\":3,\"numberTestsTotal\":1e99,"
		"\"numberTestsCompleted\":-4,\"stateDetail\":\"at\\nit\"}}", ID, &error), &error);
	assert_string_equal(deployment.id, ID);
	assert_string_equal(deployment.status, "InProgress");
	assert_string_equal(deployment.detail, "at it");
	assert_false(deployment.done);
	assert_int_equal(deployment.components, 12);
	assert_int_equal(deployment.components_done, 3);
	assert_int_equal(deployment.tests, 1000000);
	assert_int_equal(deployment.tests_done, 0);
	deployment_clear(&deployment);
	/* An id of 15 characters is the same without its checksum. */
	assert_works(deployment_read(&deployment, "{\"id\":\"0Af000000000001\",\"deployResult\":{\"status\":\"Succeeded\","
		"\"success\":\"true\"}}", ID, &error), &error);
	assert_true(deployment.done);
	assert_true(deployment.success);
	deployment_clear(&deployment);
}

static void only_a_success_is_one(void **state)
{
	static const char *const results[] = {
		"{\"status\":\"Failed\",\"done\":true,\"success\":true}",
		"{\"status\":\"Succeeded\",\"done\":true,\"success\":false}",
		"{\"status\":\"Succeeded\",\"done\":true}",
		"{\"status\":\"SucceededPartial\",\"done\":true,\"success\":true}",
		"{\"status\":\"Canceled\",\"done\":true}",
	};
	struct deployment deployment;
	struct error error;
	char json[256];

	(void)state;
	for (size_t i = 0; i < COUNT(results); i++) {
		snprintf(json, sizeof(json), "{\"id\":\"" ID "\",\"deployResult\":%s}", results[i]);
		assert_works(deployment_read(&deployment, json, ID, &error), &error);
		assert_true(deployment.done);
		assert_false(deployment.success);
		deployment_clear(&deployment);
	}
}

static void what_was_deployed_may_have_warnings(void **state)
{
	struct deployment deployment;
	struct error error;

	(void)state;
	assert_works(deployment_read(&deployment, "{\"id\":\"" ID "\",\"deployResult\":{\"status\":\"Succeeded\",\"details\":{"
		"\"componentSuccesses\":[{\"fileName\":\"a\"},{\"fileName\":\"b\",\"problem\":\"\"},"
		"{\"fileName\":\"c\",\"problem\":\"odd\\r\\nand odd\",\"problemType\":\"Warning\"}]}}}", NULL, &error), &error);
	assert_int_equal(deployment.count, 1);
	assert_string_equal(deployment.problems[0].file, "c");
	assert_string_equal(deployment.problems[0].text, "odd  and odd");
	assert_true(deployment.problems[0].is_warning);
	deployment_clear(&deployment);
}

static void problems_are_read(void **state)
{
	struct deployment deployment;
	struct error error;

	(void)state;
	assert_works(deployment_read(&deployment, "{\"id\":\"" ID "\",\"deployResult\":{\"status\":\"Failed\",\"done\":true,\"details\":{"
		"\"componentFailures\":[{\"componentType\":\"A\",\"fullName\":\"B\",\"fileName\":\"f\",\"lineNumber\":3,"
		"\"columnNumber\":\"4\",\"problem\":\"no\"},{\"problemType\":\"Warning\",\"fullName\":\"B\"},7,null],"
		"\"runTestResult\":{\"failures\":{\"name\":\"T\",\"methodName\":\"m\",\"message\":\"1\",\"stackTrace\":\"2\"}}}}}",
		NULL, &error), &error);
	assert_int_equal(deployment.count, 3);
	assert_string_equal(deployment.problems[0].component, "A B");
	assert_string_equal(deployment.problems[0].file, "f");
	assert_string_equal(deployment.problems[0].text, "no");
	assert_int_equal(deployment.problems[0].line, 3);
	assert_int_equal(deployment.problems[0].column, 4);
	assert_false(deployment.problems[0].is_warning);
	assert_true(deployment.problems[1].is_warning);
	assert_string_equal(deployment.problems[1].component, "B");
	assert_string_equal(deployment.problems[1].text, "");
	assert_string_equal(deployment.problems[2].component, "T.m");
	assert_string_equal(deployment.problems[2].text, "1 2");
	deployment_clear(&deployment);
	assert_int_equal(deployment.count, 0);
}

static void what_is_no_deployment_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "null", "[]", "7", "{}", "{\"id\":\"" ID "\"}", "{\"id\":\"" ID "\",\"deployResult\":[]}",
		"{\"id\":\"" ID "\",\"deployResult\":{}}", "{\"id\":\"0Af00000000001/\",\"deployResult\":{\"status\":\"x\"}}",
		"{\"id\":\"0Af000000000002AAA\",\"deployResult\":{\"status\":\"x\"}}",
		"{\"id\":\"" ID "A\",\"deployResult\":{\"status\":\"x\"}}",
	};
	struct deployment deployment;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_fails(deployment_read(&deployment, texts[i], ID, &error), ERROR_ANSWER, &error);
		deployment_clear(&deployment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(source_format_becomes_metadata_format),
		TEST_IN_FOLDER(metadata_format_is_taken_as_a_whole),
		TEST_IN_FOLDER(a_manifest_is_taken_when_it_names_apps_alone),
		TEST_IN_FOLDER(what_cannot_be_deployed_is_refused),
		TEST_IN_FOLDER(the_same_files_make_the_same_package),
		TEST_IN_FOLDER(a_package_that_is_too_large_is_refused),
		cmocka_unit_test(a_version_of_the_api_is_checked),
		cmocka_unit_test(paths_name_a_deployment),
		cmocka_unit_test(a_status_is_read),
		cmocka_unit_test(only_a_success_is_one),
		cmocka_unit_test(what_was_deployed_may_have_warnings),
		cmocka_unit_test(problems_are_read),
		cmocka_unit_test(what_is_no_deployment_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
