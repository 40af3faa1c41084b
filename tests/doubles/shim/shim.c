/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module that wraps a real one, logs every call and injects faults. It is as thread-safe as the real one. Tests
 * control it by environment variables:
 *
 * P11SHIM_MODULE  the real module, loaded at the first C_GetFunctionList
 * P11SHIM_LOG     a file that gets one line per call, "C_Name CKR_OK" and details of some calls; no log if unset:
 *                   C_OpenSession        flags=rw|ro slot=0x…
 *                   C_Login              user=CKU_USER|… pin=NULL|given
 *                   C_GetMechanismInfo, C_SignInit   mech=CKM_…
 *                   C_Sign               length=…
 *                   C_FindObjectsInit, C_GetAttributeValue   types=CKA_LABEL,CKA_ID,0x…
 *                   C_CreateObject       types=CKA_SIGN=1,…
 *                   C_GenerateKeyPair    pub=CKA_VERIFY=1,… priv=CKA_EXTRACTABLE=0,…
 * P11SHIM_LOCKS   if set, C_Login's line ends in memory=locked|unlocked, for the memory of the PIN; that of C_CreateObject for
 *                 that of a private key
 * P11SHIM_AWAY    the number of the error of a token that is away, instead of CKR_DEVICE_ERROR
 * P11SHIM_TURNS   a file that is locked exclusively in C_Login, and shared in all other calls but C_GenerateKeyPair
 * P11SHIM_LOADED  a line to write to stderr when this module is loaded
 * P11SHIM_FAULTS  faults separated by ';'. If one is invalid, C_GetFunctionList fails, so that no test passes by a typo.
 *   C_Function[@CKM_NAME][#N]=ACTION     a call; `any` means every function except C_GetFunctionList
 *                                        #N: only call number N of these, from 1
 *                                        @: C_SignInit and C_Sign only: only with this mechanism (or 0x…), and the
 *                                        N-th is counted among the calls with it
 *     CKR_NAME (or 0x…)                  returns this without calling the real module
 *     delay:S                            sleeps S seconds (may be a fraction) before the call, in this thread only
 *     wait                               writes the call's name to the FIFO P11SHIM_INSIDE and goes on when it has read a byte
 *                                        from the FIFO P11SHIM_GO
 *     meddle:WHAT                        before the call, changes the state of the process: meddle.c has the list
 *     hang, crash, abort, exit           never returns; SIGSEGV; SIGABRT; exit(0)
 *     print                              writes to stdout and stderr before the call
 *     stray-crash, stray-exit, stray-print  the same, in another thread, 0.3 s after the call
 *     print-at-exit, close-descriptors   an exit handler that prints; closes all descriptors from 3 up
 *     lose-sessions, lose-login          before the call, as when a network HSM was away; the calls that other threads
 *                                        are in end first
 *     lose-token, lose-token-for-good    before the call: a pulled card, which is back when the module is
 *                                        restarted, or not
 *     away:S, absent:S                   before the call: a network HSM that is down for S seconds (S may be `event`: until
 *                                        the file in P11SHIM_EVENT exists). Every call fails with CKR_DEVICE_ERROR, until
 *                                        the module is started again after that; or it starts, and lists no token
 *     away-swap:S                        the same, and another token is in its place when it is back
 *     swap[:CKR_NAME]                    before the call: a pulled card, and another one in its place; the sessions are
 *                                        closed. The call then answers so, or as a closed session makes it answer
 *     swap-login[:CKR_NAME]              the same in a module that keeps its sessions open; only the login is lost
 *   other-label=TEXT, other-manufacturer=TEXT, other-model=TEXT, other-serial=TEXT
 *                                        what is different in the other token; if nothing is, the same card is back
 *                                        The log gets a line SWAPPED when C_GetTokenInfo first reports it
 *   cached-info                          C_GetTokenInfo repeats what the first token said until C_GetSlotList succeeds
 *   event-flags+=CKF_NAME, event-swap    C_GetTokenInfo reports this flag, or the other token, once the file in
 *                                        P11SHIM_EVENT exists
 *   CKA_NAME:=0|1                        C_GetAttributeValue reports this for a boolean the real module has
 *   CKA_NAME:=missing|cleared|error|long  it has no such attribute; the same, and clears pValue; it fails altogether; it
 *                                        gives it a wrong length
 *   breaks=WHAT[:CKA_NAME]               of all attributes in a template, or this one, C_GetAttributeValue changes pValue
 *                                        (pointer), clears it (no-pointer), changes the type (type), writes eight bytes
 *                                        for a boolean (wide), gives a length of 2^40 (huge); C_FindObjectsInit changes
 *                                        pValue (find-pointer), the type (find-type)
 *   objects-=CKO_PUBLIC_KEY|CKO_CERTIFICATE  a search for these finds none
 *   signature=flip|strip|cut|huge|nothing|der[@CKM_NAME]
 *                                        C_Sign (with this mechanism) flips one bit; leaves leading zeros out (of R and S: those that
 *                                        both have); gives one byte less; gives a length of 2^40; of 0; gives an ECDSA
 *                                        signature in DER
 *   ec-point=raw                         C_GetAttributeValue gives CKA_EC_POINT without the OCTET STRING around it
 *   token-flags+=CKF_NAME                C_GetTokenInfo reports this flag
 *   token-flags-=CKF_NAME                C_GetTokenInfo does not report this flag
 *   refusal-flags+=CKF_NAME              C_GetTokenInfo reports this flag once a PIN was refused
 *   token-serial=TEXT, token-label=TEXT  C_GetTokenInfo reports this for every token; no longer than its field, blank
 *                                        padded
 *   nul-padded                           the strings of C_GetInfo, C_GetSlotInfo and C_GetTokenInfo are padded with NUL
 *   read-only=CKR_NAME                   C_OpenSession returns this for a read-only session
 *   slot-count=N                         C_GetSlotList, where it succeeds, reports N slots, from 1, however many it wrote
 *   mechanism-=CKM_NAME                  C_GetMechanismList, C_GetMechanismInfo and C_SignInit do not know this mechanism
 *   mechanism+=CKM_ECDSA_SHA256|…384|…512  the token has this mechanism, made of the module's CKM_ECDSA
 *   mechanism-flags+=CKF_HW              C_GetMechanismInfo reports this flag
 *   hardware=CKM_NAME                    C_GetMechanismInfo reports CKF_HW for this mechanism
 *                                        Whatever the faults, C_SignInit refuses parameters that RFC 7518 does not
 *                                        allow: CKR_MECHANISM_PARAM_INVALID
 *   template-=CKA_NAME                   C_GenerateKeyPair, C_CreateObject: CKR_TEMPLATE_INCONSISTENT if a template has this
 *   reserved=TEXT                        C_Initialize: CKR_ARGUMENTS_BAD if pReserved is not this
 *   cant-lock                            C_Initialize: CKR_CANT_LOCK if the caller uses threads; and the log gets a
 *                                        line THREADS if ever two threads are in the module at once
 *   sessions=N, silent-sessions=N        at most N (to 1024) are open at once; C_GetTokenInfo says so, or does not
 *   pin-pad=PIN                          C_Login with NULL takes this PIN
 *   always-authenticate[=drop]           private keys require a login for each signature; a C_Sign without it ends the login
 *   always-authenticate=RSA, always-authenticate=EC  only keys of this type do
 *   officer-only[=CKR_NAME]              only the security officer makes, stores and destroys objects; others get
 *                                        CKR_USER_TYPE_INVALID, or this. Only the user signs. P11SHIM_USER_PIN names a file
 *                                        with the user's PIN, which the shim needs for this
 *   attestation=FILE:ID, device=FILE     the token shows these bytes as the attestation (CKA_TOKEN false) of the key with this
 *                                        id (two hexadecimal digits), or as the certificate of the key that signs attestations
 *                                        (id 19), as a YubiKey does
 *   yubikey=PIN,TOUCH                    C_GetTokenInfo says that the token is a YubiKey, whose keys have these policies, as
 *                                        CKA_YUBICO_PIN_POLICY and CKA_YUBICO_TOUCH_POLICY have them
 *   thread                               the module's own thread waits forever, as in modules of network HSMs
 */
#include "shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_FUNCTION_LIST *module;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

/* Every call goes through this; `forward` calls the real module. */
#define PASS(call, forward) \
	do { \
		results_enter(); \
		if (!faults_answer(&(call))) { \
			int lock_ = turns_begin(&(call)); \
			state_begin(); \
			(call).rv = (forward); \
			state_end(); \
			turns_end(lock_); \
		} \
		log_call(&(call)); \
		results_leave(); \
	} while (0)

/* The shapes that functions share: parameters, then the same as arguments. */
#define SESSION   (CK_SESSION_HANDLE s), (s)
#define IN        (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG len), (s, in, len)
#define OUT       (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *len), (s, out, len)
#define IN_OUT    (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *len), (s, in, n, out, len)
#define IN_IN     (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig, CK_ULONG len), (s, in, n, sig, len)
#define MECH      (CK_SESSION_HANDLE s, CK_MECHANISM *m), (s, m)
#define MECH_KEY  (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key), (s, m, key)
#define OBJECT    (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o)
#define RESERVED  (void *reserved), (reserved)
#define SLOT      (CK_SLOT_ID slot), (slot)

/* Functions that are only forwarded; PLAIN and DETAILED together are the whole of CK_FUNCTION_LIST. */
#define PLAIN(F) \
	F(C_Finalize, RESERVED) \
	F(C_InitToken, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG n, CK_BYTE *label), (slot, pin, n, label)) \
	F(C_InitPIN, IN) \
	F(C_SetPIN, (CK_SESSION_HANDLE s, CK_BYTE *o, CK_ULONG on, CK_BYTE *n, CK_ULONG nn), (s, o, on, n, nn)) \
	F(C_CloseAllSessions, SLOT) \
	F(C_GetOperationState, OUT) \
	F(C_SetOperationState, (CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG n, CK_OBJECT_HANDLE encryption, \
		CK_OBJECT_HANDLE authentication), (s, state, n, encryption, authentication)) \
	F(C_Logout, SESSION) \
	F(C_CopyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *copy), \
		(s, o, a, n, copy)) \
	F(C_DestroyObject, OBJECT) \
	F(C_GetObjectSize, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size), (s, o, size)) \
	F(C_SetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n), (s, o, a, n)) \
	F(C_FindObjectsFinal, SESSION) \
	F(C_EncryptInit, MECH_KEY) F(C_Encrypt, IN_OUT) F(C_EncryptUpdate, IN_OUT) F(C_EncryptFinal, OUT) \
	F(C_DecryptInit, MECH_KEY) F(C_Decrypt, IN_OUT) F(C_DecryptUpdate, IN_OUT) F(C_DecryptFinal, OUT) \
	F(C_DigestInit, MECH) F(C_Digest, IN_OUT) F(C_DigestUpdate, IN) F(C_DigestKey, OBJECT) F(C_DigestFinal, OUT) \
	F(C_SignUpdate, IN) F(C_SignFinal, OUT) F(C_SignRecoverInit, MECH_KEY) F(C_SignRecover, IN_OUT) \
	F(C_VerifyInit, MECH_KEY) F(C_Verify, IN_IN) F(C_VerifyUpdate, IN) F(C_VerifyFinal, IN) \
	F(C_VerifyRecoverInit, MECH_KEY) F(C_VerifyRecover, IN_OUT) F(C_DigestEncryptUpdate, IN_OUT) \
	F(C_DecryptDigestUpdate, IN_OUT) F(C_SignEncryptUpdate, IN_OUT) F(C_DecryptVerifyUpdate, IN_OUT) \
	F(C_GenerateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *key), \
		(s, m, a, n, key)) \
	F(C_WrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapper, CK_OBJECT_HANDLE key, CK_BYTE *out, \
		CK_ULONG *len), (s, m, wrapper, key, out, len)) \
	F(C_UnwrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapper, CK_BYTE *in, CK_ULONG len, \
		CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *key), (s, m, wrapper, in, len, a, n, key)) \
	F(C_DeriveKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base, CK_ATTRIBUTE *a, CK_ULONG n, \
		CK_OBJECT_HANDLE *key), (s, m, base, a, n, key)) \
	F(C_SeedRandom, IN) F(C_GenerateRandom, IN) F(C_GetFunctionStatus, SESSION) F(C_CancelFunction, SESSION) \
	F(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved), (flags, slot, reserved))

