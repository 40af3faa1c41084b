/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the jwt room: JSON of the user's, taken over as it is. */
#ifndef P11BEARER_JWT_COMPACT_H
#define P11BEARER_JWT_COMPACT_H

#include <stdbool.h>

/* Takes the blanks between the tokens out of `text`, a JSON value that cJSON has parsed. False when a number in it is none
 * by RFC 8259 section 6: cJSON takes 007 and 1. too. Numbers and strings keep every character. */
bool json_compact(char *text);

#endif
