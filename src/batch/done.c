/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/done.h"

#include "base/file.h"
#include "base/json.h"
#include "base/message.h"
#include "base/secret.h"
#include "base/shell-word.h"
#include "batch/internal.h"
#include "oauth/judge.h"
#include "process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DIGEST_SIZE = 32,           /* SHA-256 */
	ANSWER_BYTES_MAX = 4 << 20, /* a server's answer of HTTP_BODY_MAX becomes longer if characters are escaped */
};

/* --- the refs ---------------------------------------------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
	return memcmp(one, other, DIGEST_SIZE);
}

/* Makes the digest of a ref. A string keeps its opening quotation mark, so that it never equals an integer. Returns
 * false if memory is exhausted. */
static bool digest(const char *ref, unsigned char *result)
{
	cJSON *string = ref[0] == '"' ? cJSON_Parse(ref) : NULL;
	const char *text = string != NULL ? cJSON_GetStringValue(string) : ref;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool made = context != NULL && (string != NULL || ref[0] != '"') &&
		    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(context, ref, 1) == 1 &&
		    EVP_DigestUpdate(context, text, strlen(text)) == 1 &&
		    EVP_DigestFinal_ex(context, result, NULL) == 1;

	EVP_MD_CTX_free(context);
	cJSON_Delete(string);
	return made;
}

bool done_has(const struct done *done, const char *ref)
{
	unsigned char wanted[DIGEST_SIZE];

	return digest(ref, wanted) && tfind(wanted, &done->refs, compare) != NULL;
}

static int add(struct done *done, const char *ref)
{
	unsigned char *new = malloc(DIGEST_SIZE), **found;

	if (new == NULL || !digest(ref, new) || (found = tsearch(new, &done->refs, compare)) == NULL) {
		free(new);
		return -1;
	}
	if (*found == new)
		done->count++;
	else
		free(new);
	return 0;
}

void done_close(struct done *done)
{
	tdestroy(done->refs, free);
	done->refs = NULL;
}

/* --- the output -------------------------------------------------------------------------------------------------- */

/* Returns the ref of an answer, as it is written, or NULL if it has none. `text` is changed. */
static const char *ref_of(const cJSON *answer, char *text)
{
	char *rest = text + 1, *value;

	json_compact(text);
	for (const cJSON *child = answer->child; child != NULL && json_member(&rest, &value); child = child->next) {
		if (strcmp(child->string, "ref") == 0)
			return line_is_ref(child, value) ? value : NULL;
	}
	return NULL;
}

int done_take(struct done *done, char *text)
{
	cJSON *answer = cJSON_ParseWithOpts(text, NULL, 1);
	const char *got = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, done->member)), *ref = NULL;
	int result = 0;

	if (got != NULL && got[0] != '\0' && json_is_strict(text))
		ref = ref_of(answer, text);
	if (ref != NULL)
		result = add(done, ref);
	cJSON_Delete(answer);
	return result;
}

/* Takes the lines that have been read. Returns 0, or -1 if memory is exhausted. */
static int take_lines(struct done *done, struct input *input)
{
	size_t length;
	char *text;

	while (input_take(input, &text, &length)) {
		if (text != NULL && strlen(text) == length && done_take(done, text) < 0)
			return -1;
	}
	return 0;
}

static int read_answers(struct done *done, int fd, struct error *error)
{
	struct secret *memory = secret_new(ANSWER_BYTES_MAX + 1); /* answers contain bearers */
	struct input input = { .fd = fd, .name = done->path, .room = ANSWER_BYTES_MAX };
	int result = 0;

	judge_begin(); /* they pass through cJSON */
	input.buffer = memory != NULL ? secret_extend(memory, ANSWER_BYTES_MAX + 1) : NULL;
	if (input.buffer == NULL)
		result = error_memory(error);
	while (result == 0 && !input.ended) {
		if (input_fill(&input, error) < 0)
			result = error_set(error, ERROR_CONFIG, "cannot read %s: %s", done->path, strerror(errno));
		else if (take_lines(done, &input) < 0)
			result = error_memory(error);
	}
	secret_free(&memory);
	return result;
}

static bool is_same(const struct stat *status, int fd)
{
	struct stat other;

	return fstat(fd, &other) == 0 && other.st_dev == status->st_dev && other.st_ino == status->st_ino;
}

/* Checks that the output is not the input, and that the run will not overwrite it, before anything is read or
 * written. */
static int check_others(const struct done *done, const struct stat *status, struct error *error)
{
	char word[SHELL_WORD_SIZE];

	shell_word(done->path, strlen(done->path), word);
	if ((S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode)) &&
	    (is_same(status, STDIN_FILENO) || is_same(status, output_descriptor())))
		return error_set(error, ERROR_USAGE, "--done names the pipe of standard input or output");
	if (!S_ISREG(status->st_mode))
		return 0;
	if (is_same(status, output_descriptor()) && (fcntl(output_descriptor(), F_GETFL) & O_APPEND) == 0) {
		error_set(error, ERROR_USAGE, "the output would overwrite %s, which --done names", done->path);
		error_hint(error, "append to it: >>%s", word);
		return -ERROR_USAGE;
	}
	if ((status->st_mode & S_IROTH) != 0)
		message_warn("all users may read the answers in %s; run: chmod 600 %s", done->path, word);
	return 0;
}

/* Whether a regular file ends within a line, as after a kill. */
static bool ends_within_line(int fd)
{
	struct stat status;
	char last = '\n';

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	       pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

/* Whether only the file is missing, not its folder. */
static bool is_new(const char *path)
{
	char *copy = access(path, F_OK) < 0 && errno == ENOENT ? strdup(path) : NULL;
	bool is = copy != NULL && access(dirname(copy), X_OK) == 0;

	free(copy);
	return is;
}

int done_open(struct done *done, const char *path, bool bearers, struct error *error)
{
	struct stat status;
	int fd = file_open(path, error), result;

	*done = (struct done){ .member = bearers ? "access_token" : "assertion", .path = path };
	if (fd < 0) {
		if (is_new(path))
			error_hint(error, "check the name; for a first run, create an empty file, or omit --done");
		return error_result(error);
	}
	result = fstat(fd, &status) == 0 ? check_others(done, &status, error) :
					   error_set(error, ERROR_CONFIG, "cannot read %s: %s", path, strerror(errno));
	if (result == 0)
		result = read_answers(done, fd, error);
	done->is_cut = result == 0 && is_same(&status, output_descriptor()) && ends_within_line(fd);
	close(fd);
	if (result == 0)
		message_step("%s: %zu ref%s done", path, done->count, done->count == 1 ? " is" : "s are");
	return result;
}