/* Functions with details in the log or faults in their results; defined below. */
#define DETAILED(F) \
	F(C_GetFunctionList, ) F(C_Initialize, ) F(C_GetInfo, ) F(C_GetSlotList, ) F(C_GetSlotInfo, ) F(C_GetTokenInfo, ) \
	F(C_GetMechanismList, ) F(C_GetMechanismInfo, ) \
	F(C_OpenSession, ) F(C_CloseSession, ) F(C_GetSessionInfo, ) F(C_Login, ) F(C_CreateObject, ) F(C_GetAttributeValue, ) \
	F(C_FindObjectsInit, ) F(C_FindObjects, ) F(C_SignInit, ) F(C_Sign, ) F(C_GenerateKeyPair, )

/* Twice, because a shape becomes two arguments only when it is expanded on the way. */
#define FORWARD(name, ...) FORWARD_(name, __VA_ARGS__)
#define FORWARD_(name, parameters, arguments) \
	static CK_RV shim_##name parameters \
	{ \
		struct call call = {.function = #name}; \
		PASS(call, module->name arguments); \
		return call.rv; \
	}

PLAIN(FORWARD)

static CK_RV shim_C_Initialize(void *arguments)
{
	struct call call = {.function = "C_Initialize"};
	CK_C_INITIALIZE_ARGS passed;
	CK_RV rv;

	if (arguments != NULL) {
		passed = *(const CK_C_INITIALIZE_ARGS *)arguments;
		arguments = &passed;
	}
	rv = results_initialize(arguments);
	PASS(call, rv == CKR_OK ? module->C_Initialize(arguments) : rv);
	return call.rv;
}

static CK_RV shim_C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	struct call call = {.function = "C_GetMechanismList"};

	PASS(call, mechanism_list(slot, list, count));
	return call.rv;
}

