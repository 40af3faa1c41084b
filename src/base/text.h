/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere: tokens, modules and servers may send any byte. */
#ifndef P11BEARER_BASE_TEXT_H
#define P11BEARER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether a Unicode character could mislead a reader: a control character (C0, DEL, C1), or one that is
 * invisible, changes the direction of writing or looks like a line end to some programs. */
bool text_misleads(unsigned long character);

/* Makes the text safe to show, in place: misleading characters, and bytes that are not UTF-8, become '?'. Characters
 * in `kept` stay. */
void text_clean(char *text, const char *kept);

/* As text_clean, for a part of a line: line ends become blanks, and the value of a URI's pin-value becomes
 * asterisks. */
void text_line(char *text);

/* Appends the formatted text, as far as the text then fits into `size` bytes. */
void text_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Turns ASCII letters into lower case, in place, whatever the locale. */
void text_lower(char *text, size_t length);

/* Returns why the text cannot be a setting's value ("is empty", "is not UTF-8", …), or NULL. The result is static. */
const char *text_fault(const char *text);

#endif
