/* SPDX-License-Identifier: Apache-2.0 */
/* File names in commands that a message tells the user to run. */
#ifndef P11BEARER_BASE_SHELL_WORD_H
#define P11BEARER_BASE_SHELL_WORD_H

#include <stddef.h>

enum { SHELL_WORD_SIZE = 400 }; /* bytes, including the NUL */

/* Writes the first `length` bytes of the path into `word` as a single word for a POSIX shell, quoted if necessary,
 * that no command mistakes for an option. A path that does not fit, or that a terminal cannot show (control
 * characters), becomes "PATH", because a truncated name is another file's. Returns `word`. */
const char *shell_word(const char *path, size_t length, char word[SHELL_WORD_SIZE]);

#endif
