/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises what a sentence of the org says, whatever its case, its punctuation and the words around it. */
#ifndef P11BEARER_SERVER_PHRASE_H
#define P11BEARER_SERVER_PHRASE_H

#include <stdbool.h>

/* Whether the text says one of the phrases, which '|' separates. A phrase is a run of words in lower case: `a/b` is
 * either word, `a*` any word that begins so, and `...` up to five words of the same sentence. Only ASCII letters and
 * digits make words; apostrophes of any kind are left out ("hasn't" is "hasnt"), and so is what follows the scheme of a
 * URL. Only the first PHRASE_TEXT_MOST bytes are read. */
enum { PHRASE_TEXT_MOST = 3072 };
bool phrase_said(const char *phrases, const char *text);

#endif
