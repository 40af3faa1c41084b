/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/key-file.h"

#include "base/alg.h"
#include "base/message.h"
#include "base/sign.h"
#include "x509/form.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAP_SIZE = 65536, /* bytes of OpenSSL's secure heap: the key, its PEM and DER, several times */
	HEAP_UNIT = 32,
	LABEL_MAX = 64,
};

#define GIVE_ONE "give a PEM file with one private key"
#define USE_KEYGEN "generate a key on the token instead: p11bearer keygen"

/* --- finding it -------------------------------------------------------------------------------------------------- */

static int refuse_form(const char *name, enum form form, struct error *error)
{
	static const char *const hints[FORM_COUNT] = {
		[FORM_UTF16] = "convert it: iconv -f UTF-16 -t UTF-8",
		[FORM_DAMAGED] = "get the file again",
		[FORM_PRIVATE_KEY] = "convert it to PEM: openssl pkey -in FILE -aes256 -out NEW",
		[FORM_PKCS12] = "extract the key: openssl pkcs12 -nocerts -in FILE -out NEW",
		[FORM_JAVA_KEYSTORE] = "convert it to PKCS#12, and extract the key: openssl pkcs12 -nocerts",
		[FORM_ESCAPED] = "restore the line ends: printf %b \"$(cat FILE)\"",
		[FORM_COMPRESSED] = "unpack it",
		[FORM_JSON] = "convert a JWK to PEM; take a service account's key out: jq -r .private_key FILE",
	};

	error_set(error, ERROR_CONFIG, "%s holds no private key in PEM: it is %s", name,
		  form == FORM_PRIVATE_KEY ? "a private key in another form" : form_texts[form].name);
	error_hint(error, "%s", hints[form] != NULL ? hints[form] : GIVE_ONE);
	return -ERROR_CONFIG;
}

static int refuse_label(const char *name, const char *label, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s holds a key of another form: %s", name, label);
	if (strcmp(label, "OPENSSH PRIVATE KEY") == 0)
		error_hint(error, "convert a copy of the file: ssh-keygen -p -m PKCS8 -f COPY");
	else
		error_hint(error, "only RSA and EC keys in PKCS#8, PKCS#1 or SEC 1 can be imported");
	return -ERROR_CONFIG;
}

/* Reads the label of the block at `text`, and finds its end, which is NULL if the block is cut off. Returns false if
 * there is no label. */
static bool read_label(const char *text, char label[LABEL_MAX + 1], const char **end)
{
	const char *start = text + strlen("-----BEGIN "), *stop = strstr(start, "-----");
	size_t length = stop != NULL ? (size_t)(stop - start) : 0;
	char line[LABEL_MAX + 16];

	if (length == 0 || length > LABEL_MAX || memchr(start, '\n', length) != NULL)
		return false;
	memcpy(label, start, length);
	label[length] = '\0';
	snprintf(line, sizeof(line), "-----END %s-----", label);
	*end = strstr(stop, line);
	if (*end != NULL)
		*end += strlen(line);
	return true;
}

static bool is_accepted(const char *label)
{
	return strcmp(label, "PRIVATE KEY") == 0 || strcmp(label, "ENCRYPTED PRIVATE KEY") == 0 ||
	       strcmp(label, "RSA PRIVATE KEY") == 0 || strcmp(label, "EC PRIVATE KEY") == 0;
}

/* OpenSSL allows any spaces in the header field "Proc-Type: 4,ENCRYPTED" (RFC 1421 section 4.6.1.1). */
static bool is_encrypted(const struct key_block *block, const char *label)
{
	return strcmp(label, "ENCRYPTED PRIVATE KEY") == 0 ||
	       memmem(block->text, block->length, "Proc-Type:", strlen("Proc-Type:")) != NULL;
}

