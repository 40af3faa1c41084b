/* SPDX-License-Identifier: Apache-2.0 */
/* A file's name in a command that a message tells the user to run. */
#ifndef P11BEARER_BASE_SHELL_WORD_H
#define P11BEARER_BASE_SHELL_WORD_H

#include <stddef.h>

enum { SHELL_WORD_SIZE = 400 }; /* bytes, the NUL included */

/* Writes the first `length` bytes of the path into `word` as one word of a POSIX shell that no command takes for an option, in
 * quotes where it needs them. A path that does not fit, or that no terminal shows as it is (control characters), becomes
 * "PATH": half of a name is another file's. Returns `word`. */
const char *shell_word(const char *path, size_t length, char word[SHELL_WORD_SIZE]);

#endif
