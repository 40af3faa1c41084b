/* SPDX-License-Identifier: Apache-2.0 */
/* What copying and pasting does to a name or a URL: blanks, quotation marks and invisible characters come along, a masked
 * display is copied instead of the value, or a variable stays unexpanded. */
#ifndef P11BEARER_SETTINGS_PASTED_H
#define P11BEARER_SETTINGS_PASTED_H

enum pasted_kind {
	PASTED_NOT,  /* not checked */
	PASTED_NAME, /* a user */
	PASTED_ID,   /* a client id */
	PASTED_URL,  /* of an org */
	PASTED_ENDS, /* another URL, in which any character may stand: only its ends are checked */
};

/* Why `text`, which is UTF-8 without control characters, cannot be meant as it is ("begins with a blank"), and in *hint
 * what to do about it; or NULL. A name that a server could know is never refused. Static strings. */
const char *pasted_fault(const char *text, enum pasted_kind kind, const char **hint);

#endif