static int find_block(const char *name, const char *text, struct key_block *block, struct error *error)
{
	enum form first = FORM_UNKNOWN, form;
	char label[LABEL_MAX + 1];
	const char *end;
	size_t count = 0;

	for (; (text = strstr(text, "-----BEGIN ")) != NULL; text = end) {
		if (!read_label(text, label, &end))
			return refuse_form(name, FORM_DAMAGED, error);
		if (end == NULL) {
			error_set(error, ERROR_CONFIG, "%s is cut off: \"END %s\" is missing", name, label);
			error_hint(error, "get the file again");
			return -ERROR_CONFIG;
		}
		form = form_of_label(label, strlen(label));
		if (first == FORM_UNKNOWN)
			first = form;
		if (form != FORM_PRIVATE_KEY)
			continue;
		if (!is_accepted(label))
			return refuse_label(name, label, error);
		*block = (struct key_block){ .text = text, .length = (size_t)(end - text) };
		block->encrypted = is_encrypted(block, label);
		count++;
	}
	if (count == 1)
		return 0;
	if (count == 0)
		return refuse_form(name, first, error);
	error_set(error, ERROR_CONFIG, "%s holds %zu private keys", name, count);
	error_hint(error, GIVE_ONE);
	return -ERROR_CONFIG;
}

int key_file_find(const char *name, const struct secret *file, struct key_block *block, struct error *error)
{
	const char *text = secret_data(file);
	size_t length = secret_length(file);
	enum form form = form_of_text(text, length);

	if (form == FORM_UNKNOWN && strlen(text) < length) /* DER, most likely */
		form = form_of_der((const unsigned char *)text, length);
	else if (form == FORM_UNKNOWN && strstr(text, "-----BEGIN ") != NULL)
		return find_block(name, text, block, error);
	return refuse_form(name, form, error);
}

/* --- reading it -------------------------------------------------------------------------------------------------- */

static int give_passphrase(char *buffer, int room, int writing, void *context)
{
	const struct secret *passphrase = context;
	size_t length = secret_length(passphrase);

	(void)writing;
	if (length > (size_t)room)
		return -1;
	memcpy(buffer, secret_data(passphrase), length);
	return (int)length;
}

static EVP_PKEY *decrypt_pkcs8(const unsigned char *der, long length, const struct secret *passphrase)
{
	X509_SIG *sealed = d2i_X509_SIG(NULL, &der, length);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *key = NULL;

	if (sealed != NULL)
		info = PKCS8_decrypt(sealed, secret_data(passphrase), (int)secret_length(passphrase));
	if (info != NULL)
		key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(sealed);
	return key;
}

/* Decrypts (RFC 1421, unless it is PKCS#8) and decodes what PEM_read_bio_ex has read. In a damaged file, that may be
 * encrypted although the block that was found is not. */
static EVP_PKEY *decode(const char *label, char *header, unsigned char *der, long length,
			const struct secret *passphrase)
{
	const unsigned char *next = der;
	EVP_CIPHER_INFO cipher;

	if (strcmp(label, "ENCRYPTED PRIVATE KEY") == 0)
		return passphrase != NULL ? decrypt_pkcs8(der, length, passphrase) : NULL;
	if (!PEM_get_EVP_CIPHER_INFO(header, &cipher) || (cipher.cipher != NULL && passphrase == NULL))
		return NULL;
	if (cipher.cipher != NULL && !PEM_do_header(&cipher, der, &length, give_passphrase, (void *)passphrase))
		return NULL;
	return d2i_AutoPrivateKey(NULL, &next, length);
}

/* Whether OpenSSL has failed because it does not offer the cipher. Empties its queue of errors. */
static bool lacks_cipher(void)
{
	bool lacks = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		int reason = ERR_GET_REASON(code);

		lacks |= (ERR_GET_LIB(code) == ERR_LIB_EVP &&
			  (reason == ERR_R_UNSUPPORTED || reason == EVP_R_UNSUPPORTED_ALGORITHM ||
			   reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER)) ||
			 (ERR_GET_LIB(code) == ERR_LIB_PEM && reason == PEM_R_UNSUPPORTED_ENCRYPTION);
	}
	return lacks;
}

