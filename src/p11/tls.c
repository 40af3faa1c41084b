/* SPDX-License-Identifier: Apache-2.0 */
/* Has libp11 make a key on a token an EVP_PKEY. libp11 opens sessions of its own, which share our login.
 *
 * A context of libp11 is never freed: that would close all sessions of every slot, or finalize the module, which is
 * p11_end's to do. The few that a run makes stay reachable until it ends. */
#undef OPENSSL_NO_DEPRECATED /* libp11.h uses RSA_METHOD */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "p11/tls-internal.h"

#include "base/clock.h"
#include "base/message.h"

#include <dlfcn.h>
#include <libp11.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* What libp11 made for one key, until the session or the key was lost. */
struct context {
	struct context *next;
	PKCS11_CTX *libp11;
	PKCS11_SLOT *slots;
	unsigned count;
	EVP_PKEY *private; /* not freed either: see get_private */
};
static struct context *contexts;

/* Calls a function of libp11 under the watch, as if it were `most`, the module's function that it mostly calls. */
#define LIBP11(tls, most, function, ...)                                        \
	(watch_enter((tls)->ring->session.token->module->name, #most),           \
	 done((tls)->ring->session.token->module, #function, function(__VA_ARGS__)))

static int done(const struct module *module, const char *function, int result)
{
	double since = watch_since();

	watch_leave();
	message_step("%s: %s %s (%.2f ms)", module->name, function, result == 0 ? "succeeded" : "failed",
		     clock_ms() - since);
	return result;
}

CK_RV tls_ckr(void)
{
	CK_RV rv = CKR_OK;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (rv == CKR_OK && ERR_GET_LIB(code) == ERR_get_CKR_code())
			rv = (CK_RV)ERR_GET_REASON(code);
	}
	return rv;
}

/* Sets the error of a failed function of libp11. */
static int failed(const struct p11_tls *tls, const char *what, struct error *error)
{
	const char *label = token_label(tls->ring->session.token);
	CK_RV rv = tls_ckr();

	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "libp11 cannot %s token \"%s\"", what, label);
	return error_set(error, ERROR_TOKEN, "libp11 cannot %s token \"%s\", and gives no reason", what, label);
}

/* --- a context of libp11 ----------------------------------------------------------------------------------------- */

/* Whether the functions that libp11 gets from the module's file know our session. p11-kit-client.so opens a
 * connection of its own for each caller, and each must log in. */
static bool shares_session(const struct session *session, const char *path)
{
	struct module same = *session->token->module;
	void *library = path != NULL ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD) : NULL;
	CK_C_GetFunctionList get;
	void *symbol;
	CK_SESSION_INFO info;
	bool shares;

	if (library == NULL)
		return false;
	symbol = dlsym(library, "C_GetFunctionList");
	memcpy(&get, &symbol, sizeof(get)); /* as dlsym(3) advises */
	watch_enter(same.name, "C_GetFunctionList");
	shares = get != NULL && get(&same.functions) == CKR_OK;
	watch_leave();
	/* p11-kit may have got a newer version of the same functions, by C_GetInterface. */
	if (shares && same.functions != session->token->module->functions)
		shares = CALL(&same, C_GetSessionInfo, session->handle, &info) == CKR_OK;
	dlclose(library);
	return shares;
}

static int load(struct p11_tls *tls, struct context *context, struct error *error)
{
	const struct session *session = &tls->ring->session;
	char *path = p11_kit_module_get_filename(session->token->module->functions);
	int result;

	if (!shares_session(session, path)) {
		free(path);
		error_set(error, ERROR_NO_KEY, "the module %s runs in another process, where libp11 cannot use the "
			  "program's login: its keys cannot be used for TLS", session->token->module->name);
		error_hint(error, "name a module that runs in this process, with --module PATH");
		return -ERROR_NO_KEY;
	}
	context->libp11 = PKCS11_CTX_new();
	if (context->libp11 == NULL || PKCS11_set_ui_method(context->libp11, tls_pin_method(), tls) != 0) {
		free(path);
		return error_memory(error);
	}
	/* Finds the module loaded and initialized, and leaves it so. */
	result = LIBP11(tls, C_Initialize, PKCS11_CTX_load, context->libp11, path);
	free(path);
	if (result != 0)
		return failed(tls, "use the module of", error);
	if (LIBP11(tls, C_GetSlotList, PKCS11_enumerate_slots, context->libp11, &context->slots, &context->count) != 0)
		return failed(tls, "list the slots for", error);
	return 0;
}

static struct context *context_new(void)
{
	struct context *context = calloc(1, sizeof(*context));

	if (context == NULL)
		return NULL;
	context->next = contexts;
	contexts = context;
	return context;
}

static PKCS11_TOKEN *find_token(const struct p11_tls *tls, const struct context *context)
{
	for (unsigned i = 0; i < context->count; i++) {
		if (PKCS11_get_slotid_from_slot(&context->slots[i]) == tls->ring->session.token->slot)
			return context->slots[i].token;
	}
	return NULL;
}

/* --- the key ----------------------------------------------------------------------------------------------------- */

/* If no session is left, libp11 before 0.4.21 waits forever. */
static int check_room(const struct p11_tls *tls, struct error *error)
{
	struct session session = { .token = tls->ring->session.token };
	CK_RV rv = session_open_handle(&session);

	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv,
				 "token \"%s\" opens no session for TLS beside that for the key",
				 token_label(session.token));
	CALL(session.token->module, C_CloseSession, session.handle);
	return 0;
}

