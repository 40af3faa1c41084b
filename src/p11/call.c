/* SPDX-License-Identifier: Apache-2.0 */
/* The gate every C_* call passes, and the names of what comes back. */
#include "p11/internal.h"

#include "base/clock.h"
#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

CK_RV call_done(const char *module, const char *function, CK_RV rv)
{
	watch_leave();
	if (message_is_verbose())
		message_step("%s: %s %s (%.2f ms)", module, function, ckr_text(rv), clock_ms() - watch_since());
	return rv;
}

/* SoftHSM rewrites a token's file in C_Login. C_Sign is not among them: it changes nothing, and may wait for a finger. */
bool call_holds(const char *function)
{
	static const char *const functions[] = {
		"C_Initialize", "C_Finalize", "C_Login", "C_Logout", "C_CloseSession", "C_CloseAllSessions",
		"C_GenerateKeyPair", "C_CreateObject", "C_CopyObject", "C_SetAttributeValue", "C_DestroyObject",
		"dlclose", /* p11-kit finalises the modules that it has wrapped */
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strcmp(functions[i], function) == 0)
			return true;
	}
	return false;
}

#define NAME(rv) { rv, #rv }
static const struct {
	CK_RV rv;
	const char *name;
} names[] = {
	NAME(CKR_OK),
	NAME(CKR_CANCEL),
	NAME(CKR_HOST_MEMORY),
	NAME(CKR_SLOT_ID_INVALID),
	NAME(CKR_GENERAL_ERROR),
	NAME(CKR_FUNCTION_FAILED),
	NAME(CKR_ARGUMENTS_BAD),
	NAME(CKR_NO_EVENT),
	NAME(CKR_NEED_TO_CREATE_THREADS),
	NAME(CKR_CANT_LOCK),
	NAME(CKR_ATTRIBUTE_READ_ONLY),
	NAME(CKR_ATTRIBUTE_SENSITIVE),
	NAME(CKR_ATTRIBUTE_TYPE_INVALID),
	NAME(CKR_ATTRIBUTE_VALUE_INVALID),
	NAME(CKR_ACTION_PROHIBITED),
	NAME(CKR_DATA_INVALID),
	NAME(CKR_DATA_LEN_RANGE),
	NAME(CKR_DEVICE_ERROR),
	NAME(CKR_DEVICE_MEMORY),
	NAME(CKR_DEVICE_REMOVED),
	NAME(CKR_ENCRYPTED_DATA_INVALID),
	NAME(CKR_ENCRYPTED_DATA_LEN_RANGE),
	NAME(CKR_FUNCTION_CANCELED),
	NAME(CKR_FUNCTION_NOT_PARALLEL),
	NAME(CKR_FUNCTION_NOT_SUPPORTED),
	NAME(CKR_KEY_HANDLE_INVALID),
	NAME(CKR_KEY_SIZE_RANGE),
	NAME(CKR_KEY_TYPE_INCONSISTENT),
	NAME(CKR_KEY_NOT_NEEDED),
	NAME(CKR_KEY_CHANGED),
	NAME(CKR_KEY_NEEDED),
	NAME(CKR_KEY_INDIGESTIBLE),
	NAME(CKR_KEY_FUNCTION_NOT_PERMITTED),
	NAME(CKR_KEY_NOT_WRAPPABLE),
	NAME(CKR_KEY_UNEXTRACTABLE),
	NAME(CKR_MECHANISM_INVALID),
	NAME(CKR_MECHANISM_PARAM_INVALID),
	NAME(CKR_OBJECT_HANDLE_INVALID),
	NAME(CKR_OPERATION_ACTIVE),
	NAME(CKR_OPERATION_NOT_INITIALIZED),
	NAME(CKR_PIN_INCORRECT),
	NAME(CKR_PIN_INVALID),
	NAME(CKR_PIN_LEN_RANGE),
	NAME(CKR_PIN_EXPIRED),
	NAME(CKR_PIN_LOCKED),
	NAME(CKR_SESSION_CLOSED),
	NAME(CKR_SESSION_COUNT),
	NAME(CKR_SESSION_HANDLE_INVALID),
	NAME(CKR_SESSION_PARALLEL_NOT_SUPPORTED),
	NAME(CKR_SESSION_READ_ONLY),
	NAME(CKR_SESSION_EXISTS),
	NAME(CKR_SESSION_READ_ONLY_EXISTS),
	NAME(CKR_SESSION_READ_WRITE_SO_EXISTS),
	NAME(CKR_SIGNATURE_INVALID),
	NAME(CKR_SIGNATURE_LEN_RANGE),
	NAME(CKR_TEMPLATE_INCOMPLETE),
	NAME(CKR_TEMPLATE_INCONSISTENT),
	NAME(CKR_TOKEN_NOT_PRESENT),
	NAME(CKR_TOKEN_NOT_RECOGNIZED),
	NAME(CKR_TOKEN_WRITE_PROTECTED),
	NAME(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_UNWRAPPING_KEY_SIZE_RANGE),
	NAME(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
	NAME(CKR_USER_ALREADY_LOGGED_IN),
	NAME(CKR_USER_NOT_LOGGED_IN),
	NAME(CKR_USER_PIN_NOT_INITIALIZED),
	NAME(CKR_USER_TYPE_INVALID),
	NAME(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
	NAME(CKR_USER_TOO_MANY_TYPES),
	NAME(CKR_WRAPPED_KEY_INVALID),
	NAME(CKR_WRAPPED_KEY_LEN_RANGE),
	NAME(CKR_WRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_WRAPPING_KEY_SIZE_RANGE),
	NAME(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
	NAME(CKR_RANDOM_SEED_NOT_SUPPORTED),
	NAME(CKR_RANDOM_NO_RNG),
	NAME(CKR_DOMAIN_PARAMS_INVALID),
	NAME(CKR_CURVE_NOT_SUPPORTED),
	NAME(CKR_BUFFER_TOO_SMALL),
	NAME(CKR_SAVED_STATE_INVALID),
	NAME(CKR_INFORMATION_SENSITIVE),
	NAME(CKR_STATE_UNSAVEABLE),
	NAME(CKR_CRYPTOKI_NOT_INITIALIZED),
	NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED),
	NAME(CKR_MUTEX_BAD),
	NAME(CKR_MUTEX_NOT_LOCKED),
	NAME(CKR_NEW_PIN_MODE),
	NAME(CKR_NEXT_OTP),
	NAME(CKR_EXCEEDED_MAX_ITERATIONS),
	NAME(CKR_FIPS_SELF_TEST_FAILED),
	NAME(CKR_LIBRARY_LOAD_FAILED),
	NAME(CKR_PIN_TOO_WEAK),
	NAME(CKR_PUBLIC_KEY_INVALID),
	NAME(CKR_FUNCTION_REJECTED),
};

const char *ckr_text(CK_RV rv)
{
	static _Thread_local char texts[4][160];
	static _Thread_local unsigned next;
	char *text = texts[next++ % 4];
	const char *sentence;

	if (rv == CODE_MANY_SLOTS)
		return "more slots than the 1,024 that p11bearer takes from one module";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].rv != rv)
			continue;
		sentence = p11_kit_strerror(rv);
		if (rv == CKR_OK || sentence == NULL || *sentence == '\0')
			return names[i].name;
		snprintf(text, sizeof(texts[0]), "%s (%s)", names[i].name, sentence);
		return text;
	}
	snprintf(text, sizeof(texts[0]), "%s%#lx", (rv & CKR_VENDOR_DEFINED) != 0 ? "the vendor's code " : "code ", rv);
	return text;
}

int ckr_error(struct error *error, enum error_class class, CK_RV rv, const char *format, ...)
{
	char what[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	error_set(error, class, "%s: %s", what, ckr_text(rv));
	error->code = rv;
	device_hint(rv, error);
	return -(int)class;
}
