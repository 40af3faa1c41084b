/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer import: stores a private key from a file on a token. */
#include "cmd/cmd.h"

#include "base/descriptor.h"
#include "base/file.h"
#include "base/message.h"
#include "process/output.h"
#include "process/prompt.h"
#include "x509/key-file.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PASSPHRASE_MAX = 1024 }; /* bytes; OpenSSL accepts no longer ones for PKCS#1 and SEC 1 */

/* A wrong passphrase is an error of the file, not of the PIN: it uses up no try. */
static int read_passphrase(const struct settings *settings, const char *name, struct secret *passphrase,
			   struct error *error)
{
	const struct source_kind kind = { "passphrase", ERROR_CONFIG, PASSPHRASE_MAX,
					  settings_number(settings, SETTING_MODULE_TIMEOUT) };
	const struct prompt prompt = { name, "a passphrase", "--passphrase-from" };
	const char *text = settings_text(settings, SETTING_PASSPHRASE_FROM);
	struct source source = { .type = SOURCE_PROMPT };

	if (text != NULL && prompt_parse(&source, kind.name, text, error) < 0) {
		settings_blame(settings, SETTING_PASSPHRASE_FROM, error);
		return error_result(error);
	}
	return prompt_read(&source, &kind, &prompt, passphrase, error);
}

/* An imported key cannot have been generated on the token. */
static int refuse_requirement(const char *option, struct error *error)
{
	error_set(error, ERROR_NO_KEY, "%s refuses keys that were imported", option);
	error_hint(error, "generate a key on the token instead: p11bearer keygen");
	return -ERROR_NO_KEY;
}

static int parse_key(const struct settings *settings, const char *name, const struct secret *file, EVP_PKEY **key,
		     struct error *error)
{
	struct secret *passphrase = NULL;
	struct key_block block;
	int result = key_file_find(name, file, &block, error);

	if (result == 0 && block.encrypted) {
		passphrase = secret_new(64);
		result = passphrase != NULL ? read_passphrase(settings, name, passphrase, error) : error_memory(error);
	}
	if (result == 0)
		result = key_file_parse(name, &block, passphrase, key, error);
	secret_free(&passphrase);
	return result;
}

static int read_key(const struct settings *settings, const char *path, const char *name, EVP_PKEY **key,
		    struct error *error)
{
	struct secret *file = secret_new(4096);
	struct stat status;
	int result;

	if (file == NULL)
		return error_memory(error);
	result = file_read_secret(path, KEY_FILE_MAX, file, error);
	if (result == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		message_warn("%s is open to others (mode %04o), who may have copied the key", name,
			     (unsigned)status.st_mode & 07777U);
	if (result == 0)
		result = parse_key(settings, name, file, key, error);
	secret_free(&file);
	return result;
}

static void advise(const char *path, bool is_file)
{
	message_warn("the key existed outside the token, so --require-nonextractable refuses it");
	if (is_file)
		message_note("delete %s and its backups; no tool, not even shred, erases a file for certain from flash "
			     "storage or a journaling file system", path);
	else
		message_note("delete all copies of the key; no tool, not even shred, erases a file for certain from "
			     "flash storage or a journaling file system");
}

static int run(const struct settings *settings, struct error *error)
{
	const char *path = settings_operand(settings, 0), *name = path;
	int descriptor;
	bool is_file = strcmp(path, "-") != 0 && !descriptor_path(path, &descriptor);
	struct p11_request request;
	const struct p11_placing placing = cmd_placing(settings);
	struct recorder *recorder = NULL;
	EVP_PKEY *key = NULL;
	char *uri = NULL;
	int result = cmd_key_request(settings, settings_operand(settings, 1), &request, error);

	if (strcmp(path, "-") == 0) {
		path = "/dev/stdin";
		name = "standard input";
	}
	if (result == 0 && request.require_nonextractable)
		result = refuse_requirement("--require-nonextractable", error);
	if (result == 0 && request.attester != NULL)
		result = refuse_requirement("--require-attested", error);
	if (result == 0)
		result = read_key(settings, path, name, &key, error);
	if (result == 0)
		result = cmd_recorder(settings, &request, &recorder, error);
	if (result == 0)
		result = p11_key_import(&request, key, &placing, &uri, error);
	EVP_PKEY_free(key);
	if (result == 0)
		advise(name, is_file);
	if (result == 0 && (output_write(uri, strlen(uri), error) < 0 || output_write("\n", 1, error) < 0)) {
		error_append(error, "; the key was imported: %s", uri);
		result = error_result(error);
	}
	free(uri);
	p11_uri_free(&request.uri);
	recorder_close(&recorder);
	return result;
}

static const struct settings_usage usage = {
	.command = "import",
	.operands = "FILE URI",
	.operands_min = 2,
	.operands_max = 2,
	.summary = "Stores a private key from a file on a token and prints its URI.",
	.details = "FILE is PEM with one RSA or EC key, encrypted or not; - is standard input. URI\n"
		   "names the token, and the label and id of the new key, as for keygen. Prefer\n"
		   "keygen: a key that was imported has existed outside its token.",
	.example = "p11bearer import key.pem 'pkcs11:token=prod;object=jwt-key'",
	.groups = GROUP_TOKEN | GROUP_AUDIT,
	.own = { SETTING_PASSPHRASE_FROM, SETTING_TOUCH, SETTING_PIN_POLICY, SETTING_REPLACE, SETTING_SO_PIN_FROM },
};
const struct command command_import = { &usage, run, NULL };
