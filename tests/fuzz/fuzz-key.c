/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what finds and reads private keys in files. A key that is accepted is an RSA key, or an EC key on a curve of JWS.
 * Encrypted ones are only found: a count of iterations that the fuzzer makes up could take hours. */
#include "fuzz.h"

#include "base/alg.h"
#include "x509/key-file.h"

#include <openssl/evp.h>

static void read_key(const struct key_block *block)
{
	struct error error;
	EVP_PKEY *key;
	char group[64];

	if (key_file_parse("file", block, NULL, &key, &error) < 0) {
		expect(key == NULL && error.class == ERROR_CONFIG && error.text[0] != '\0', "a refusal says why");
		return;
	}
	expect(EVP_PKEY_is_a(key, "RSA") ||
	       (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) > 0 && alg_of_curve(group) != ALG_AUTO),
	       "the key can sign");
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret *file = secret_new(size + 1);
	struct key_block block;
	struct error error;

	if (file == NULL || secret_append(file, (const char *)data, size) < 0)
		return 0;
	if (key_file_find("file", file, &block, &error) < 0)
		expect(error.class == ERROR_CONFIG && error.text[0] != '\0', "a refusal says why");
	else if (!block.encrypted)
		read_key(&block);
	secret_free(&file);
	return 0;
}
