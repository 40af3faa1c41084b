/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shell-word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_STEP = 4 }; /* the most bytes that one byte of the path becomes: a quote is written '\'' */

/* Shells treat no byte outside ASCII specially. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0 ||
	       strchr("/._-+,@%:=", c) != NULL;
}

static size_t put_byte(char *to, char c)
{
	if (c != '\'') {
		*to = c;
		return 1;
	}
	memcpy(to, "'\\''", LONGEST_STEP);
	return LONGEST_STEP;
}

const char *shell_word(const char *path, size_t length, char word[SHELL_WORD_SIZE])
{
	bool quoted = length == 0, fits = true;
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		quoted |= !is_plain(path[i]);
		fits &= (unsigned char)path[i] >= ' ' && path[i] != 0x7f;
	}
	if (quoted)
		word[used++] = '\'';
	if (length > 0 && path[0] == '-') {
		memcpy(word + used, "./", 2);
		used += 2;
	}
	for (size_t i = 0; i < length && fits; i++) {
		used += put_byte(word + used, path[i]);
		fits = used + LONGEST_STEP + 2 <= SHELL_WORD_SIZE;
	}
	if (quoted)
		word[used++] = '\'';
	word[used] = '\0';
	if (!fits)
		snprintf(word, SHELL_WORD_SIZE, "PATH");
	return word;
}