static CK_RV shim_C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE mechanism, CK_MECHANISM_INFO *info)
{
	struct call call = {.function = "C_GetMechanismInfo"};

	detail_name(&call, "mech", mechanisms, mechanism);
	PASS(call, mechanism_info(slot, mechanism, info));
	return call.rv;
}

static CK_RV shim_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
	struct call call = {.function = "C_GetSlotList"};

	PASS(call, module->C_GetSlotList(present, slots, count));
	if (call.rv != CKR_OK) {
		return call.rv;
	}
	swap_notice();
	if (state_is_gone() || away_is_absent()) {
		*count = 0;
	} else {
		results_slots(count);
	}
	return call.rv;
}

static CK_RV shim_C_GetInfo(CK_INFO *info)
{
	struct call call = {.function = "C_GetInfo"};

	PASS(call, module->C_GetInfo(info));
	if (call.rv == CKR_OK) {
		odd_pad(info->manufacturerID, sizeof info->manufacturerID);
		odd_pad(info->libraryDescription, sizeof info->libraryDescription);
	}
	return call.rv;
}

static CK_RV shim_C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	struct call call = {.function = "C_GetSlotInfo"};

	PASS(call, module->C_GetSlotInfo(slot, info));
	if (call.rv == CKR_OK) {
		odd_pad(info->manufacturerID, sizeof info->manufacturerID);
		odd_pad(info->slotDescription, sizeof info->slotDescription);
	}
	return call.rv;
}

