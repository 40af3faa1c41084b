/* SPDX-License-Identifier: Apache-2.0 */
/* Finds traces of copy and paste in a name or a URL: blanks, quotation marks and invisible characters around the value,
 * a masked value, a placeholder, or a variable that was not expanded. */
#ifndef P11BEARER_SETTINGS_PASTED_H
#define P11BEARER_SETTINGS_PASTED_H

enum pasted_kind {
	PASTED_NOT,  /* not checked */
	PASTED_NAME, /* a user */
	PASTED_ID,   /* a client id */
	PASTED_URL,  /* of an org */
	PASTED_ENDS, /* another URL, which may contain any character: only its ends are checked */
};

/* Returns the fault of `text`, which is UTF-8 without control characters ("begins with a blank"), and sets *hint to its
 * remedy. Returns NULL if it has none: never refuses a name that a server could accept. Both strings are static. */
const char *pasted_fault(const char *text, enum pasted_kind kind, const char **hint);

#endif
