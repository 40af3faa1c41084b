/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer attest: what a token proves of a key. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "base/text.h"
#include "bearer/attest.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What is printed. */
struct proof {
	struct p11_attestation attestation;
	struct x509_attestation facts;
	struct x509_list chain; /* the attestation first */
	bool verified, tested;
};

/* A certificate of the chain, as text. */
struct link {
	char subject[256], issuer[256], beginning[32], end[32], fingerprint[X509_FINGERPRINT_SIZE];
	char *pem;
};

static int describe(X509 *certificate, struct link *link, struct error *error)
{
	size_t length;

	x509_subject(certificate, link->subject, sizeof(link->subject));
	x509_issuer(certificate, link->issuer, sizeof(link->issuer));
	x509_beginning(certificate, link->beginning, sizeof(link->beginning));
	x509_expiry(certificate, link->end, sizeof(link->end));
	x509_fingerprint(certificate, link->fingerprint);
	return x509_certificate_pem(certificate, &link->pem, &length, error);
}

static void format_firmware(const struct x509_attestation *facts, char text[16])
{
	snprintf(text, 16, "%u.%u.%u", facts->firmware[0], facts->firmware[1], facts->firmware[2]);
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static cJSON *link_json(const struct link *link)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "subject", link->subject);
	cJSON_AddStringToObject(object, "issuer", link->issuer);
	cJSON_AddStringToObject(object, "not_before", link->beginning);
	cJSON_AddStringToObject(object, "not_after", link->end);
	cJSON_AddStringToObject(object, "sha256", link->fingerprint);
	cJSON_AddStringToObject(object, "pem", link->pem);
	return object;
}

/* NULL is null. */
static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}

static char *print_json(const struct proof *proof, const struct link *links)
{
	const struct x509_attestation *facts = &proof->facts;
	char firmware[16], fingerprint[X509_FINGERPRINT_SIZE], *text;
	cJSON *root = cJSON_CreateObject(), *chain;

	format_firmware(facts, firmware);
	x509_key_fingerprint(proof->attestation.public, fingerprint);
	if (facts->has_serial)
		cJSON_AddNumberToObject(root, "serial", (double)facts->serial);
	else
		cJSON_AddNullToObject(root, "serial");
	cJSON_AddStringToObject(root, "firmware", firmware);
	add_text(root, "form_factor", facts->has_form ? x509_attestation_form(facts) : NULL);
	cJSON_AddStringToObject(root, "pin_policy", x509_attestation_pin(facts));
	cJSON_AddStringToObject(root, "touch_policy", x509_attestation_touch(facts));
	cJSON_AddStringToObject(root, "token_serial", proof->attestation.serial);
	add_text(root, "key", proof->attestation.uri);
	cJSON_AddStringToObject(root, "public_key_sha256", fingerprint);
	cJSON_AddBoolToObject(root, "verified", proof->verified);
	cJSON_AddBoolToObject(root, "tested", proof->tested);
	chain = cJSON_AddArrayToObject(root, "chain");
	for (size_t i = 0; i < proof->chain.count; i++)
		cJSON_AddItemToArray(chain, link_json(&links[i]));
	text = cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

/* The names come from a token. */
static void print_line(FILE *stream, const char *name, const char *value)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", value);
	text_line(text);
	fprintf(stream, "%s: %s\n", name, text);
}