static CK_RV shim_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	struct call call = {.function = "C_GetTokenInfo"};

	PASS(call, module->C_GetTokenInfo(slot, info));
	if (call.rv == CKR_OK) {
		yubikey_token(info);
		results_token(info);
		state_token(info);
		swap_info(info);
		odd_pad(info->label, sizeof info->label);
		odd_pad(info->manufacturerID, sizeof info->manufacturerID);
		odd_pad(info->model, sizeof info->model);
		odd_pad(info->serialNumber, sizeof info->serialNumber);
	}
	return call.rv;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
		CK_SESSION_HANDLE *session)
{
	CK_RV rv = odd_session(flags);

	if (rv != CKR_OK) {
		return rv;
	}
	if (!state_reserve()) {
		return CKR_SESSION_COUNT;
	}
	rv = module->C_OpenSession(slot, flags, application, notify, session);
	if (rv == CKR_OK) {
		attestation_session(slot);
	}
	state_opened(rv == CKR_OK ? *session : CK_INVALID_HANDLE);
	return rv;
}

static CK_RV shim_C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
		CK_SESSION_HANDLE *session)
{
	struct call call = {.function = "C_OpenSession"};

	detail(&call, " flags=%s slot=0x%lx", flags & CKF_RW_SESSION ? "rw" : "ro", slot);
	PASS(call, open_session(slot, flags, application, notify, session));
	return call.rv;
}

