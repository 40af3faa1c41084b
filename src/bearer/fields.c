/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/fields.h"

#include "x509/jose.h"
#include "x509/jwk.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* A template that is being filled in. */
struct filling {
	struct signer *signer;
	size_t which;
	const struct bearer_request *request;
	bool of_client_id; /* the template is that of the client id */
	bool json;         /* it is JSON, and the fields are within its strings */
	char *value;       /* of the last field; NULL: none, or the key's signer_key owns it */
	bool failed;       /* a field has no value; `why` says why */
	struct error why;
};

static struct signer_key *key_of(const struct filling *filling)
{
	return &filling->signer->keys[filling->which];
}

/* --- the key and its certificate --------------------------------------------------------------------------------- */

static const char *option_of(const struct filling *filling)
{
	return filling->which == 0 ? "--certificate" : "--next-certificate";
}

/* The key's public half. The first signature shows whether a certificate is the key's. The caller frees *public. */
static int find_public(const struct filling *filling, EVP_PKEY **public, struct error *error)
{
	const struct signer_key *key = key_of(filling);

	*public = key->own != NULL ? X509_get0_pubkey(key->own) : NULL;
	if (*public != NULL) {
		EVP_PKEY_up_ref(*public);
		return 0;
	}
	if (p11_signer_public(key->p11, public, error) == 0)
		return 0;
	if (key->path == NULL)
		error_hint(error, "give the key's certificate with %s", option_of(filling));
	return error_result(error);
}

/* Sets key->own. If the token does not show which of several certificates is the key's, the error lists them. */
static int find_own(const struct filling *filling, const char *name, struct error *error)
{
	struct signer_key *key = key_of(filling);
	EVP_PKEY *public = NULL;
	struct error ignored;
	int result;

	if (key->own != NULL)
		return 0;
	if (key->path == NULL) {
		error_set(error, ERROR_CONFIG, "%s cannot be computed without the key's certificate", name);
		error_hint(error, "give the certificate with %s", option_of(filling));
		return -ERROR_CONFIG;
	}
	(void)p11_signer_public(key->p11, &public, &ignored);
	result = x509_choose(&key->certificates, key->path, public, &key->own, error);
	EVP_PKEY_free(public);
	X509_free(key->own); /* the list has it, too */
	return result;
}

static int make_kid(EVP_PKEY *public, char **text, struct error *error)
{
	char thumbprint[JWK_THUMBPRINT_SIZE];

	if (jwk_thumbprint(public, thumbprint, error) < 0)
		return error_result(error);
	*text = strdup(thumbprint);
	return *text != NULL ? 0 : error_memory(error);
}

static int make_x5t(const struct signer_key *key, char **text, struct error *error)
{
	return jose_x5t(key->own, false, text, error);
}

static int make_x5t_s256(const struct signer_key *key, char **text, struct error *error)
{
	return jose_x5t(key->own, true, text, error);
}

static int make_x5c(const struct signer_key *key, char **text, struct error *error)
{
	return jose_x5c(key->own, &key->certificates, text, error);
}

static const struct {
	const char *name;
	int (*of_public)(EVP_PKEY *public, char **text, struct error *error);
	int (*of_certificate)(const struct signer_key *key, char **text, struct error *error);
} key_fields[SIGNER_FIELDS] = {
	{ "@kid", make_kid, NULL },
	{ "@spki", jose_spki, NULL },
	{ "@x5t", NULL, make_x5t },
	{ "@x5t-s256", NULL, make_x5t_s256 },
	{ "@x5c", NULL, make_x5c },
};

static int compute(const struct filling *filling, size_t field, char **text, struct error *error)
{
	EVP_PKEY *public;
	int result;

	if (key_fields[field].of_certificate != NULL) {
		result = find_own(filling, key_fields[field].name, error);
		return result == 0 ? key_fields[field].of_certificate(key_of(filling), text, error) : result;
	}
	if (find_public(filling, &public, error) < 0)
		return error_result(error);
	result = key_fields[field].of_public(public, text, error);
	EVP_PKEY_free(public);
	return result;
}

/* --- the request ------------------------------------------------------------------------------------------------- */

