/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: a line of .forceignore before it becomes a pattern. */
#ifndef P11BEARER_SALESFORCE_IGNORE_LINE_H
#define P11BEARER_SALESFORCE_IGNORE_LINE_H

/* Removes trailing blanks, unless a backslash escapes them. */
void ignore_line_trim(char *text);

/* Why the line cannot be applied as git(1) and the Salesforce CLI do, as the predicate of a sentence ("has …"); NULL if
 * it can. Static. */
const char *ignore_line_fault(const char *text);

#endif