static CK_RV shim_C_CloseSession(CK_SESSION_HANDLE session)
{
	struct call call = {.function = "C_CloseSession"};

	PASS(call, module->C_CloseSession(session));
	if (call.rv == CKR_OK) {
		state_closed(session);
	}
	return call.rv;
}

static CK_RV shim_C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	struct call call = {.function = "C_GetSessionInfo"};

	PASS(call, module->C_GetSessionInfo(session, info));
	if (call.rv == CKR_OK) {
		officer_session(info);
	}
	return call.rv;
}

/* One for a single operation is the shim's where it makes keys want it. */
static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length)
{
	CK_RV rv;

	state_pin(&pin, &length);
	if (user == CKU_CONTEXT_SPECIFIC && state_login_context(pin, length, &rv)) {
		return rv;
	}
	if (!officer_login(session, user, pin, length, &rv)) {
		rv = module->C_Login(session, user, pin, length);
	}
	if (rv == CKR_OK) {
		state_logged_in(pin, length);
	}
	return rv;
}

static CK_RV shim_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length)
{
	struct call call = {.function = "C_Login"};

	detail_name(&call, "user", users, user);
	detail(&call, " pin=%s", pin ? "given" : "NULL");
	if (getenv("P11SHIM_LOCKS") != NULL) {
		detail(&call, " memory=%s", memory_is_locked(pin) ? "locked" : "unlocked");
	}
	PASS(call, login(session, user, pin, length));
	results_login(call.rv);
	return call.rv;
}

static CK_RV shim_C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count,
		CK_OBJECT_HANDLE *object)
{
	struct call call = {.function = "C_CreateObject"};

	detail_types(&call, "types", true, attributes, count);
	for (CK_ULONG i = 0; i < count && getenv("P11SHIM_LOCKS") != NULL; i++) {
		if (attributes[i].type == CKA_VALUE || (attributes[i].type >= CKA_PRIVATE_EXPONENT && attributes[i].type <= CKA_COEFFICIENT)) {
			detail(&call, " memory=%s", memory_is_locked(attributes[i].pValue) ? "locked" : "unlocked");
		}
	}
	PASS(call, !results_template(attributes, count) ? CKR_TEMPLATE_INCONSISTENT :
			module->C_CreateObject(session, attributes, count, object));
	return call.rv;
}

/* Whether the key requires a login for each signature. */
static bool needs_login(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_KEY_TYPE only, type;
	CK_ATTRIBUTE attribute = {CKA_KEY_TYPE, &type, sizeof type};

	if (!state_always(&only) || only == CK_UNAVAILABLE_INFORMATION) {
		return state_always(&only);
	}
	return module->C_GetAttributeValue(session, key, &attribute, 1) == CKR_OK && type == only;
}

static CK_RV shim_C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes,
		CK_ULONG count)
{
	struct call call = {.function = "C_GetAttributeValue"};

	detail_types(&call, "types", false, attributes, count);
	PASS(call, module->C_GetAttributeValue(session, object, attributes, count));
	/* These two errors are about some attributes; the others have their values. */
	if (call.rv == CKR_OK || call.rv == CKR_ATTRIBUTE_SENSITIVE || call.rv == CKR_ATTRIBUTE_TYPE_INVALID) {
		for (CK_ULONG i = 0; i < count; i++) {
			if (attributes[i].type == CKA_ALWAYS_AUTHENTICATE && attributes[i].ulValueLen == sizeof(CK_BBOOL) &&
					needs_login(session, object)) {
				*(CK_BBOOL *)attributes[i].pValue = CK_TRUE;
			}
		}
		odd_attributes(attributes, count);
		call.rv = yubikey_attributes(attributes, count, call.rv);
		call.rv = results_attributes(attributes, count, call.rv);
		breaks_get(attributes, count);
	}
	return call.rv;
}

static _Thread_local bool hidden; /* what the search finds that is under way in the session of this thread */

static CK_RV shim_C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct call call = {.function = "C_FindObjectsInit"};

	detail_types(&call, "types", false, attributes, count);
	hidden = results_is_hidden(attributes, count);
	PASS(call, module->C_FindObjectsInit(session, attributes, count));
	breaks_find(attributes, count);
	return call.rv;
}