static int cannot_read(const char *name, const struct key_block *block, struct error *error)
{
	if (block->encrypted && lacks_cipher()) {
		error_set(error, ERROR_CONFIG, "cannot decrypt %s: OpenSSL does not offer its cipher", name);
		error_hint(error, "encrypt it again: "
				  "openssl pkey -provider legacy -provider default -in FILE -aes256 -out NEW");
	} else if (block->encrypted) {
		error_set(error, ERROR_CONFIG, "cannot decrypt %s: the passphrase is wrong, or the file is damaged",
			  name);
	} else {
		error_set(error, ERROR_CONFIG, "cannot read the private key in %s: it is damaged", name);
		error_hint(error, "check it: openssl pkey -in FILE -noout");
	}
	ERR_clear_error();
	return -ERROR_CONFIG;
}

static bool has_third_prime(const EVP_PKEY *key)
{
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_FACTOR3, NULL, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_PKEY_get_params(key, parameters) > 0 && OSSL_PARAM_modified(parameters);
}

static int check_type(const char *name, const EVP_PKEY *key, struct error *error)
{
	const char *type = EVP_PKEY_get0_type_name(key);
	char group[64] = "of unnamed parameters";

	if (EVP_PKEY_is_a(key, "EC")) {
		(void)EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		if (alg_of_curve(group) != ALG_AUTO)
			return 0;
		error_set(error, ERROR_CONFIG, "%s holds an EC key on another curve than P-256, P-384 and P-521: %s",
			  name, group);
	} else if (!EVP_PKEY_is_a(key, "RSA")) {
		error_set(error, ERROR_CONFIG, "%s holds neither an RSA nor an EC key: its type is %s", name,
			  type != NULL ? type : "unknown");
	} else if (has_third_prime(key)) {
		error_set(error, ERROR_CONFIG, "%s holds an RSA key of more than two primes, which tokens do not store",
			  name);
	} else if (EVP_PKEY_get_size(key) > SIGNATURE_MAX) {
		error_set(error, ERROR_CONFIG, "%s holds an RSA key of more than %d bits", name, SIGNATURE_MAX * 8);
	} else {
		return 0;
	}
	error_hint(error, USE_KEYGEN);
	ERR_clear_error();
	return -ERROR_CONFIG;
}

/* Without it, OpenSSL uses its ordinary heap, which is not locked. The random generators start first, so that they keep
 * their state in the ordinary heap: sanitizers look for leaks there, and not in the secure one. */
static void begin_heap(void)
{
	unsigned char byte;

	(void)(RAND_bytes(&byte, 1) > 0 && RAND_priv_bytes(&byte, 1) > 0);
	if (!CRYPTO_secure_malloc_initialized() && CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_UNIT) != 1)
		message_warn("cannot lock the memory for the key, so it may be written to swap");
}

int key_file_parse(const char *name, const struct key_block *block, const struct secret *passphrase, EVP_PKEY **key,
		   struct error *error)
{
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	long length = 0;
	BIO *bio;

	begin_heap();
	*key = NULL;
	bio = BIO_new_mem_buf(block->text, (int)block->length);
	if (bio == NULL)
		return error_memory(error);
	if (PEM_read_bio_ex(bio, &label, &header, &der, &length, PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) > 0)
		*key = decode(label, header, der, length, passphrase);
	OPENSSL_secure_free(label);
	OPENSSL_secure_free(header);
	OPENSSL_secure_clear_free(der, (size_t)length);
	BIO_free(bio);
	if (*key == NULL)
		return cannot_read(name, block, error);
	if (check_type(name, *key, error) == 0)
		return 0;
	EVP_PKEY_free(*key);
	*key = NULL;
	return error_result(error);
}
