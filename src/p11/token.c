/* SPDX-License-Identifier: Apache-2.0 */
/* Finds tokens, and checks that they are still there. */
#include "p11/token.h"

#include "base/message.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void pad(CK_UTF8CHAR *field, size_t size)
{
	size_t length = strnlen((const char *)field, size);

	memset(field + length, ' ', size - length);
}

void token_pad(CK_TOKEN_INFO *info)
{
	pad(info->label, sizeof(info->label));
	pad(info->manufacturerID, sizeof(info->manufacturerID));
	pad(info->model, sizeof(info->model));
	pad(info->serialNumber, sizeof(info->serialNumber));
}

void token_field(char *text, const CK_UTF8CHAR *field, size_t size)
{
	while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
		size--;
	memcpy(text, field, size);
	text[size] = '\0';
	text_clean(text, "");
}

/* Some modules look for tokens only when asked for their number, and some need the exact room. */
CK_RV slots_list(const struct module *module, CK_SLOT_ID slots[SLOTS_MAX], CK_ULONG *count)
{
	CK_RV rv;

	*count = SLOTS_MAX;
	rv = CALL(module, C_GetSlotList, CK_TRUE, slots, count);
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && *count == 0)) {
		rv = CALL(module, C_GetSlotList, CK_TRUE, NULL, count);
		if (rv == CKR_OK && *count > 0 && *count <= SLOTS_MAX)
			rv = CALL(module, C_GetSlotList, CK_TRUE, slots, count);
	}
	return rv == CKR_OK && *count > SLOTS_MAX ? CODE_MANY_SLOTS : rv;
}

/* The calls for the URI's library and slot attributes are made only if it has them. */
static bool library_matches(const struct module *module, const struct uri *uri)
{
	CK_INFO info = { .flags = 0 };

	if (!uri->has_library)
		return true;
	if (CALL(module, C_GetInfo, &info) != CKR_OK)
		return false;
	pad(info.manufacturerID, sizeof(info.manufacturerID));
	pad(info.libraryDescription, sizeof(info.libraryDescription));
	return p11_kit_uri_match_module_info(uri->parsed, &info) == 1;
}

static bool slot_matches(const struct module *module, CK_SLOT_ID slot, const struct uri *uri)
{
	CK_SLOT_INFO info = { .flags = 0 };

	if (uri->has_slot_id && p11_kit_uri_get_slot_id(uri->parsed) != slot)
		return false;
	if (!uri->has_slot)
		return true;
	if (CALL(module, C_GetSlotInfo, slot, &info) != CKR_OK)
		return false;
	pad(info.manufacturerID, sizeof(info.manufacturerID));
	pad(info.slotDescription, sizeof(info.slotDescription));
	return p11_kit_uri_match_slot_info(uri->parsed, &info) == 1;
}

static int add_token(struct tokens *tokens, struct module *module, CK_SLOT_ID slot, const CK_TOKEN_INFO *info,
		     struct error *error)
{
	struct token *list = realloc(tokens->list, (tokens->count + 1) * sizeof(*list));

	if (list == NULL)
		return error_memory(error);
	tokens->list = list;
	list[tokens->count++] = (struct token){ .module = module, .slot = slot, .info = *info };
	return 0;
}

/* Two modules may show the same token; the first one is used. Two tokens in one module are different, even with the
 * same names: some modules give all their tokens one serial number. */
static bool is_known(const struct tokens *tokens, const struct module *module, const CK_TOKEN_INFO *info)
{
	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *known = &tokens->list[i];

		if (known->module != module && token_is_same(&known->info, info)) {
			message_step("%s has token \"%s\" too; using it through %s", module->name, token_label(known),
				     known->module->name);
			return true;
		}
	}
	return false;
}

static int module_tokens(struct tokens *tokens, struct modules *modules, struct module *module,
			 const struct uri *uri, bool all, struct error *error)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count;
	int result = 0;
	CK_RV rv = slots_list(module, slots, &count);

	if (rv != CKR_OK) {
		modules_note(modules, module, "C_GetSlotList", rv);
		count = 0;
	}
	for (CK_ULONG i = 0; i < count && result == 0; i++) {
		CK_TOKEN_INFO info = { .flags = 0 };

		if (!slot_matches(module, slots[i], uri))
			continue;
		/* A token whose names cannot be read is not the one. */
		rv = CALL(module, C_GetTokenInfo, slots[i], &info);
		if (rv != CKR_OK) {
			if (rv != CKR_TOKEN_NOT_PRESENT && rv != CKR_TOKEN_NOT_RECOGNIZED)
				modules_note(modules, module, "C_GetTokenInfo", rv);
			continue;
		}
		token_pad(&info);
		if ((!all && (info.flags & CKF_TOKEN_INITIALIZED) == 0) ||
		    !p11_kit_uri_match_token_info(uri->parsed, &info) ||
		    (info.serialNumber[0] != ' ' && is_known(tokens, module, &info)))
			continue;
		result = add_token(tokens, module, slots[i], &info, error);
	}
	return result;
}

void token_note_slot_id(const struct uri *uri)
{
	if (uri->has_slot_id)
		message_note("the slot-id in the URI may change with each start of the module; token and serial do "
			     "not");
}

