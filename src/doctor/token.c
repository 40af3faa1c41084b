/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the token. None of them uses a PIN. */
#include "doctor/internal.h"

#include <stdio.h>

void doctor_token_present(struct doctor *doctor, struct doctor_finding *finding)
{
	struct p11_seen_token *token = &doctor->token;
	struct error error;
	char text[sizeof(finding->text)];

	if (p11_inspect_token(doctor->key, token, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	snprintf(text, sizeof(text), "\"%s\" (%s %s, serial %s), through %s", token->label, token->manufacturer,
		 token->model, token->serial[0] != '\0' ? token->serial : "unknown", token->module);
	if (token->by_slot_id)
		doctor_warn(finding, "name it by token and serial in the key's URI, without slot-id", "%s; its "
			    "slot-id may change with each start of the module", text);
	else
		doctor_ok(finding, "%s", text);
	doctor_fact_text(finding, "label", token->label);
	doctor_fact_text(finding, "manufacturer", token->manufacturer);
	doctor_fact_text(finding, "model", token->model);
	doctor_fact_text(finding, "serial", token->serial);
	doctor_fact_text(finding, "module", token->module);
}

void doctor_token_flags(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_seen_token *token = &doctor->token;

	doctor_ok(finding, "initialized, %s, %s", token->login_required ? "needs a login" : "needs no login",
		  token->write_protected ? "write-protected: keygen, import and cert --store cannot write to it" :
					   "not write-protected");
	doctor_fact_flag(finding, "login_required", token->login_required);
	doctor_fact_flag(finding, "write_protected", token->write_protected);
	doctor_fact_flag(finding, "pin_pad", token->pin_pad);
}

static void fail_pin(struct doctor_finding *finding, const char *text, const char *hint)
{
	struct error error;

	error_set(&error, ERROR_PIN, "%s", text);
	error_hint(&error, "%s", hint);
	doctor_fail(finding, &error);
}

void doctor_token_pin(struct doctor *doctor, struct doctor_finding *finding)
{
	static const char final_try[] = "one try is left (CKF_USER_PIN_FINAL_TRY)";
	const struct p11_seen_token *token = &doctor->token;

	if (token->pin_locked)
		fail_pin(finding, "it is locked (CKF_USER_PIN_LOCKED)", "unlock it with the PUK or the security "
			 "officer's PIN, with the token's own tool");
	else if (token->pin_final_try && !doctor->given->request->key.allow_final_try)
		fail_pin(finding, final_try, "a wrong PIN would lock it; if you are sure of the PIN, log in once "
					     "with --allow-final-try");
	else if (token->pin_final_try)
		doctor_warn(finding, "a wrong PIN locks it; check the PIN before you use it", "%s", final_try);
	else if (token->login_required && !token->pin_set)
		fail_pin(finding, "none is set (CKF_USER_PIN_INITIALIZED)", "set one with the token's own tool, such "
			 "as pkcs11-tool --init-pin");
	else if (token->pin_to_be_changed)
		doctor_warn(finding, "change it with the token's own tool",
			    "it must be changed (CKF_USER_PIN_TO_BE_CHANGED)");
	else if (token->pin_count_low)
		doctor_warn(finding, "check the PIN where it is stored; some tokens lock after three wrong ones",
			    "a wrong one was entered since the last login (CKF_USER_PIN_COUNT_LOW)");
	else
		doctor_ok(finding, token->login_required ? "not locked, and no wrong one was entered" : "not needed");
}

void doctor_token_hardware(struct doctor *doctor, struct doctor_finding *finding)
{
	bool required = doctor->given->request->key.require_hardware;
	struct error error;
	bool hardware = p11_inspect_hardware(doctor->key, &error) == 0;

	if (hardware)
		doctor_ok(finding, "signs in hardware (CKF_HW)");
	else if (required)
		doctor_fail(finding, &error);
	else
		doctor_ok(finding, "does not say that it signs in hardware (CKF_HW)");
	doctor_fact_flag(finding, "hardware", hardware);
}

void doctor_token_sessions(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_seen_token *token = &doctor->token;
	struct error error;

	if (p11_inspect_session(doctor->key, &error) < 0)
		doctor_fail(finding, &error);
	else if (token->sessions_max > 0 && token->sessions >= 0)
		doctor_ok(finding, "one was opened, and %ld of %ld before it", token->sessions, token->sessions_max);
	else if (token->sessions_max > 0)
		doctor_ok(finding, "one was opened, of at most %ld", token->sessions_max);
	else
		doctor_ok(finding, "one was opened, and the token states no limit");
	if (token->sessions >= 0)
		doctor_fact_number(finding, "open", (double)token->sessions);
	if (token->sessions_max >= 0)
		doctor_fact_number(finding, "max", (double)token->sessions_max);
}
