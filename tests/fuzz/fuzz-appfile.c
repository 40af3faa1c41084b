/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes reading and changing settings files. If appfile_splice succeeds, the certificate can be read again, the other fields
 * are unchanged, and splicing it once more changes nothing. */
#include "fuzz.h"

#include "salesforce/appfile.h"
#include "x509/x509.h"

static const char value[] = "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----\n";

static void compare_fields(struct appfile *old, struct appfile *new)
{
	static const char *const fields[] = { "callbackUrl", "consumerKey", "externalClientApplication", "label" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *a = appfile_text(old, fields[i]), *b = appfile_text(new, fields[i]);

		expect(appfile_count(old, fields[i]) == appfile_count(new, fields[i]), "fields stay");
		expect((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0), "their texts stay");
	}
}

static void change(struct appfile *file)
{
	struct appfile *changed = NULL;
	char *data = NULL, *again = NULL, *difference;
	size_t length, length_again;
	struct error error;

	if (appfile_splice(file, value, &data, &length, &error) < 0)
		return;
	expect(appfile_parse("changed", data, length, APPFILE_GLOBAL_OAUTH, &changed, &error) == 0, "the result can be read");
	expect(strstr(appfile_text(changed, "certificate"), "MIIB\nAA==") != NULL, "the value is in it");
	compare_fields(file, changed);
	difference = appfile_difference(file, changed);
	expect(difference != NULL, "there is a difference");
	expect(appfile_splice(changed, value, &again, &length_again, &error) == 0, "it can be changed again");
	expect(length == length_again && memcmp(data, again, length) == 0, "twice is once");
	free(difference);
	free(again);
	free(data);
	appfile_free(&changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct x509_list list;
	struct appfile *file;
	struct error error;
	const char *text;

	if (size > APPFILE_MAX || appfile_parse("file", data, size, APPFILE_GLOBAL_OAUTH, &file, &error) < 0)
		return 0;
	text = appfile_text(file, "certificate");
	if (text != NULL) {
		if (x509_parse("text", text, strlen(text), &list, &error) == 0)
			x509_list_clear(&list);
		x509_has_private_key(text, strlen(text));
	}
	change(file);
	appfile_free(&file);
	return 0;
}
