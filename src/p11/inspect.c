/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at modules and tokens without changing them. */
#include "p11/inspect.h"

#include "base/text.h"
#include "p11/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct p11_key *p11_inspect_begin(void)
{
	return key_new();
}

static void describe_module(const struct module *module, struct p11_seen_module *seen)
{
	char *path = p11_kit_module_get_filename(module->functions);
	CK_INFO info = { .flags = 0 };
	char description[sizeof(info.libraryDescription) + 1];

	snprintf(seen->name, sizeof(seen->name), "%s", module->name);
	snprintf(seen->path, sizeof(seen->path), "%s", path != NULL ? path : "");
	text_line(seen->name);
	text_line(seen->path);
	free(path);
	seen->starts = module->initialized;
	if (!module->initialized || CALL(module, C_GetInfo, &info) != CKR_OK)
		return;
	token_field(description, info.libraryDescription, sizeof(info.libraryDescription));
	snprintf(seen->library, sizeof(seen->library), "%s%s%d.%d", description, *description != '\0' ? " " : "",
		 info.libraryVersion.major, info.libraryVersion.minor);
}

int p11_inspect_modules(struct p11_key *key, const struct p11_request *request, struct p11_seen_module **list,
			size_t *count, struct error *error)
{
	*list = NULL;
	*count = 0;
	key->ring->outage.limit = (double)request->module_wait * 1e3;
	if (key_modules(key, request, error) < 0)
		return error_result(error);
	*list = calloc(key->ring->modules.count + 1, sizeof(**list));
	if (*list == NULL)
		return error_memory(error);
	for (; *count < key->ring->modules.count; ++*count)
		describe_module(&key->ring->modules.list[*count], &(*list)[*count]);
	return 0;
}

int p11_inspect_slots(struct p11_key *key, size_t *tokens, const char **failures, const char **advice,
		      struct error *error)
{
	struct ring *ring = key->ring;
	int result = tokens_find(&ring->tokens, &ring->modules, key->uri, false, error);

	*tokens = ring->tokens.count;
	*failures = ring->modules.failures;
	*advice = ring->modules.advice;
	return result;
}

/* If no token matches, one that is not initialized may be the reason. */
static int refine_no_token(struct p11_key *key, struct error *error)
{
	struct tokens others;
	struct error ignored;
	char *uri = NULL;

	if (tokens_find(&others, &key->ring->modules, key->uri, true, &ignored) == 0 && others.count > 0)
		uri = token_uri(&others.list[0]);
	if (uri != NULL) {
		error_set(error, ERROR_NO_KEY, "the token that matches %s is not initialized: %s", uri_shown(key->uri),
			  uri);
		error_hint(error, "initialize it with its own tool, such as softhsm2-util --init-token or pkcs11-tool "
				  "--init-token");
	}
	free(uri);
	tokens_free(&others);
	return -ERROR_NO_KEY;
}

static long session_count(CK_ULONG count)
{
	return count == CK_UNAVAILABLE_INFORMATION || count > 1000000000 ? -1 : (long)count;
}

int p11_inspect_token(struct p11_key *key, struct p11_seen_token *seen, struct error *error)
{
	struct token *token;
	const CK_TOKEN_INFO *info;

	if (key_choose_token(key, false, &token, error) < 0)
		return key->ring->tokens.count == 0 ? refine_no_token(key, error) : error_result(error);
	key->ring->session.token = token;
	info = &token->info;
	*seen = (struct p11_seen_token){
		.by_slot_id = key->uri->has_slot_id,
		.login_required = (info->flags & CKF_LOGIN_REQUIRED) != 0,
		.write_protected = (info->flags & CKF_WRITE_PROTECTED) != 0,
		.pin_pad = (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0,
		.pin_set = (info->flags & CKF_USER_PIN_INITIALIZED) != 0,
		.pin_locked = (info->flags & CKF_USER_PIN_LOCKED) != 0,
		.pin_final_try = (info->flags & CKF_USER_PIN_FINAL_TRY) != 0,
		.pin_count_low = (info->flags & CKF_USER_PIN_COUNT_LOW) != 0,
		.pin_to_be_changed = (info->flags & CKF_USER_PIN_TO_BE_CHANGED) != 0,
		.sessions = session_count(info->ulSessionCount),
		.sessions_max = session_count(info->ulMaxSessionCount),
	};
	token_field(seen->label, info->label, sizeof(info->label));
	token_field(seen->manufacturer, info->manufacturerID, sizeof(info->manufacturerID));
	token_field(seen->model, info->model, sizeof(info->model));
	token_field(seen->serial, info->serialNumber, sizeof(info->serialNumber));
	snprintf(seen->module, sizeof(seen->module), "%s", token->module->name);
	text_line(seen->module);
	return 0;
}

int p11_inspect_hardware(const struct p11_key *key, struct error *error)
{
	struct p11_request request = key->ring->request;

	request.require_hardware = true;
	return require_hardware(key->ring->session.token, &request, request.alg, error);
}

int p11_inspect_session(struct p11_key *key, struct error *error)
{
	return session_open(&key->ring->session, key->ring->session.token, false, error);
}

int p11_inspect_login(struct p11_key *key, bool *logged_in, struct error *error)
{
	const struct session *session = &key->ring->session;
	int result = key_log_in(key, error);

	*logged_in = session->logins > 0;
	/* What is wrong with the key after the login, or without the need for one, p11_inspect_key tells. */
	if (result < 0 && session->refused == ERROR_NONE &&
	    (*logged_in || (error->class == ERROR_NO_KEY && (session->token->info.flags & CKF_LOGIN_REQUIRED) == 0)))
		return 0;
	return result;
}

int p11_inspect_mechanism(const struct p11_key *key, enum alg alg, const char **name, struct error *error)
{
	const struct mechanism *mechanism;
	int result = mechanism_find(key->ring->session.token, alg, &mechanism, error);

	*name = mechanism != NULL ? mechanism->name : NULL;
	return result;
}
