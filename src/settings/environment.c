/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the settings in the environment. */
#include "settings/table.h"

#include "base/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* P11BEARER_CLAIM and the like have one NAME=VALUE per line. */
static int environment_pairs(struct settings *settings, const struct setting *setting, const char *text,
			     const char *origin, struct error *error)
{
	int result = 0;

	while (*text != '\0' && result == 0) {
		size_t span = strcspn(text, "\n");
		char *line = strndup(text, span);

		if (line == NULL)
			return error_memory(error);
		if (span > 0)
			result = settings_set_pair(settings, setting, line, LAYER_ENVIRONMENT, origin, error);
		wipe_free(line);
		text += span + (text[span] == '\n');
	}
	return result;
}

/* /proc and children must not see it. */
static bool holds_secret(const struct setting *setting, char *text)
{
	bool found = settings_find_pin(text) != NULL;

	for (char *line = text; setting->type == TYPE_PAIRS && line != NULL && !found; line = strchr(line, '\n')) {
		line += *line == '\n' ? 1 : 0;
		found = settings_find_secret(line) != NULL;
	}
	return found;
}

int environment_read(struct settings *settings, struct error *error)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];
		char name[64], origin[96];
		char *text;
		int result;

		if (setting->option_only)
			continue;
		snprintf(name, sizeof(name), "P11BEARER_%s", setting->name);
		for (char *c = name; *c != '\0'; c++)
			*c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
		text = getenv(name);
		if (text == NULL || *text == '\0')
			continue;
		if (setting->file_only) {
			error_set(error, ERROR_CONFIG, "environment variable %s: only a configuration file can set %s",
				  name, setting->name);
			if (fault_keep(settings, SETTINGS_KEY, -ERROR_CONFIG, error) < 0)
				return error_result(error);
			continue;
		}
		snprintf(origin, sizeof(origin), "environment variable %s", name);
		if (setting->type == TYPE_PAIRS)
			result = environment_pairs(settings, setting, text, origin, error);
		else
			result = settings_set(settings, setting, NULL, text, LAYER_ENVIRONMENT, origin, error);
		if (holds_secret(setting, text)) {
			wipe_variable(name);
			unsetenv(name);
		}
		if (fault_keep(settings, SETTINGS_VALUE, result, error) < 0)
			return error_result(error);
	}
	return 0;
}
