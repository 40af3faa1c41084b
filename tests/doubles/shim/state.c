/* SPDX-License-Identifier: Apache-2.0 */
/* What the token is in, that the real module cannot be brought to: lost, out of sessions, with a pin pad, with a key that wants
 * a login for each signature. One thread is assumed where tests use these. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIN_SIZE = 256, SLOTS_MAX = 64 };

static enum { HERE, LOST, LOST_FOR_GOOD } token;
static CK_ULONG sessions_max, sessions; /* 0: no limit */
static CK_SESSION_HANDLE last_session;
static char pad[PIN_SIZE]; /* what is entered on the pin pad; empty: there is none */
static bool always; /* every private key wants a login for each signature */
static bool drops;  /* and a C_Sign without it costs the login */
static enum { IDLE, SIGNING, ALLOWED } operation;
static CK_BYTE pin[PIN_SIZE];
static CK_ULONG pin_length;

enum parsed state_parse(const char *text)
{
	static const char pin_pad[] = "pin-pad=", limit[] = "sessions=";

	if (strcmp(text, "always-authenticate") == 0) {
		always = true;
	} else if (strcmp(text, "always-authenticate=drop") == 0) {
		always = drops = true;
	} else if (strncmp(text, pin_pad, sizeof pin_pad - 1) == 0) {
		if (snprintf(pad, sizeof pad, "%s", text + sizeof pin_pad - 1) >= (int)sizeof pad) {
			return WRONG;
		}
	} else if (strncmp(text, limit, sizeof limit - 1) == 0) {
		return parse_count(text + sizeof limit - 1, &sessions_max) ? PARSED : WRONG;
	} else {
		return NOT_MINE;
	}
	return PARSED;
}

/* --- loss -------------------------------------------------------------------------------------------------------- */

void state_lose_sessions(void)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;

	if (shim_module()->C_GetSlotList(CK_FALSE, slots, &count) != CKR_OK) {
		return;
	}
	for (CK_ULONG i = 0; i < count; i++) {
		shim_module()->C_CloseAllSessions(slots[i]);
	}
	sessions = 0;
}

void state_lose_login(void)
{
	shim_module()->C_Logout(last_session);
}

void state_lose_token(bool for_good)
{
	state_lose_sessions();
	token = for_good ? LOST_FOR_GOOD : LOST;
}

/* A card that was pulled, and may be back: the module notices when it is started anew. */
bool state_answer(struct call *call)
{
	const char *function = call->function;

	if (strcmp(function, "C_Finalize") == 0) {
		token = token == LOST ? HERE : token;
		sessions = 0;
		return false;
	}
	if (token == HERE || strcmp(function, "C_Initialize") == 0 || strcmp(function, "C_GetSlotList") == 0 ||
			strcmp(function, "C_GetInfo") == 0 || strcmp(function, "C_GetSlotInfo") == 0 ||
			strcmp(function, "C_GetFunctionList") == 0) {
		return false;
	}
	call->rv = strcmp(function, "C_OpenSession") == 0 || strcmp(function, "C_GetTokenInfo") == 0 ?
			CKR_TOKEN_NOT_PRESENT : CKR_DEVICE_REMOVED;
	return true;
}

bool state_is_gone(void)
{
	return token != HERE;
}

/* --- sessions ---------------------------------------------------------------------------------------------------- */

bool state_has_room(void)
{
	return sessions_max == 0 || sessions < sessions_max;
}

void state_opened(CK_SESSION_HANDLE session)
{
	last_session = session;
	sessions++;
}

void state_closed(void)
{
	sessions -= sessions > 0 ? 1 : 0;
}

/* --- logins ------------------------------------------------------------------------------------------------------ */

void state_pin(CK_BYTE **given, CK_ULONG *length)
{
	if (*given == NULL && pad[0] != '\0') {
		*given = (CK_BYTE *)pad;
		*length = strlen(pad);
	}
}

void state_logged_in(const CK_BYTE *given, CK_ULONG length)
{
	pin_length = given != NULL && length <= sizeof pin ? length : 0;
	if (pin_length > 0) {
		memcpy(pin, given, pin_length);
	}
}

bool state_login_context(const CK_BYTE *given, CK_ULONG length, CK_RV *rv)
{
	if (!always) {
		return false;
	}
	if (operation == IDLE) {
		*rv = CKR_OPERATION_NOT_INITIALIZED;
	} else if (given == NULL || length != pin_length || memcmp(given, pin, length) != 0) {
		*rv = CKR_PIN_INCORRECT;
	} else {
		operation = ALLOWED;
		*rv = CKR_OK;
	}
	return true;
}

bool state_always(void)
{
	return always;
}

void state_sign_init(void)
{
	operation = SIGNING;
}

/* Whether C_Sign may go on. */
bool state_sign(void)
{
	bool allowed = !always || operation == ALLOWED;

	operation = IDLE;
	if (!allowed && drops) {
		state_lose_login();
	}
	return allowed;
}