int tokens_find(struct tokens *tokens, struct modules *modules, const struct uri *uri, bool all, struct error *error)
{
	memset(tokens, 0, sizeof(*tokens));
	for (size_t i = 0; i < modules->count; i++) {
		struct module *module = &modules->list[i];
		int result;

		if (!module->initialized || !library_matches(module, uri))
			continue;
		result = module_tokens(tokens, modules, module, uri, all, error);
		if (result < 0)
			return result;
		/* If the URI is full, other modules can show only the same token. */
		if (uri->is_full && tokens->count > 0)
			break;
	}
	for (size_t i = 0; i < tokens->count; i++)
		tokens->list[i].alone = tokens->count == 1;
	tokens_tell_apart(tokens);
	return 0;
}

bool token_matches(const struct token *token, const struct uri *uri)
{
	return p11_kit_uri_match_token_info(uri->parsed, &token->info) &&
	       (!uri->has_slot_id || p11_kit_uri_get_slot_id(uri->parsed) == token->slot);
}

/* Sets the error of a token that is not there; `why` is appended. With a code it may come back. */
static int absent(const struct token *token, const char *why, CK_RV code, struct error *error)
{
	error_set(error, ERROR_TOKEN, "token \"%s\" is not there any more%s", token_label(token), why);
	error_hint(error, "insert the token and run the command again; no other token gets its PIN");
	error->code = code;
	return -ERROR_TOKEN;
}

/* The token is gone for good. */
static int lose_why(struct token *token, const char *why, struct error *error)
{
	token->gone = true;
	return absent(token, why, 0, error);
}

/* The same; `other`, unless NULL, is the token in its slot. */
static int lose(struct token *token, const CK_TOKEN_INFO *other, struct error *error)
{
	char *uri = other != NULL ? uri_format_token(other, NULL) : NULL;
	char why[512] = "";

	if (other != NULL)
		snprintf(why, sizeof(why), ": its slot holds another one, %s", uri != NULL ? uri : "?");
	free(uri);
	return lose_why(token, why, error);
}

int token_is_there(struct token *token, struct error *error)
{
	return token->gone ? lose(token, NULL, error) : 0;
}

static int query(const struct token *token, CK_SLOT_ID slot, CK_TOKEN_INFO *info, struct error *error)
{
	CK_RV rv;

	memset(info, 0, sizeof(*info)); /* a module may leave fields unset, and they are compared too */
	rv = CALL(token->module, C_GetTokenInfo, slot, info);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot query token \"%s\" (C_GetTokenInfo)",
				 token_label(token));
	token_pad(info);
	return 0;
}

int token_check(struct token *token, CK_FLAGS *flags, struct error *error)
{
	CK_TOKEN_INFO info;
	CK_ULONG ignored = 0;
	CK_RV rv;

	if (token_is_there(token, error) < 0)
		return error_result(error);
	/* OpenSC's module and libykcs11 notice another card only when asked for the number of slots. Until then they
	 * return the first card's names, and libykcs11 sends a login in an old session to the second card. */
	rv = CALL(token->module, C_GetSlotList, CK_TRUE, NULL, &ignored);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot look for token \"%s\" (C_GetSlotList)",
				 token_label(token));
	if (query(token, token->slot, &info, error) < 0)
		return error_result(error);
	if (!token_is_identical(&info, &token->info))
		return lose(token, &info, error);
	*flags = info.flags;
	return 0;
}

int token_find_again(struct token *token, const struct uri *uri, struct error *error)
{
	CK_SLOT_ID slots[SLOTS_MAX], found_in = token->slot;
	CK_TOKEN_INFO info, other, *in_slot = NULL;
	CK_ULONG count;
	CK_RV rv = slots_list(token->module, slots, &count);
	size_t found = 0;
	bool failed = false; /* to query the token's slot; `error` is set */
	char why[128];

	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "the module %s does not list its slots", token->module->name);
	for (CK_ULONG i = 0; i < count; i++) {
		bool own = slots[i] == token->slot;
		struct error ignored;

		if (!slot_matches(token->module, slots[i], uri))
			continue;
		if (query(token, slots[i], &info, own ? error : &ignored) < 0) {
			failed |= own;
		} else if (token_is_identical(&info, &token->info)) {
			if (own)
				return 0;
			found_in = slots[i];
			found++;
		} else if (own && (info.flags & CKF_TOKEN_INITIALIZED) != 0) { /* else it is not a token yet */
			other = info;
			in_slot = &other;
		}
	}
	if (found > 1) {
		snprintf(why, sizeof(why), ": %zu tokens in other slots have the same label and serial number", found);
		return lose_why(token, why, error);
	}
	if (found == 0 && in_slot != NULL)
		return lose(token, in_slot, error);
	if (found == 0)
		return failed ? error_result(error) : absent(token, "", CKR_TOKEN_NOT_PRESENT, error);
	token->slot = found_in;
	return 0;
}

void tokens_free(struct tokens *tokens)
{
	free(tokens->list);
	memset(tokens, 0, sizeof(*tokens));
}

const char *token_label(const struct token *token)
{
	static _Thread_local char label[sizeof(token->info.label) + 1];

	token_field(label, token->info.label, sizeof(token->info.label));
	return label;
}