static int no_client_id(struct error *error)
{
	error_set(error, ERROR_CONFIG, "@client-id has no value");
	error_hint(error, "give it with --client-id");
	return -ERROR_CONFIG;
}

static int make_client_id(const struct filling *filling, char **text, struct error *error)
{
	const struct bearer_request *request = filling->request;

	*text = NULL;
	if (request->client_id == NULL || filling->of_client_id)
		return no_client_id(error);
	if ((request->computed & BEARER_ISS) != 0)
		return fields_fill(filling->signer, filling->which, request, request->client_id, text, error);
	*text = strdup(request->client_id);
	return *text != NULL ? 0 : error_memory(error);
}

static int make_instance_url(const struct filling *filling, char **text, struct error *error)
{
	return bearer_base(filling->request, text, error);
}

static int make_token_url(const struct filling *filling, char **text, struct error *error)
{
	return bearer_token_url(filling->request, text, error);
}

static const struct {
	const char *name;
	int (*make)(const struct filling *filling, char **text, struct error *error);
} request_fields[] = {
	{ "@client-id", make_client_id },
	{ "@token-url", make_token_url },
	{ "instance-url", make_instance_url },
};
enum { REQUEST_FIELDS = sizeof(request_fields) / sizeof(request_fields[0]) };

/* --- templates --------------------------------------------------------------------------------------------------- */

/* Replaces filling->value by what stands for it between the quotes of a JSON string. */
static int escape(struct filling *filling)
{
	cJSON *string = cJSON_CreateString(filling->value);
	char *json = cJSON_PrintUnformatted(string);

	cJSON_Delete(string);
	free(filling->value);
	filling->value = json != NULL ? strndup(json + 1, strlen(json) - 2) : NULL;
	cJSON_free(json);
	return filling->value != NULL ? 0 : error_memory(&filling->why);
}

/* The value of a field of the request. */
static const char *make(struct filling *filling, size_t field)
{
	free(filling->value);
	filling->failed = request_fields[field].make(filling, &filling->value, &filling->why) < 0 ||
			  (filling->json && escape(filling) < 0);
	return filling->value;
}

static const char *look_up(void *context, const char *name)
{
	struct filling *filling = context;
	char **values = key_of(filling)->fields;

	for (size_t i = 0; i < SIGNER_FIELDS; i++) {
		if (strcmp(key_fields[i].name, name) != 0)
			continue;
		if (values[i] == NULL)
			filling->failed = compute(filling, i, &values[i], &filling->why) < 0;
		return values[i];
	}
	for (size_t i = 0; i < REQUEST_FIELDS; i++) {
		if (strcmp(request_fields[i].name, name) == 0)
			return make(filling, i);
	}
	return NULL;
}

static int fill(struct filling *filling, const char *template, char **text, struct error *error)
{
	int result = braces_fill(template, look_up, filling, text, error);

	free(filling->value);
	if (filling->failed)
		*error = filling->why;
	return filling->failed ? error_result(error) : result;
}

int fields_fill(struct signer *signer, size_t which, const struct bearer_request *request, const char *template,
		char **text, struct error *error)
{
	struct filling filling = {
		.signer = signer, .which = which, .request = request,
		.of_client_id = template == request->client_id,
	};

	return fill(&filling, template, text, error);
}

int fields_fill_extra(struct signer *signer, size_t which, const struct bearer_request *request, enum jwt_part part,
		      const struct jwt_extra *extra, char **json, struct error *error)
{
	const char *template = extra->json;
	bool is_json = template[0] == '"' || template[0] == '[' || strncmp(template, "{{", 2) == 0;
	struct filling filling = { .signer = signer, .which = which, .request = request, .json = is_json };
	struct jwt_extra parsed = { .json = NULL };
	bool is_word = !is_json && braces_in(template) && strcmp(template, "{@x5c}") != 0;
	char *text;
	int result = fill(&filling, template, &text, error);

	*json = NULL;
	if (result < 0)
		return result;
	if (is_word)
		result = jwt_quote(text, json, error);
	else
		result = jwt_extra_parse(&parsed, part, extra->name, text, error);
	if (!is_word)
		*json = (char *)parsed.json;
	free(text);
	return result;
}
