/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer cert, p11bearer csr: a certificate or a request for a key on a token. */
#include "cmd/cmd.h"

#include "base/clock.h"
#include "base/message.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

static const struct settings_needed needed[] = {
	{ .id = SETTING_SUBJECT },
	{ .id = SETTING_KEY },
	{ .id = SETTING_NONE },
};

/* What a certificate or request is made of, and what it comes from. */
struct making {
	struct x509_params params;
	struct p11_request request;
	struct recorder *recorder;
	struct p11_key *key;
	X509_NAME *subject;
	STACK_OF(ASN1_OBJECT) *usages;
	bool stores, replaces;
};

static int sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	const struct making *making = context;
	struct p11_signer *signer;
	int result = p11_signer_open(&signer, making->key, error);
	double began = clock_ms();

	if (result == 0) {
		result = p11_signer_sign(signer, data, size, signature, length, error);
		result = record_signature(making->recorder, signer, making->params.public, NULL, began, result, error);
	}
	p11_signer_close(&signer);
	return result;
}

static int open_key(struct making *making, struct error *error)
{
	if (making->stores)
		return p11_key_open_to_store(&making->key, &making->request, making->replaces, error);
	if (making->replaces)
		return error_set(error, ERROR_USAGE, "--replace is without effect unless --store is given");
	return p11_key_open(&making->key, &making->request, false, error);
}

/* Parses the settings and opens the key. Always followed by end. */
static int begin(const struct settings *settings, struct making *making, struct error *error)
{
	const char *usages = settings_text(settings, SETTING_EKU);
	EVP_PKEY *public;

	*making = (struct making){
		.stores = settings_flag(settings, SETTING_STORE),
		.replaces = settings_flag(settings, SETTING_REPLACE),
	};
	if (settings_require(settings, needed, error) < 0 ||
	    x509_subject_parse(&making->subject, settings_text(settings, SETTING_SUBJECT), error) < 0 ||
	    (usages != NULL && x509_usages_parse(&making->usages, usages, error) < 0) ||
	    cmd_key_request(settings, NULL, &making->request, error) < 0 ||
	    cmd_recorder(settings, &making->request, &making->recorder, error) < 0 ||
	    open_key(making, error) < 0 ||
	    p11_key_public(making->key, &public, error) < 0)
		return error_result(error);
	making->params = (struct x509_params){
		.sign = sign,
		.context = making,
		.alg = p11_key_alg(making->key),
		.public = public,
		.subject = making->subject,
		.usages = making->usages,
		.days = settings_number(settings, SETTING_DAYS),
	};
	return 0;
}

static void end(struct making *making)
{
	EVP_PKEY_free(making->params.public);
	p11_key_close(&making->key);
	p11_uri_free(&making->request.uri);
	recorder_close(&making->recorder);
	X509_NAME_free(making->subject);
	sk_ASN1_OBJECT_pop_free(making->usages, ASN1_OBJECT_free);
}

/* Stores the certificate, which was output to `path` (NULL: stdout). */
static int store(const struct making *making, X509 *certificate, const char *path, struct error *error)
{
	size_t others;
	int result = p11_key_store(making->key, certificate, making->replaces, &others, error);

	if (result < 0)
		error_append(error, "; the certificate was written to %s, but is not on the token",
			     path != NULL ? path : "stdout");
	else if (others > 0)
		message_warn("the token contains %zu more certificate%s of this key", others, others > 1 ? "s" : "");
	return result;
}

static int run_cert(const struct settings *settings, struct error *error)
{
	struct making making;
	X509 *certificate = NULL;
	char *pem = NULL;
	size_t length;
	int result = begin(settings, &making, error);

	if (result == 0)
		result = x509_certificate_make(&making.params, &certificate, error);
	if (result == 0)
		result = x509_certificate_pem(certificate, &pem, &length, error);
	if (result == 0 && length > server_salesforce.certificate_max)
		message_warn("the certificate's PEM has %zu bytes; the org accepts at most %zu", length,
			     server_salesforce.certificate_max);
	if (result == 0)
		result = cmd_output(settings, pem, length, error);
	/* Last, because an object on a token is harder to remove than a file. */
	if (result == 0 && making.stores)
		result = store(&making, certificate, settings_text(settings, SETTING_OUT), error);
	free(pem);
	X509_free(certificate);
	end(&making);
	return result;
}

static int run_csr(const struct settings *settings, struct error *error)
{
	struct making making;
	X509_REQ *request = NULL;
	char *pem = NULL;
	size_t length;
	int result = begin(settings, &making, error);

	if (result == 0)
		result = x509_request_make(&making.params, &request, error);
	if (result == 0)
		result = x509_request_pem(request, &pem, &length, error);
	if (result == 0)
		result = cmd_output(settings, pem, length, error);
	free(pem);
	X509_REQ_free(request);
	end(&making);
	return result;
}

static const struct settings_usage cert_usage = {
	.command = "cert",
	.operands = "",
	.summary = "Makes a self-signed certificate for a key on a token.",
	.details = "The token signs it. The output is PEM.",
	.example = "p11bearer cert -k 'pkcs11:token=prod;object=jwt-key' --subject /CN=ci",
	.needed = needed,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_AUDIT,
	.own = { SETTING_SUBJECT, SETTING_DAYS, SETTING_EKU, SETTING_OUT, SETTING_STORE, SETTING_SO_PIN_FROM,
		 SETTING_REPLACE },
};
const struct command command_cert = { &cert_usage, run_cert, NULL };

static const struct settings_usage csr_usage = {
	.command = "csr",
	.operands = "",
	.summary = "Makes a certificate request for a key on a token.",
	.details = "The token signs the request (PKCS#10). The output is PEM.",
	.example = "p11bearer csr -k 'pkcs11:token=prod;object=jwt-key' --subject /CN=ci",
	.needed = needed,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_AUDIT,
	.own = { SETTING_SUBJECT, SETTING_EKU, SETTING_OUT },
};
const struct command command_csr = { &csr_usage, run_csr, NULL };
