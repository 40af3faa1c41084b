/* SPDX-License-Identifier: Apache-2.0 */
/* Prints p11bearer.conf, with each setting as a comment, for "make". This program is not installed. */
#include "settings/table.h"

static const struct {
	unsigned groups; /* of the settings in this part, or GROUP_OWN */
	bool file_only;
	const char *title;
} parts[] = {
	{ GROUP_TOKEN | GROUP_KEY | GROUP_NEXT, false, "The key and its token" },
	{ GROUP_CLAIMS, false, "The server and the assertion" },
	{ GROUP_HTTP, false, "Requests to the server" },
	{ GROUP_AUDIT, false, "The audit" },
	{ GROUP_AGENT, false, "Programs that use the agent" },
	{ GROUP_OWN, true, "The agent: see p11bearer-agent(8)" },
	{ GROUP_OWN, false, "Single commands" },
	{ GROUP_COMMON, false, "All commands" },
};

/* What p11bearer.conf(5) says about `setting` in short, and its default, or else an example. */
static void print_setting(const struct setting *setting)
{
	bool flag = setting->type == TYPE_FLAG;
	const char *fallback = setting->fallback == NULL && flag ? "no" : setting->fallback;

	printf("\n# %s.", setting->help);
	if (setting->choices != NULL)
		printf(" One of: %s.", setting->choices);
	printf(" %s:\n#%s", fallback != NULL ? "Default" : "Example", setting->name);
	printf(setting->type == TYPE_PAIRS ? ".%s\n" : " = %s\n", fallback != NULL ? fallback : setting->example);
}

int main(void)
{
	puts("# Settings of p11bearer for all users of this machine: see p11bearer.conf(5).\n"
	     "#\n"
	     "# Each setting is shown with its default, or with an example if it has no default. To change one,\n"
	     "# remove the \"#\" in front of its name. A comment after a value is an error.\n"
	     "\n"
	     "[default]");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		printf("\n# --- %s ---\n", parts[i].title);
		for (int id = 1; id < SETTING_COUNT; id++) {
			const struct setting *setting = &settings_table[id];

			if (setting_is_key(setting) && setting->file_only == parts[i].file_only &&
			    (setting->group == GROUP_OWN ? parts[i].groups == GROUP_OWN :
							   (setting->group & parts[i].groups) != 0))
				print_setting(setting);
		}
	}
	puts("\n# A profile has a section of its own, whose settings apply in addition with --profile:\n"
	     "#[production]\n"
	     "#client-id = 3MVG9.consumer.key");
	return fflush(stdout) != 0;
}
