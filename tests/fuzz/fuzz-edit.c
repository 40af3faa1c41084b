/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes changes of configuration files. The first byte chooses the section and the change, the rest is the file. A file that
 * OpenSSL accepts is either left alone or changed in one place: lines that set the key, or its value, or a new line. Then
 * OpenSSL finds the wanted value, and all others as they were. */
#include "fuzz.h"

#include "base/secret.h"
#include "settings/config.h"
#include "settings/edit.h"

static const char *const sections[] = { "default", "a", "ci", "a b", "a::b", "" };

static const struct settings_change changes[] = {
	{ SETTING_KEY, "pkcs11:object=new" },
	{ SETTING_KEY, "pkcs11:object=it's#1 \\ $x \"y\"" },
	{ SETTING_NEXT_KEY, "pkcs11:object=new?pin-value=zebra" },
	{ SETTING_CERTIFICATE, " a\\" },
	{ SETTING_KEY, NULL },
	{ SETTING_NEXT_KEY, NULL },
};

/* The value that OpenSSL has; NULL if there is none. */
static const char *value(CONF *conf, const char *section, const char *key)
{
	STACK_OF(CONF_VALUE) *entries = NCONF_get_section(conf, section);

	for (int i = 0; i < sk_CONF_VALUE_num(entries); i++) {
		if (strcmp(sk_CONF_VALUE_value(entries, i)->name, key) == 0)
			return sk_CONF_VALUE_value(entries, i)->value;
	}
	return NULL;
}

/* All values of `from` but that of the change are in `to`. */
static void compare_values(CONF *from, CONF *to, const char *section, const char *key)
{
	STACK_OF(OPENSSL_CSTRING) *names = NCONF_get_section_names(from);

	for (int i = 0; i < sk_OPENSSL_CSTRING_num(names); i++) {
		const char *name = sk_OPENSSL_CSTRING_value(names, i);
		STACK_OF(CONF_VALUE) *entries = NCONF_get_section(from, name);

		for (int j = 0; j < sk_CONF_VALUE_num(entries); j++) {
			const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, j);
			const char *other = value(to, name, entry->name);

			if (strcmp(name, section) == 0 && strcmp(entry->name, key) == 0)
				continue;
			expect(other != NULL && strcmp(other, entry->value) == 0, "other values stay");
		}
	}
	sk_OPENSSL_CSTRING_free(names);
}

/* What was added is in one place. What was removed is in one place or, if the key was removed, the rest is in order. */
static void compare_bytes(const char *old, size_t old_length, const char *new, size_t new_length, bool removed)
{
	size_t same = 0, end = 0, found = 0;

	if (removed) {
		for (size_t i = 0; i < old_length && found < new_length; i++)
			found += old[i] == new[found] ? 1 : 0;
		expect(found == new_length && new_length <= old_length, "nothing was added");
		return;
	}
	while (same < old_length && same < new_length && old[same] == new[same])
		same++;
	while (end < old_length - same && end < new_length - same && old[old_length - 1 - end] == new[new_length - 1 - end])
		end++;
	/* What lies between is at most one value: a line end in it is behind a backslash. */
	for (size_t i = same; i < old_length - end; i++)
		expect(old[i] != '\n' || (i > 0 && (old[i - 1] == '\\' || old[i - 1] == '\r')), "at most a value was replaced");
}

static void change(const char *text, size_t length, CONF *before, const char *section, const struct settings_change *wanted)
{
	const char *key = settings_name(wanted->id), *is;
	struct error error = { .text = "" };
	CONF *after = NULL;
	char *new = NULL, *again = NULL;
	size_t new_length, again_length;

	if (settings_edit_text("file", text, length, section, wanted, 1, &new, &new_length, &error) < 0) {
		expect(error.class == ERROR_CONFIG && error.text[0] != '\0', "a refusal has a sentence");
		return;
	}
	expect(new[new_length] == '\0', "a NUL follows");
	expect(config_parse("new", new, new_length, &after, &error) == 0, "the result can be read");
	is = value(after, section, key);
	expect((is == NULL) == (wanted->value == NULL) && (is == NULL || strcmp(is, wanted->value) == 0), "it has the value");
	compare_values(before, after, section, key);
	compare_values(after, before, section, key);
	compare_bytes(text, length, new, new_length, wanted->value == NULL);
	expect(settings_edit_text("new", new, new_length, section, wanted, 1, &again, &again_length, &error) == 0 &&
		       again_length == new_length && memcmp(again, new, new_length) == 0, "twice is once");
	config_free(after);
	wipe_free(new);
	wipe_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error;
	CONF *conf = NULL;
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (config_parse("file", text, size - 1, &conf, &error) == 0)
		change(text, size - 1, conf, sections[data[0] % 6], &changes[data[0] / 6 % 6]);
	config_free(conf);
	free(text);
	return 0;
}
