/* SPDX-License-Identifier: Apache-2.0 */
/* Finds phrases in a server's message. Case, punctuation and the words around a phrase do not matter. */
#ifndef P11BEARER_SERVER_PHRASE_H
#define P11BEARER_SERVER_PHRASE_H

#include <stdbool.h>

enum { PHRASE_TEXT_MAX = 3072 }; /* bytes: the rest of a text is ignored */

/* Returns whether the text contains one of the phrases, which are separated by '|'. A phrase is a sequence of words
 * in lower case: `a/b` matches either word, `a*` any word with that prefix, and `...` up to five words of the same
 * sentence. Words consist of ASCII letters and digits. Apostrophes of any kind are ignored ("hasn't" is "hasnt"),
 * and so is the rest of a URL after its scheme. */
bool phrase_said(const char *phrases, const char *text);

#endif
