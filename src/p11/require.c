/* SPDX-License-Identifier: Apache-2.0 */
/* What --require-hardware and --require-nonextractable check. */
#include "p11/key.h"

/* Whether one of the algorithm's mechanisms has CKF_HW. *rv is what C_GetMechanismInfo returned last. */
static bool has_hardware(const struct token *token, enum alg alg, CK_RV *rv)
{
	for (const struct mechanism *each = mechanisms_of(alg); each->name != NULL; each++) {
		CK_MECHANISM_INFO info = { .flags = 0 };

		*rv = CALL(token->module, C_GetMechanismInfo, token->slot, each->type, &info);
		if (*rv == CKR_OK && (info.flags & CKF_HW) != 0)
			return true;
	}
	return false;
}

int require_hardware(const struct token *token, const struct p11_request *request, enum alg alg, struct error *error)
{
	CK_RV rv = CKR_OK, ignored;

	if (!request->require_hardware || has_hardware(token, alg != ALG_AUTO ? alg : ALG_RS256, &rv) ||
	    (alg == ALG_AUTO && has_hardware(token, ALG_ES256, &ignored)))
		return 0;
	if (rv != CKR_OK)
		ckr_error(error, ERROR_NO_KEY, rv, "token \"%s\" does not show whether it signs in hardware (CKF_HW)",
			  token_label(token));
	else
		error_set(error, ERROR_NO_KEY, "token \"%s\" signs in software: it does not have CKF_HW",
			  token_label(token));
	error_hint(error, "no login was tried; to use the token anyway, omit --require-hardware");
	return -ERROR_NO_KEY;
}

int require_nonextractable(const struct ring *ring, CK_OBJECT_HANDLE private, struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_EXTRACTABLE, CKA_SENSITIVE, CKA_LOCAL };
	static const struct {
		int wanted;
		const char *name, *otherwise;
	} rules[] = {
		{ 0, "CKA_EXTRACTABLE", "is extractable" },
		{ 1, "CKA_SENSITIVE", "is not sensitive" },
		{ 1, "CKA_LOCAL", "was imported" },
	};
	const char *label = token_label(ring->session.token);
	int values[3];

	if (!ring->request.require_nonextractable)
		return 0;
	if (object_flags(&ring->session, private, types, values, 3, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < 3; i++) {
		if (values[i] == rules[i].wanted)
			continue;
		if (values[i] < 0)
			error_set(error, ERROR_NO_KEY, "token \"%s\" does not show %s of the key", label,
				  rules[i].name);
		else
			error_set(error, ERROR_NO_KEY, "the key on token \"%s\" %s (%s is %s)", label,
				  rules[i].otherwise, rules[i].name, values[i] == 1 ? "true" : "false");
		error_hint(error, "nothing was signed; to use the key anyway, omit --require-nonextractable");
		return -ERROR_NO_KEY;
	}
	return 0;
}
