/* SPDX-License-Identifier: Apache-2.0 */
/* The hint to run doctor, for the failures of other commands whose cause it can narrow down. */
#include "cmd/cmd.h"

#include "base/descriptor.h"
#include "base/shell-word.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_for_doctor(const struct error *error)
{
	switch (error->class) {
	case ERROR_NO_KEY:
	case ERROR_TOKEN:
	case ERROR_NETWORK:
	case ERROR_ANSWER:
		return error->signal == 0;
	case ERROR_ORG:
		return error->is_vague;
	default:
		return false;
	}
}

static void append_option(const struct settings *settings, enum setting_id id, char *line, size_t size)
{
	const char *text = settings_text(settings, id);
	char word[SHELL_WORD_SIZE];

	if (settings_is_option(settings, id))
		text_append(line, size, " --%s %s", settings_name(id), shell_word(text, strlen(text), word));
}

void cmd_advise_doctor(const struct settings *settings, const struct settings_usage *usage, struct error *error)
{
	enum setting_id source = settings_use_agent(settings) ? SETTING_AGENT : SETTING_KEY;
	bool typed = settings_is_option(settings, source);
	char line[sizeof(error->hint)] = "\"p11bearer doctor", before[sizeof(error->hint)];

	/* A worker's user is the agent, which has its own hints. */
	if ((usage->groups & GROUP_KEY) == 0 || !is_for_doctor(error) || settings_origin(settings, source) == NULL ||
	    descriptor_is_sealed(settings_text(settings, SETTING_CONFIG)))
		return;
	/* A person who has typed all options sees the hint. Scripts that give them get the same messages as before. */
	if (typed && isatty(STDERR_FILENO) != 1)
		return;
	if (!typed) {
		append_option(settings, SETTING_CONFIG, line, sizeof(line));
		append_option(settings, SETTING_PROFILE, line, sizeof(line));
	}
	text_append(line, sizeof(line), "\"%s", typed ? " with the same options" : "");
	snprintf(before, sizeof(before), "%s", error->hint);
	error_hint(error, "%s%srun %s to narrow it down", before, before[0] != '\0' ? "; " : "", line);
}