static CK_RV shim_C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count)
{
	struct call call = {.function = "C_FindObjects"};

	PASS(call, module->C_FindObjects(session, objects, max, count));
	if (call.rv == CKR_OK && hidden) {
		*count = 0;
	}
	return call.rv;
}

static CK_RV shim_C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct call call = {.function = "C_SignInit"};

	call.mechanism = mechanism != NULL ? mechanism->mechanism : CK_UNAVAILABLE_INFORMATION;
	detail_name(&call, "mech", mechanisms, call.mechanism);
	PASS(call, mechanism_sign_init(session, mechanism, key));
	if (call.rv == CKR_OK) {
		state_sign_init(needs_login(session, key));
	}
	return call.rv;
}

static CK_RV shim_C_Sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_length, CK_BYTE *signature,
		CK_ULONG *length)
{
	struct call call = {.function = "C_Sign", .mechanism = mechanism_current()};
	bool real;

	results_enter();
	real = !faults_answer(&call);
	if (real) {
		bool allowed = state_sign(); /* before state_begin, because it may lose the login */
		state_begin();
		call.rv = allowed ? mechanism_sign(session, data, data_length, signature, length) :
				CKR_USER_NOT_LOGGED_IN;
	}
	if (!real && call.rv != CKR_OK) {
		mechanism_abandon(session);
	}
	if (call.rv == CKR_OK && signature != NULL && *length > 0) {
		mechanism_signature(signature, length);
		detail(&call, " length=%lu", *length);
	}
	log_call(&call);
	if (real) { /* after the log: what was signed before a loss is logged before it */
		state_end();
	}
	results_leave();
	return call.rv;
}

static CK_RV shim_C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_attributes,
		CK_ULONG public_count, CK_ATTRIBUTE *private_attributes, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
		CK_OBJECT_HANDLE *private_key)
{
	struct call call = {.function = "C_GenerateKeyPair"};

	detail_types(&call, "pub", true, public_attributes, public_count);
	detail_types(&call, "priv", true, private_attributes, private_count);
	PASS(call, !results_template(public_attributes, public_count) || !results_template(private_attributes, private_count) ?
			CKR_TEMPLATE_INCONSISTENT :
			module->C_GenerateKeyPair(session, mechanism, public_attributes, public_count, private_attributes,
					private_count, public_key, private_key));
	return call.rv;
}

#define shim_C_GetFunctionList C_GetFunctionList
#define MEMBER(name, ...) .name = shim_##name,
static CK_FUNCTION_LIST list = {.version = {2, 40}, PLAIN(MEMBER) DETAILED(MEMBER)};

#define NAME(name, ...) #name,
static const char *const functions[] = {PLAIN(NAME) DETAILED(NAME)};
_Static_assert(offsetof(CK_FUNCTION_LIST, C_Initialize) + sizeof functions == sizeof list,
		"a function is not forwarded");

const char *shim_function(const char *name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (strcmp(functions[i], name) == 0) {
			return functions[i];
		}
	}
	return NULL;
}

void shim_complain(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fprintf(stderr, "p11bearer-shim: %s\n", text);
}

CK_FUNCTION_LIST *shim_module(void)
{
	return module;
}

static bool load_module(void)
{
	const char *path = getenv("P11SHIM_MODULE");
	if (path == NULL || *path == '\0') {
		shim_complain("P11SHIM_MODULE does not name a module");
		return false;
	}
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		shim_complain("P11SHIM_MODULE: %s", dlerror());
		return false;
	}
	CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
	/* The shim would wait forever for its own start. */
	if (get == NULL || get == C_GetFunctionList || get(&module) != CKR_OK || module == NULL) {
		shim_complain("P11SHIM_MODULE: %s gives no function list", path);
		dlclose(library);
		return false;
	}
	/* Never closed: some modules crash if they are unloaded before their own exit handlers run. */
	return true;
}

static void start(void)
{
	ready = faults_load() && log_open() && load_module();
	if (ready) {
		faults_start();
	}
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **functions_out)
{
	struct call call = {.function = "C_GetFunctionList"};

	pthread_once(&once, start);
	if (!ready) {
		return CKR_GENERAL_ERROR;
	}
	if (functions_out == NULL) {
		return CKR_ARGUMENTS_BAD;
	}
	*functions_out = &list;
	log_call(&call);
	return call.rv;
}
