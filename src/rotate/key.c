/* SPDX-License-Identifier: Apache-2.0 */
/* The new key. */
#include "rotate/key.h"

#include "p11/destroy.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The type of the old key. */
static int choose_type(EVP_PKEY *like, struct p11_pair_type *type, struct error *error)
{
	char group[64];
	enum alg alg = ALG_AUTO;

	*type = (struct p11_pair_type){ .curve = NULL };
	if (EVP_PKEY_is_a(like, "RSA") || EVP_PKEY_is_a(like, "RSA-PSS")) {
		type->bits = (unsigned)EVP_PKEY_get_bits(like);
		return 0;
	}
	if (EVP_PKEY_is_a(like, "EC") && EVP_PKEY_get_group_name(like, group, sizeof(group), NULL) > 0)
		alg = alg_of_curve(group);
	ERR_clear_error();
	if (alg == ALG_AUTO) {
		error_set(error, ERROR_CONFIG, "cannot make a key like the old one: it is neither an RSA key nor an EC "
			  "key on P-256, P-384 or P-521");
		error_hint(error, "make a key yourself, and give it with --new-key");
		return -ERROR_CONFIG;
	}
	type->curve = alg_info(alg)->curve;
	return 0;
}

static void hint_new_key(struct error *error)
{
	if (p11_is_refused_object(error))
		error_hint(error, "if only its security officer makes keys on this token, give --so-pin-from; if only "
				  "its maker's tool does, make one with it, and give it with --new-key");
}

/* Whether the token has both halves of the pair. Destroys one without the other. */
static int look(const struct p11_request *request, bool *is_whole, struct error *error)
{
	struct p11_plan plan;
	bool has_private = false, has_public = false;
	int result = p11_plan_make(&plan, request, true, error);

	*is_whole = false;
	if (result == -ERROR_NO_KEY) { /* or the token is away, which making the key reports */
		p11_plan_free(&plan);
		return 0;
	}
	for (size_t i = 0; i < plan.count && result == 0; i++) {
		has_private |= plan.objects[i].class == P11_PRIVATE_KEY;
		has_public |= plan.objects[i].class == P11_PUBLIC_KEY && !plan.objects[i].stays;
	}
	*is_whole = has_private && has_public;
	if (result == 0 && !*is_whole)
		result = p11_plan_carry_out(&plan, error);
	p11_plan_free(&plan);
	return result;
}

static int generate(const struct p11_request *request, const char *uri, EVP_PKEY *like, struct error *error)
{
	struct p11_pair_type type;
	char *made = NULL;
	int result = choose_type(like, &type, error);

	if (result == 0)
		result = p11_key_generate(request, &type, &made, error);
	if (result == 0 && strcmp(made, uri) != 0) {
		result = error_set(error, ERROR_TOKEN, "the token gave the new key another label or id than requested; "
				   "the key was made: %s", made);
		error_hint(error, "give this key with --new-key");
	}
	free(made);
	return result;
}

/* A run that was killed right after it had made the pair has not read back whether it can leave the token. */
static int check(const struct p11_request *request, struct error *error)
{
	struct p11_request strict = *request;
	struct p11_key *key;
	int result;

	strict.require_nonextractable = true;
	result = p11_key_open(&key, &strict, false, error);
	p11_key_close(&key);
	return result;
}

int rotate_make_key(const struct p11_request *request, const char *uri, EVP_PKEY *like, struct error *error)
{
	struct p11_request own = *request;
	bool is_whole = false;
	int result = p11_uri_parse_beside(&own.uri, uri, request->uri, error);

	if (result == 0)
		result = look(&own, &is_whole, error);
	if (result == 0)
		result = is_whole ? check(&own, error) : generate(&own, uri, like, error);
	if (result < 0)
		hint_new_key(error);
	p11_uri_free(&own.uri);
	return result;
}
