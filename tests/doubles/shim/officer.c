/* SPDX-License-Identifier: Apache-2.0 */
/* A token on which only the security officer makes, stores and destroys objects, and does not sign. SoftHSM lets the officer
 * do nothing with private objects, so once it has accepted the officer's PIN, the user is logged in to it. */
#include "shim.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIN_MOST = 256 };

static bool active;
static CK_RV refusal = CKR_USER_TYPE_INVALID;
static _Atomic enum { NOBODY, USER, OFFICER } who;

enum parsed officer_parse(char *text)
{
	static const char name[] = "officer-only";

	if (strncmp(text, name, sizeof name - 1) != 0) {
		return NOT_MINE;
	}
	active = true;
	text += sizeof name - 1;
	return *text == '\0' || (*text == '=' && name_value(return_values, true, text + 1, &refusal)) ? PARSED : WRONG;
}

bool officer_answer(struct call *call)
{
	static const char *const changes[] = {"C_GenerateKeyPair", "C_CreateObject", "C_DestroyObject"};

	if (!active) {
		return false;
	}
	if (strcmp(call->function, "C_Logout") == 0 || strcmp(call->function, "C_Finalize") == 0) {
		who = NOBODY;
	}
	if (strcmp(call->function, "C_SignInit") == 0 && who != USER) {
		call->rv = CKR_USER_NOT_LOGGED_IN;
		return true;
	}
	for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
		if (strcmp(call->function, changes[i]) == 0 && who != OFFICER) {
			call->rv = refusal;
			return true;
		}
	}
	return false;
}

static CK_RV become_user(CK_SESSION_HANDLE session)
{
	const char *path = getenv("P11SHIM_USER_PIN");
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	char pin[PIN_MOST];

	if (file == NULL || fgets(pin, sizeof pin, file) == NULL) {
		shim_complain("P11SHIM_USER_PIN: cannot read it");
		abort();
	}
	fclose(file);
	shim_module()->C_Logout(session);
	return shim_module()->C_Login(session, CKU_USER, (CK_BYTE *)pin, strcspn(pin, "\n"));
}

bool officer_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length, CK_RV *rv)
{
	if (!active || user == CKU_CONTEXT_SPECIFIC) {
		return false;
	}
	if (who != NOBODY && who != (user == CKU_SO ? OFFICER : USER)) {
		*rv = CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
		return true;
	}
	*rv = shim_module()->C_Login(session, user, pin, length);
	if (*rv == CKR_OK && user == CKU_SO) {
		*rv = become_user(session);
	}
	if (*rv == CKR_OK) {
		who = user == CKU_SO ? OFFICER : USER;
	}
	return true;
}

void officer_session(CK_SESSION_INFO *info)
{
	if (who == OFFICER && info->state == CKS_RW_USER_FUNCTIONS) {
		info->state = CKS_RW_SO_FUNCTIONS;
	}
}
