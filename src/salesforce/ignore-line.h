/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of salesforce: a line of .forceignore before it is a pattern. */
#ifndef P11BEARER_SALESFORCE_IGNORE_LINE_H
#define P11BEARER_SALESFORCE_IGNORE_LINE_H

/* Cuts off blanks at the end that no backslash keeps. */
void ignore_line_trim(char *text);

/* Why the line cannot be applied as git(1) and the Salesforce CLI apply it: the second half of a sentence. NULL: it can. */
const char *ignore_line_fault(const char *text);

#endif
