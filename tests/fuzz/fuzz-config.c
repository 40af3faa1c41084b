/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes settings: a configuration file, and behind a NUL a text for the environment. They are taken, or refused with a
 * sentence; what is taken can be asked for, and means the same when it is read again. The first byte picks a profile. */
#include "fuzz.h"

#include "base/url.h"
#include "settings/settings.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct settings_usage usage = {
	.command = "fuzz",
	.operands_max = 1,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_HTTP,
	.own = { SETTING_BITS, SETTING_FORMAT, SETTING_WAIT, SETTING_SCOPES, SETTING_API_VERSION },
};

/* The fields of the form and the servers. */
static uint64_t digest_more(const struct settings *settings, uint64_t sum)
{
	const struct settings_server *server, *before = NULL;
	char shown[64];

	for (size_t i = 0; i < settings_pairs(settings, SETTING_FORM); i++) {
		struct settings_pair pair = settings_pair(settings, SETTING_FORM, i);

		expect(pair.name[0] != '\0' && pair.value[0] != '\0', "a field has a name and a value");
		if (settings_is_secret(pair.name))
			expect(settings_show(settings, SETTING_FORM, i, shown, sizeof(shown)) && strcmp(shown, "***") == 0,
			       "a secret is not shown");
		sum = (sum ^ strlen(pair.name) ^ strlen(pair.value)) * 1099511628211U;
	}
	for (size_t i = 0; (server = settings_server(settings, i)) != NULL; i++) {
		expect(before == NULL || strcmp(before->name, server->name) < 0, "servers are sorted");
		before = server;
		for (size_t j = 0; j < server->count; j++) {
			const struct settings_entry *entry = &server->entries[j];

			expect(entry->key[0] != '\0' && entry->value[0] != '\0' && entry->origin[0] != '\0', "an entry is whole");
			for (size_t k = 0; k < j; k++)
				expect(strcmp(server->entries[k].key, entry->key) != 0, "a key is there once");
			sum = (sum ^ strlen(entry->key) ^ strlen(entry->value)) * 1099511628211U;
		}
	}
	return sum;
}

/* All values, one after the other. They are asked for with a type that is theirs or not; either is answered. */
static uint64_t digest(const struct settings *settings)
{
	uint64_t sum = 14695981039346656037U;

	for (int id = 1; id < SETTING_COUNT; id++) {
		const char *text = settings_text(settings, (enum setting_id)id);

		for (; text != NULL && *text != '\0'; text++)
			sum = (sum ^ (uint8_t)*text) * 1099511628211U;
		sum = (sum ^ (uint64_t)id) * 1099511628211U;
	}
	for (size_t i = 0; i < settings_pairs(settings, SETTING_CLAIM); i++) {
		struct settings_pair pair = settings_pair(settings, SETTING_CLAIM, i);

		expect(pair.name[0] != '\0' && pair.value[0] != '\0', "a claim has a name and a value");
		sum = (sum ^ strlen(pair.name) ^ strlen(pair.value)) * 1099511628211U;
	}
	return digest_more(settings, sum);
}

static int load(const char *path, const char *profile, const char *variable, uint64_t *sum)
{
	char *argv[] = { strdup("fuzz"), strdup("--config"), strdup(path), strdup("--profile"), strdup(profile), NULL };
	struct error error = { .class = 0 };
	struct settings *settings;
	int result;

	setenv("P11BEARER_CLAIM", variable, 1); /* each time: a variable with a PIN is removed */
	setenv("P11BEARER_SCOPES", variable, 1);
	setenv("P11BEARER_FORM", variable, 1);
	result = settings_load(&settings, &usage, profile[0] != '\0' ? 5 : 3, argv, &error);
	if (result == 0) {
		struct url url;

		*sum = digest(settings);
		if (settings_take_url(settings, SETTING_AUDIENCE, &url, &error) < 0)
			expect(error.text[0] != '\0', "an audience that is no URL has a sentence");
	} else {
		expect(result == -ERROR_CONFIG, "a slip in a file is one of the configuration");
		expect(error.text[0] != '\0', "it has a sentence");
	}
	settings_free(&settings);
	for (size_t i = 0; i < 5; i++)
		free(argv[i]);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const profiles[] = { "", "default", "a", "ci" };
	static int fd = -1;
	const uint8_t *nul;
	const char *profile;
	uint64_t first = 0, second = 0;
	char path[64], *variable;
	int result;

	if (size == 0)
		return 0;
	profile = profiles[data[0] % 4];
	data++;
	size--;
	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		expect(fd >= 0 && fchmod(fd, 0600) == 0, "there is a file");
		setenv("HOME", "/nonexistent", 1);
		unsetenv("XDG_CONFIG_HOME");
	}
	nul = memchr(data, '\0', size);
	variable = nul != NULL ? strndup((const char *)nul + 1, size - (size_t)(nul + 1 - data)) : strdup("");
	if (nul != NULL)
		size = (size_t)(nul - data);
	expect(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "it can be written");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = load(path, profile, variable, &first);
	expect(load(path, profile, variable, &second) == result && first == second, "the same again is the same");
	free(variable);
	return 0;
}