/* libp11 0.4.12 lists no keys at all if it does not know the type of one. */
static void blame_other_key(const struct p11_tls *tls, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) } };
	struct error ignored;
	CK_OBJECT_HANDLE found;
	size_t count = 0;

	if (objects_match(&tls->ring->session, template, 2, &found, 1, &count, &ignored) == 0 && count > 0)
		error_hint(error, "this version of libp11 cannot use a token with an Ed25519 key: use libp11 0.4.13 "
				  "or later, or another token");
}

static int list_keys(const struct p11_tls *tls, PKCS11_TOKEN *token, PKCS11_KEY **keys, unsigned *count,
		     struct error *error)
{
	int result;
#ifdef HAVE_PKCS11_ENUMERATE_KEYS_EXT
	char label[256];
	PKCS11_KEY template = { .isPrivate = 1, .id = tls->id.pValue, .id_len = tls->id.ulValueLen };

	snprintf(label, sizeof(label), "%.*s", (int)tls->label.ulValueLen, (const char *)tls->label.pValue);
	if (tls->label.pValue != NULL && strlen(label) == tls->label.ulValueLen && *label != '\0')
		template.label = label;
	result = LIBP11(tls, C_FindObjects, PKCS11_enumerate_keys_ext, token, &template, keys, count);
#else
	result = LIBP11(tls, C_FindObjects, PKCS11_enumerate_keys, token, keys, count);
#endif
	if (result == 0)
		return 0;
	failed(tls, "list the keys on", error);
	blame_other_key(tls, error);
	return error_result(error);
}

/* Whether it may be the key that we found: by its id, or by its label if it has no id. */
static bool may_be(const struct p11_tls *tls, const PKCS11_KEY *key)
{
	size_t length = key->label != NULL ? strlen(key->label) : 0;

	if (tls->id.ulValueLen > 0)
		return key->id_len == tls->id.ulValueLen && memcmp(key->id, tls->id.pValue, key->id_len) == 0;
	return length == tls->label.ulValueLen && (length == 0 || memcmp(key->label, tls->label.pValue, length) == 0);
}

/* Fails with a loss if the session or the login is lost. */
static int check_loss(const struct p11_tls *tls, struct error *error)
{
	const struct session *session = &tls->ring->session;
	CK_RV rv = session_ask(session);

	return rv == CKR_OK ? 0 : ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" has lost the session or "
					    "the login", token_label(session->token));
}

/* If libp11 finds its sessions lost, it frees its keys, and 0.4.21 does so even while it makes an EVP_PKEY of one. So a
 * loss should be found before. If libp11 found one nevertheless, the EVP_PKEY must not be used, nor freed, which would
 * free again what it refers to. */
static int get_private(const struct p11_tls *tls, PKCS11_KEY *key, EVP_PKEY **private, struct error *error)
{
	const struct token *token = tls->ring->session.token;

	if (check_loss(tls, error) < 0)
		return error_result(error);
	watch_enter(token->module->name, "C_GetAttributeValue");
	*private = PKCS11_get_private_key(key);
	(void)done(token->module, "PKCS11_get_private_key", *private == NULL);
	if (*private == NULL)
		return failed(tls, "read the TLS key on", error);
	if (check_loss(tls, error) < 0)
		return error_result(error);
	if (!tls_signs_on_token(*private, PKCS11_get_rsa_method(), PKCS11_get_ec_key_method()))
		return error_set(error, ERROR_TOKEN, "libp11 cannot read all of the TLS key on token \"%s\"",
				 token_label(token));
	return 0;
}

static int find_key(struct p11_tls *tls, struct context *context, PKCS11_TOKEN *token, struct error *error)
{
	EVP_PKEY *public = X509_get0_pubkey(tls->certificate);
	PKCS11_KEY *keys = NULL;
	unsigned count = 0;
	bool found = false;

	if (list_keys(tls, token, &keys, &count, error) < 0)
		return error_result(error);
	for (unsigned i = 0; i < count; i++) {
		if (!may_be(tls, &keys[i]))
			continue;
		if (get_private(tls, &keys[i], &context->private, error) < 0)
			return error_result(error);
		tls_complete(tls, context->private);
		found = true;
		if (EVP_PKEY_eq(context->private, public) == 1) {
			tls->private = context->private;
			return 0;
		}
		EVP_PKEY_free(context->private);
		context->private = NULL;
	}
	ERR_clear_error();
	if (!found)
		return error_set(error, ERROR_TOKEN, "libp11 does not find the TLS key on token \"%s\"",
				 token_label(tls->ring->session.token));
	error_set(error, ERROR_CONFIG, "the TLS certificate is not the certificate of the key on token \"%s\"",
		  token_label(tls->ring->session.token));
	error_hint(error, "give the key's own certificate with --tls-certificate, or the certificate's key with "
			  "--tls-key");
	return -ERROR_CONFIG;
}

int tls_build(struct p11_tls *tls, struct error *error)
{
	struct context *context = context_new();
	PKCS11_TOKEN *token;

	if (context == NULL)
		return error_memory(error);
	if (tls_key_find(tls, error) < 0 || check_room(tls, error) < 0 || load(tls, context, error) < 0)
		return error_result(error);
	token = find_token(tls, context);
	if (token == NULL)
		return error_set(error, ERROR_TOKEN, "libp11 does not find token \"%s\"",
				 token_label(tls->ring->session.token));
	if (find_key(tls, context, token, error) < 0)
		return error_result(error);
	tls_sign_hook(PKCS11_get_rsa_method(), PKCS11_get_ec_key_method());
	if (tls->by_pss) {
		EVP_PKEY_METHOD *method = NULL;

		if (PKCS11_pkey_meths(NULL, &method, NULL, EVP_PKEY_RSA) == 0 || method == NULL)
			return failed(tls, "make PSS signatures with", error);
		tls_sign_hook_pss(method);
	}
	return 0;
}