static char *print_text(const struct proof *proof, const struct link *links)
{
	const struct x509_attestation *facts = &proof->facts;
	char firmware[16], number[24], fingerprint[X509_FINGERPRINT_SIZE], *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (stream == NULL)
		return NULL;
	format_firmware(facts, firmware);
	snprintf(number, sizeof(number), "%lu", facts->serial);
	x509_key_fingerprint(proof->attestation.public, fingerprint);
	print_line(stream, "serial", facts->has_serial ? number : "not stated");
	print_line(stream, "firmware", firmware);
	print_line(stream, "form factor", facts->has_form ? x509_attestation_form(facts) : "not stated");
	print_line(stream, "PIN policy", x509_attestation_pin(facts));
	print_line(stream, "touch policy", x509_attestation_touch(facts));
	print_line(stream, "token serial", proof->attestation.serial);
	if (proof->attestation.uri != NULL)
		fprintf(stream, "key: %s\n", proof->attestation.uri);
	print_line(stream, "public key", fingerprint);
	print_line(stream, "verified", proof->verified ? "yes" : "no");
	print_line(stream, "tested", proof->tested ? "yes" : "no");
	for (size_t i = 0; i < proof->chain.count; i++) {
		print_line(stream, "certificate", links[i].subject);
		print_line(stream, "  expires", links[i].end);
		print_line(stream, "  SHA-256", links[i].fingerprint);
	}
	for (size_t i = 0; i < proof->chain.count; i++)
		fputs(links[i].pem, stream);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

static int print(const struct settings *settings, const struct proof *proof, struct error *error)
{
	struct link *links = calloc(proof->chain.count + 1, sizeof(*links));
	bool json = settings_flag(settings, SETTING_JSON);
	char *text = NULL;
	int result = links == NULL ? error_memory(error) : 0;

	for (size_t i = 0; i < proof->chain.count && result == 0; i++)
		result = describe(proof->chain.list[i], &links[i], error);
	if (result == 0)
		text = json ? print_json(proof, links) : print_text(proof, links);
	if (result == 0 && text == NULL)
		result = error_memory(error);
	if (result == 0)
		result = json ? cmd_output_json(settings, text, error) :
				cmd_output(settings, text, strlen(text), error);
	for (size_t i = 0; i < proof->chain.count && links != NULL; i++)
		free(links[i].pem);
	free(links);
	free(text);
	return result;
}

/* The roots of --roots, else of attestation-roots; NULL: neither is given. */
static int take_roots(const struct settings *settings, const struct x509_roots **roots, struct error *error)
{
	enum setting_id id = settings_text(settings, SETTING_ROOTS) != NULL ? SETTING_ROOTS : SETTING_ATTESTATION_ROOTS;

	return cmd_roots(settings, id, roots, error);
}

static int run(const struct settings *settings, struct error *error)
{
	struct proof proof = { .tested = settings_flag(settings, SETTING_LOGIN) };
	const struct x509_roots *roots = NULL;
	struct recorder *recorder = NULL;
	struct p11_request request;
	int result = cmd_key_request(settings, settings_operand(settings, 0), &request, error);

	if (result == 0)
		result = take_roots(settings, &roots, error);
	if (result == 0)
		result = cmd_recorder(settings, &request, &recorder, error);
	if (result == 0)
		result = p11_attestation_read(&request, proof.tested, &proof.attestation, error);
	if (result == 0)
		result = attest_prove(roots, &proof.attestation, &proof.facts, &proof.chain, error);
	proof.verified = result == 0 && roots != NULL;
	if (result == 0 && roots == NULL)
		message_warn("nothing was verified: give the vendor's certificates with --roots, or as "
			     "attestation-roots in a configuration file");
	if (result == 0)
		result = print(settings, &proof, error);
	x509_list_clear(&proof.chain);
	p11_attestation_clear(&proof.attestation);
	p11_uri_free(&request.uri);
	recorder_close(&recorder);
	return result;
}

static const struct settings_usage usage = {
	.command = "attest",
	.operands = "URI",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Shows and verifies a YubiKey's proof that it made a key.",
	.details = "The proof is an attestation: a certificate that a YubiKey makes for a key that\n"
		   "it generated. Without --login, no PIN is used if the URI has an id.",
	.example = "p11bearer attest 'pkcs11:token=prod;id=%01' --roots yubico.pem",
	.groups = GROUP_TOKEN | GROUP_AUDIT,
	.own = { SETTING_ROOTS, SETTING_LOGIN, SETTING_JSON, SETTING_OUT },
};
const struct command command_attest = { &usage, run, NULL };
