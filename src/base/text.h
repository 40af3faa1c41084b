/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere: tokens, modules and orgs may send any byte. */
#ifndef P11BEARER_BASE_TEXT_H
#define P11BEARER_BASE_TEXT_H

/* Makes the text safe to show and to put into JSON, in place: control characters (C0, DEL, C1), characters that change the
 * direction of writing, and bytes that are no UTF-8 become '?'. Characters that stand in `kept` stay. */
void text_clean(char *text, const char *kept);

/* Why the text cannot be a setting's value ("is empty", "is not UTF-8", …), or NULL. Static. */
const char *text_fault(const char *text);

#endif
