/* SPDX-License-Identifier: Apache-2.0 */
/* The security officer's login (CKU_SO), for tokens on which only the officer makes, stores and destroys objects. The
 * officer of a YubiKey is whoever has the management key of PIV, which libykcs11 takes in hexadecimal.
 *
 * The rule for every login (session.h) holds here too. The officer's PIN and the user's are different secrets: neither
 * is ever sent in place of the other, and a refusal of one says nothing about the other. Each is sent once. */
#ifndef P11BEARER_P11_OFFICER_H
#define P11BEARER_P11_OFFICER_H

#include "p11/session.h"

/* Whether the token is known to let only its officer change objects (yubikey.h). Makes no call. */
bool officer_is_needed(const struct token *token);

/* Whether a call that changes objects returned `rv` because the officer is not logged in: CKR_USER_TYPE_INVALID, or
 * CKR_USER_NOT_LOGGED_IN although the session says that the user is. */
bool officer_is_missing(const struct session *session, CK_RV rv);

/* Reads the officer's PIN from its source, unless it is known, and checks its form: libykcs11 would send one of six to
 * eight bytes to the card as the user's PIN, and use up a try. Checks the token's flags first (CKF_SO_PIN_LOCKED,
 * CKF_SO_PIN_FINAL_TRY, as for the user). Fails with ERROR_PIN, and names --so-pin-from, if none is given; or as
 * prompt_read does. */
int officer_pin(struct session *session, const struct p11_request *request, struct error *error);

/* Logs the officer in: reads the PIN as officer_pin does, logs the user out (C_Logout) if the user is logged in,
 * compares the token in the slot with the one that the PIN was given for, and calls C_Login once. The session must be
 * writable, and the only one. Afterwards, handles of private objects are invalid. Tells the observer. Does nothing if
 * the officer is logged in. Fails as officer_pin does, or with ERROR_PIN or ERROR_TOKEN. */
int officer_login(struct session *session, const struct p11_request *request, struct error *error);

/* The way back: logs the officer out, opens another session, because only that shows what libykcs11 has imported, and
 * logs the user in, once. For a signature after a change. Fails as session_renew does. */
int officer_leave(struct session *session, const struct p11_request *request, struct error *error);

/* Replaces the hint of an error that officer_is_missing explains: to give --so-pin-from, unless it was given. */
void officer_hint(const struct p11_request *request, struct error *error);

#endif
