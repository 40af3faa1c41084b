/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer cert, p11bearer csr: a certificate or a request for a key on a token. */
#include "cmd/cmd.h"

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

/* Opens the key and gets its public key. The caller frees request->uri with p11_uri_free, also after a failure. */
static int open_key(const struct settings *settings, bool writable, struct p11_request *request, struct p11_key **key,
		    EVP_PKEY **public, X509_NAME **subject, struct error *error)
{
	request->uri = NULL;
	*subject = NULL;
	if (settings_require(settings, needed, error) < 0)
		return error_result(error);
	if (x509_subject_parse(subject, settings_text(settings, SETTING_SUBJECT), error) < 0 ||
	    cmd_key_request(settings, NULL, request, error) < 0 || p11_key_open(key, request, writable, error) < 0)
		return error_result(error);
	return p11_key_public(*key, public, error);
}

static int sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	struct p11_signer *signer;
	int result = p11_signer_open(&signer, context, error);

	if (result == 0)
		result = p11_signer_sign(signer, data, size, signature, length, error);
	p11_signer_close(&signer);
	return result;
}

static int store(struct p11_key *key, X509 *certificate, struct error *error)
{
	size_t others;
	int result = p11_key_store(key, certificate, &others, error);

	if (result == 0 && others > 0)
		message_warn("the token contains %zu more certificate%s of this key", others, others > 1 ? "s" : "");
	return result;
}

static int run_cert(const struct settings *settings, struct error *error)
{
	bool storing = settings_flag(settings, SETTING_STORE);
	EVP_PKEY *public = NULL;
	struct p11_request key_request;
	struct p11_key *key = NULL;
	X509 *certificate = NULL;
	X509_NAME *subject;
	char *pem = NULL;
	size_t length;
	int result = open_key(settings, storing, &key_request, &key, &public, &subject, error);

	if (result == 0)
		result = x509_certificate_make(sign, key, public, subject, settings_number(settings, SETTING_DAYS),
					       &certificate, error);
	if (result == 0)
		result = x509_certificate_pem(certificate, &pem, &length, error);
	if (result == 0 && length > server_salesforce.certificate_max)
		message_warn("the certificate's PEM has %zu bytes; the org accepts at most %zu", length,
			     server_salesforce.certificate_max);
	if (result == 0)
		result = cmd_output(settings, pem, length, error);
	/* Last, because an object on a token is harder to remove than a file. */
	if (result == 0 && storing)
		result = store(key, certificate, error);
	free(pem);
	X509_free(certificate);
	EVP_PKEY_free(public);
	p11_key_close(&key);
	p11_uri_free(&key_request.uri);
	X509_NAME_free(subject);
	return result;
}

static int run_csr(const struct settings *settings, struct error *error)
{
	EVP_PKEY *public = NULL;
	struct p11_request key_request;
	struct p11_key *key = NULL;
	X509_REQ *request = NULL;
	X509_NAME *subject;
	char *pem = NULL;
	size_t length;
	int result = open_key(settings, false, &key_request, &key, &public, &subject, error);

	if (result == 0)
		result = x509_request_make(sign, key, public, subject, &request, error);
	if (result == 0)
		result = x509_request_pem(request, &pem, &length, error);
	if (result == 0)
		result = cmd_output(settings, pem, length, error);
	free(pem);
	X509_REQ_free(request);
	EVP_PKEY_free(public);
	p11_key_close(&key);
	p11_uri_free(&key_request.uri);
	X509_NAME_free(subject);
	return result;
}

static const struct settings_usage cert_usage = {
	.command = "cert",
	.operands = "",
	.summary = "Makes a self-signed certificate for a key on a token.",
	.details = "The token signs it. The output is PEM.",
	.example = "p11bearer cert -k 'pkcs11:token=prod;object=jwt-key' --subject /CN=ci",
	.needed = needed,
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_SUBJECT, SETTING_DAYS, SETTING_OUT, SETTING_STORE },
};
const struct command command_cert = { &cert_usage, run_cert, NULL };

static const struct settings_usage csr_usage = {
	.command = "csr",
	.operands = "",
	.summary = "Makes a certificate request for a key on a token.",
	.details = "The token signs the request (PKCS#10). The output is PEM.",
	.example = "p11bearer csr -k 'pkcs11:token=prod;object=jwt-key' --subject /CN=ci",
	.needed = needed,
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_SUBJECT, SETTING_OUT },
};
const struct command command_csr = { &csr_usage, run_csr, NULL };
