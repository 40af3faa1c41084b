/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer complete: finds out what the last word of a command line is, and offers what fits. */
#include "cmd/complete.h"

#include "base/secret.h"
#include "base/text.h"
#include "process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 16, SECONDS = 3 /* more than the keys have */ };

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* Where offers go. */
struct answer {
	FILE *stream;
	const char *word; /* the unfinished one */
	size_t start;     /* how much of it stays */
};

/* A name with a line end or a tab could pass for another one; no shell shows one with a control character as it is. */
static bool is_plain(const char *text)
{
	char *copy = wipe_strdup(text);
	bool plain;

	if (copy == NULL)
		return false;
	text_clean(copy, "");
	plain = strcmp(copy, text) == 0;
	wipe_free(copy);
	return plain;
}

static void offer(void *context, const char *text, const char *description)
{
	const struct answer *answer = context;
	char line[256];

	snprintf(line, sizeof(line), "%s", description);
	text_line(line);
	if (is_plain(text))
		fprintf(answer->stream, "%.*s%s\t%s\n", (int)answer->start, answer->word, text, line);
}

/* Writes the first line: what the shell adds to the candidates; "words" is nothing. */
static void begin(const struct answer *answer, const char *what, size_t stays)
{
	fprintf(answer->stream, "%s\t%.*s\n", what, (int)stays, answer->word);
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

/* The command's name within the group: "set-cert" for "app set-cert" and "app". NULL if it is not in the group. */
static const char *name_in_group(const struct command *command, const char *group)
{
	const char *name = command->usage->command;
	size_t length = strlen(group);

	return strncmp(name, group, length) == 0 && name[length] == ' ' ? name + length + 1 : NULL;
}

static bool is_group(const struct command *const *commands, const char *word)
{
	for (; *commands != NULL; commands++) {
		if (name_in_group(*commands, word) != NULL)
			return true;
	}
	return false;
}

static void offer_group(const struct command *const *commands, const char *group, struct answer *answer)
{
	for (; *commands != NULL; commands++) {
		const char *name = name_in_group(*commands, group);

		if (name != NULL)
			offer(answer, name, (*commands)->usage->summary);
	}
}

/* Offers the commands without a group, and the groups, which are described by what is in them. */
static void offer_commands(const struct command *const *commands, struct answer *answer)
{
	char last[32] = "", group[32], names[128];

	for (; *commands != NULL; commands++) {
		const char *name = (*commands)->usage->command;

		snprintf(group, sizeof(group), "%.*s", (int)strcspn(name, " "), name);
		if (strcmp(group, name) == 0 && strcmp(group, last) != 0)
			offer(answer, name, (*commands)->usage->summary);
		if (strcmp(group, last) == 0 || strcmp(group, name) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", group);
		names[0] = '\0';
		for (const struct command *const *other = commands; *other != NULL; other++) {
			const char *member = name_in_group(*other, group);

			if (member != NULL)
				text_append(names, sizeof(names), "%s%s", names[0] != '\0' ? ", " : "", member);
		}
		offer(answer, group, names);
	}
}

/* --- words ------------------------------------------------------------------------------------------------------- */

/* Files are named by file:PATH. */
static void offer_source(const struct settings_word *word, struct answer *answer)
{
	if (strncmp(answer->word + word->start, "file:", 5) == 0) {
		begin(answer, "files", word->start + 5);
	} else {
		begin(answer, "words", 0);
		settings_values(word->id, offer, answer);
	}
}

/* Only the formats of credential helpers have actions. */
static void offer_actions(const struct settings_word *word, struct answer *answer)
{
	static const char *const actions[] = { "get", "store", "erase", "list" };
	const char *format = word->given[SETTING_FORMAT];
	bool docker = format != NULL && strcmp(format, "docker") == 0;

	if (!docker && (format == NULL || strcmp(format, "git") != 0))
		return;
	for (size_t i = 0; i < (docker ? 4 : 3); i++)
		offer(answer, actions[i], "");
}

static void offer_word(const struct settings_usage *usage, const struct settings_word *word, struct answer *answer)
{
	const char *typed = answer->word + word->start;

	answer->start = word->start;
	if (word->what == WHAT_COMMAND) {
		fprintf(answer->stream, "command\t%zu\n", word->command);
		return;
	}
	if (word->what == WHAT_SOURCE) {
		offer_source(word, answer);
		return;
	}
	begin(answer, word->what == WHAT_FILE ? "files" : word->what == WHAT_FOLDER ? "folders" : "words", word->start);
	if (word->id != SETTING_NONE)
		settings_values(word->id, offer, answer);
	switch (word->what) {
	case WHAT_OPTION:
		settings_options(usage, word, typed, offer, answer);
		break;
	case WHAT_KEY:
		complete_keys(word, typed, offer, answer);
		break;
	case WHAT_PROFILE:
		complete_profiles(word, offer, answer);
		break;
	case WHAT_SERVER:
		complete_servers(word, offer, answer);
		break;
	case WHAT_PAIR:
		complete_pairs(word, typed, offer, answer);
		break;
	case WHAT_ACTION:
		offer_actions(word, answer);
		break;
	default:
		break;
	}
}

static void offer_first(const struct command *const *commands, struct answer *answer)
{
	if (answer->word[0] == '-') {
		offer(answer, "--help", "list the commands");
		offer(answer, "--version", "print the version");
	} else {
		offer_commands(commands, answer);
	}
}

/* `words` begins with the program's name, which does not count, and ends with NULL. */
static void answer_words(const struct command *const *commands, char **words, size_t count, struct answer *answer)
{
	struct settings_word word;
	const struct command *command;
	int used = 0;

	answer->word = words[count];
	if (!is_plain(answer->word))
		return;
	words[count] = NULL; /* it is not a command yet */
	command = cmd_find(commands, words, &used);
	words[count] = (char *)answer->word;
	if (count == 1) {
		begin(answer, "words", 0);
		offer_first(commands, answer);
	} else if (count == 2 && answer->word[0] != '-' && is_group(commands, words[1])) {
		begin(answer, "words", 0);
		offer_group(commands, words[1], answer);
	} else if (command != NULL) {
		settings_read_word(command->usage, (const char *const *)words + 1 + used, count - (size_t)used, &word);
		word.command += (size_t)used;
		offer_word(command->usage, &word, answer);
	}
}

/* --- the command ------------------------------------------------------------------------------------------------- */

/* Reads stdin to its end. The words may contain a PIN. */
static int read_line(struct secret *line, struct error *error)
{
	ssize_t got;

	do {
		char *room = secret_extend(line, 4096);

		if (room == NULL)
			return error_memory(error);
		got = read(STDIN_FILENO, room, 4096);
		secret_truncate(line, secret_length(line) - 4096 + (got > 0 ? (size_t)got : 0));
	} while ((got > 0 || (got < 0 && errno == EINTR)) && secret_length(line) < LINE_MAX_BYTES);
	return 0;
}

/* Splits the line, in which a NUL follows each word. NULL if memory is exhausted. The caller frees the list. */
static char **split(const struct secret *line, size_t *count)
{
	const char *data = secret_data(line), *end = data + secret_length(line);
	size_t words = 0;
	char **list;

	for (const char *next = data; next < end; next++)
		words += *next == '\0';
	list = calloc(words + 2, sizeof(*list));
	if (list == NULL)
		return NULL;
	list[0] = (char *)"p11bearer";
	*count = words;
	for (size_t i = 1; i <= words; i++) {
		list[i] = (char *)data;
		data += strlen(data) + 1;
	}
	return list;
}

/* Modules and libraries have nothing to say while somebody types. */
static void be_silent(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing < 0)
		return;
	(void)dup2(nothing, STDIN_FILENO);
	(void)dup2(nothing, STDERR_FILENO);
	close(nothing); /* not one of the three, which process_protect has opened */
}

static void give_up(int number)
{
	(void)number;
	_exit(0);
}

int cmd_complete(const struct command *const *commands, struct error *error)
{
	struct answer answer = { .start = 0 };
	struct secret *line = NULL;
	char **words = NULL, *text = NULL;
	size_t count = 0, length = 0;
	int result;

	if (isatty(STDIN_FILENO) == 1)
		return error_set(error, ERROR_USAGE, "complete is for shells: it reads a command line from stdin");
	line = secret_new(4096);
	result = line != NULL ? read_line(line, error) : error_memory(error);
	be_silent();
	/* A file may never end, or be on a server that does not answer. */
	(void)signal(SIGALRM, give_up);
	alarm(SECONDS);
	if (result == 0)
		words = split(line, &count);
	answer.stream = open_memstream(&text, &length);
	if (words != NULL && answer.stream != NULL && count > 0)
		answer_words(commands, words, count, &answer);
	if (answer.stream != NULL && fclose(answer.stream) == 0)
		result = output_write(text, length, error);
	free(text);
	free(words);
	secret_free(&line);
	return result;
}
