/* SPDX-License-Identifier: Apache-2.0 */
/* The rotate component: the new key and its certificate, on a SoftHSM token. */
#include "unit.h"

#include "bearer/record.h"
#include "process/process.h"
#include "rotate/key.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>
#include <time.h>

static const time_t now = 1795694400; /* 2026-11-26 12:00 UTC */

/* --- a token ----------------------------------------------------------------------------------------------------- */

static char folder[64], module[512], pin_file[512], run_module[512];

static void read_line(FILE *stream, char *line, size_t size)
{
	assert_non_null(fgets(line, (int)size, stream));
	line[strcspn(line, "\n")] = '\0';
}

static int make_token(void **state)
{
	char command[2048], conf[512];
	FILE *stream;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/p11bearer-unit-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command), "settings=$(\"$SOURCE/softhsm/new-token\" %s test) && eval \"$settings\" && "
		 "printf '%%s\\n' \"$SOFTHSM2_CONF\" \"$MODULE\" \"$PIN_FILE\"", folder);
	stream = popen(command, "r");
	assert_non_null(stream);
	read_line(stream, conf, sizeof(conf));
	read_line(stream, module, sizeof(module));
	read_line(stream, pin_file, sizeof(pin_file));
	assert_int_equal(pclose(stream), 0);
	setenv("SOFTHSM2_CONF", conf, 1);
	setenv("UNIT_MODULE", module, 1);
	setenv("UNIT_PIN_FILE", pin_file, 1);
	snprintf(run_module, sizeof(run_module), "%s", module);
	return 0;
}

static int remove_token(void **state)
{
	(void)state;
	p11_end();
	return nftw(folder, unit_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A request for the URI; the caller frees request.uri. */
static struct p11_request request_of(const char *uri)
{
	struct p11_request request = { .module = run_module, .timeout = 30 };
	struct error error;

	request.pin_from = source_of_path(pin_file);
	assert_works(p11_uri_parse(&request.uri, uri, &error), &error);
	return request;
}

/* Makes an old key; returns its URI, which the caller frees. */
static char *make_old(const char *label, const struct p11_pair_type *type)
{
	struct p11_request request;
	struct error error;
	char text[128], *uri;

	snprintf(text, sizeof(text), "pkcs11:token=test;object=%s", label);
	request = request_of(text);
	assert_works(p11_key_generate(&request, type, &uri, &error), &error);
	p11_uri_free(&request.uri);
	return uri;
}

static EVP_PKEY *public_of(const char *uri)
{
	struct p11_request request = request_of(uri);
	struct error error;
	EVP_PKEY *public;
	enum alg alg;

	assert_works(p11_public_read(&request, true, &public, &alg, &error), &error);
	p11_uri_free(&request.uri);
	return public;
}

/* The objects of a class that the token has with the URI's id, which OpenSC 0.27 shows with colons. */
static int count_objects(const char *class, const char *uri)
{
	const char *id = strstr(uri, ";id=%") + 4;
	char command[1024], hex[64], line[32];
	size_t length = 0;
	FILE *stream;

	for (; *id == '%'; id += 3)
		length += (size_t)snprintf(hex + length, sizeof(hex) - length, "%.2s", id + 1);
	snprintf(command, sizeof(command), "PIN=$(cat \"$UNIT_PIN_FILE\") pkcs11-tool --module \"$UNIT_MODULE\" --login --pin "
		 "env:PIN --list-objects --type %s --id %s 2>/dev/null | tr -d : | grep -ci '^ *ID *%s'", class, hex, hex);
	stream = popen(command, "r");
	assert_non_null(stream);
	read_line(stream, line, sizeof(line));
	pclose(stream);
	return atoi(line);
}

/* Destroys one half of a pair, as if a run had been killed between the two. */
static void destroy_half(const char *class, const char *uri)
{
	const char *id = strstr(uri, ";id=%") + 4;
	char command[1024], hex[64];
	size_t length = 0;

	for (; *id == '%'; id += 3)
		length += (size_t)snprintf(hex + length, sizeof(hex) - length, "%.2s", id + 1);
	snprintf(command, sizeof(command), "PIN=$(cat \"$UNIT_PIN_FILE\") pkcs11-tool --module \"$UNIT_MODULE\" --login --pin "
		 "env:PIN --delete-object --type %s --id %s >/dev/null 2>&1", class, hex);
	assert_int_equal(system(command), 0);
	assert_int_equal(count_objects(class, uri), 0);
}

/* Runs a part of a test in a process of its own, with a module that has the fault. */
static void with_fault(const char *fault, void (*part)(const void *context), const void *context)
{
	int status;
	pid_t child;

	p11_end();
	child = fork();
	if (child == 0) {
		snprintf(run_module, sizeof(run_module), "%s/p11bearer-shim.so", getenv("DOUBLES"));
		setenv("P11SHIM_MODULE", module, 1);
		setenv("P11SHIM_FAULTS", fault, 1);
		part(context);
		process_end(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- names ------------------------------------------------------------------------------------------------------- */

static void assert_named(const char *old, const char *label)
{
	char text[512], *uri, *found;
	struct error error;

	snprintf(text, sizeof(text), "pkcs11:model=M;manufacturer=X;serial=1a;token=t;id=%%01;object=%s;type=private", old);
	assert_works(rotate_name_key(text, now, &uri, &error), &error);
	assert_works(p11_uri_label(uri, &found, &error), &error);
	assert_string_equal(found, label);
	assert_contains(uri, "pkcs11:model=M;manufacturer=X;serial=1a;token=t;id=%");
	assert_lacks(uri, ";id=%01;");
	free(found);
	free(uri);
}

static void test_names_key(void **state)
{
	char *uri;
	struct error error;

	(void)state;
	assert_named("jwt-key", "jwt-key-2026-11-26");
	assert_named("jwt-key-2025-01-31", "jwt-key-2026-11-26");
	assert_named("jwt-key-2025-01-31-12", "jwt-key-2026-11-26");
	assert_named("jwt-key-2026-11-26", "jwt-key-2026-11-26-2");
	assert_named("jwt-key-2026-11-26-2", "jwt-key-2026-11-26");
	assert_named("jwt-2026-11", "jwt-2026-11-2026-11-26");
	assert_named("key-1", "key-1-2026-11-26");
	assert_named("2025-01-31", "2025-01-31-2026-11-26");
	assert_named("-2025-01-31", "2026-11-26");
	assert_named("", "2026-11-26");
	assert_named("a%20b%3B%C3%A4", "a b;\xc3\xa4-2026-11-26");
	assert_works(rotate_name_key("pkcs11:token=t;object=a?pin-value=zebra&pin-source=file:/x", now, &uri, &error), &error);
	assert_lacks(uri, "pin-");
	assert_lacks(uri, "zebra");
	free(uri);
	assert_fails(rotate_name_key("nothing", now, &uri, &error), ERROR_CONFIG, &error);
	assert_null(uri);
}

static void assert_path(const char *old, const char *profile, const char *wanted, void **state)
{
	struct error error;
	char *path;

	assert_works(rotate_name_certificate(old, unit_path(state, "p11bearer.conf"), profile, now, &path, &error), &error);
	assert_string_equal(path, unit_path(state, wanted));
	free(path);
}

static void test_names_certificate(void **state)
{
	char *old = strdup(unit_path(state, "prod.cert.pem")), *path;
	struct error error;

	unit_put(old, "", 0, 0600);
	assert_path(old, "p", "prod.cert-2026-11-26.pem", state);
	unit_put(unit_path(state, "prod.cert-2026-11-26.pem"), "", 0, 0600);
	assert_path(old, "p", "prod.cert-2026-11-26-2.pem", state);
	assert_path(unit_path(state, "prod.cert-2026-11-26.pem"), "p", "prod.cert-2026-11-26-2.pem", state);
	assert_int_equal(symlink("nowhere", unit_path(state, "prod.cert-2026-11-26-2.pem")), 0);
	assert_path(old, "p", "prod.cert-2026-11-26-3.pem", state);
	unit_put(unit_path(state, "plain"), "", 0, 0600);
	assert_path(unit_path(state, "plain"), "p", "plain-2026-11-26", state);
	unit_put(unit_path(state, ".pem"), "", 0, 0600);
	assert_path(unit_path(state, ".pem"), "p", ".pem-2026-11-26", state);
	assert_path(NULL, "prod", "prod-2026-11-26.pem", state);
	assert_path(NULL, "a/../b c", "a_.._b_c-2026-11-26.pem", state);
	assert_path("/dev/null", "prod", "prod-2026-11-26.pem", state);
	assert_int_equal(chdir(((struct unit_folder *)*state)->path), 0);
	assert_path("plain", "p", "plain-2026-11-26", state);
	assert_int_equal(chdir("/"), 0);
	assert_fails(rotate_name_certificate(NULL, "/nonexistent/x.conf", "p", now, &path, &error), ERROR_CONFIG, &error);
	assert_null(path);
	free(old);
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

static void make_key(const struct p11_request *request, const char *uri, EVP_PKEY *like)
{
	EVP_PKEY *public;
	struct error error;

	assert_works(rotate_make_key(request, uri, like, &error), &error);
	assert_int_equal(count_objects("privkey", uri), 1);
	assert_int_equal(count_objects("pubkey", uri), 1);
	public = public_of(uri);
	assert_int_equal(EVP_PKEY_get_bits(public), EVP_PKEY_get_bits(like));
	assert_int_equal(EVP_PKEY_get_base_id(public), EVP_PKEY_get_base_id(like));
	assert_int_equal(EVP_PKEY_eq(public, like), 0);
	EVP_PKEY_free(public);
}

static void check_key(const char *label, const struct p11_pair_type *type)
{
	char *old = make_old(label, type), *uri;
	EVP_PKEY *like = public_of(old), *first, *second;
	struct p11_request request = request_of(old);
	struct error error;

	assert_works(rotate_name_key(old, now, &uri, &error), &error);
	make_key(&request, uri, like);
	first = public_of(uri);
	make_key(&request, uri, like); /* it is there */
	second = public_of(uri);
	assert_int_equal(EVP_PKEY_eq(first, second), 1);
	EVP_PKEY_free(second);
	destroy_half("pubkey", uri);
	make_key(&request, uri, like);
	destroy_half("privkey", uri);
	make_key(&request, uri, like);
	second = public_of(uri);
	assert_int_equal(EVP_PKEY_eq(first, second), 0);
	/* the old key is as it was */
	EVP_PKEY_free(second);
	second = public_of(old);
	assert_int_equal(EVP_PKEY_eq(like, second), 1);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	EVP_PKEY_free(like);
	p11_uri_free(&request.uri);
	free(uri);
	free(old);
}

static void test_makes_rsa_key(void **state)
{
	(void)state;
	check_key("rsa", &(struct p11_pair_type){ .bits = 2048 });
}

static void test_makes_ec_key(void **state)
{
	(void)state;
	check_key("ec", &(struct p11_pair_type){ .curve = "P-384" });
}

static void test_refuses_taken_label(void **state)
{
	const struct p11_pair_type type = { .curve = "P-256" };
	char *old = make_old("taken", &type), *other = make_old("taken-2026-11-26", &type), *uri;
	EVP_PKEY *like = public_of(old);
	struct p11_request request = request_of(old);
	struct error error;

	(void)state;
	assert_works(rotate_name_key(old, now, &uri, &error), &error);
	assert_fails(rotate_make_key(&request, uri, like, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, other);
	assert_int_equal(count_objects("pubkey", uri), 0);
	EVP_PKEY_free(like);
	p11_uri_free(&request.uri);
	free(uri);
	free(old);
	free(other);
}

struct pair {
	char *old, *uri;
	X509 *certificate; /* of the old one */
	const char *path;
	enum error_class class; /* of the failure */
};

static void refuse_key(const void *context)
{
	const struct pair *pair = context;
	struct p11_request request = request_of(pair->old);
	EVP_PKEY *like = public_of(pair->old);
	struct error error;

	assert_fails(rotate_make_key(&request, pair->uri, like, &error), pair->class, &error);
	assert_contains(error.hint, "--new-key");
	assert_contains(error.hint, "--so-pin-from");
	EVP_PKEY_free(like);
	p11_uri_free(&request.uri);
}

static void refuse_extractable(const void *context)
{
	const struct pair *pair = context;
	struct p11_request request = request_of(pair->old);
	EVP_PKEY *like = public_of(pair->old);
	struct error error;

	assert_fails(rotate_make_key(&request, pair->uri, like, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, "CKA_EXTRACTABLE");
	EVP_PKEY_free(like);
	p11_uri_free(&request.uri);
}

/* A pair that an interrupted run has made, and not read back. */
static void test_refuses_extractable_key(void **state)
{
	struct pair pair = { .old = make_old("leaves", &(struct p11_pair_type){ .curve = "P-256" }) };

	(void)state;
	pair.uri = make_old("leaves-2026-11-26", &(struct p11_pair_type){ .curve = "P-256" });
	with_fault("CKA_EXTRACTABLE:=1", refuse_extractable, &pair);
	free(pair.uri);
	free(pair.old);
}

/* A card that makes no keys. */
static void test_hints_new_key(void **state)
{
	static const struct {
		const char *fault;
		enum error_class class;
	} rows[] = {
		{ "C_GenerateKeyPair=CKR_FUNCTION_NOT_SUPPORTED", ERROR_TOKEN },
		{ "C_GenerateKeyPair=CKR_MECHANISM_INVALID", ERROR_TOKEN },
		{ "C_GenerateKeyPair=CKR_USER_NOT_LOGGED_IN", ERROR_PIN },
		{ "C_GenerateKeyPair=CKR_USER_TYPE_INVALID", ERROR_PIN },
		{ "C_GenerateKeyPair=CKR_TOKEN_WRITE_PROTECTED", ERROR_TOKEN },
	};
	struct pair pair = { .old = make_old("card", &(struct p11_pair_type){ .curve = "P-256" }) };
	struct error error;

	(void)state;
	assert_works(rotate_name_key(pair.old, now, &pair.uri, &error), &error);
	for (size_t i = 0; i < COUNT(rows); i++) {
		pair.class = rows[i].class;
		with_fault(rows[i].fault, refuse_key, &pair);
	}
	free(pair.uri);
	free(pair.old);
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

static int sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	return p11_signer_sign(context, data, size, signature, length, error);
}

/* The old key's certificate. */
static X509 *certify(const struct p11_request *request)
{
	struct x509_params params = { .sign = sign, .days = 90 };
	X509_NAME *subject;
	STACK_OF(ASN1_OBJECT) *usages;
	struct p11_key *key;
	struct p11_signer *signer;
	struct error error;
	X509 *certificate;

	assert_works(p11_key_open(&key, request, false, &error), &error);
	assert_works(p11_key_public(key, &params.public, &error), &error);
	assert_works(p11_signer_open(&signer, key, &error), &error);
	assert_works(x509_subject_parse(&subject, "/O=Example/CN=ci", &error), &error);
	assert_works(x509_usages_parse(&usages, "clientAuth,emailProtection", &error), &error);
	params.context = signer;
	params.alg = p11_key_alg(key);
	params.subject = subject;
	params.usages = usages;
	assert_works(x509_certificate_make(&params, &certificate, &error), &error);
	p11_signer_close(&signer);
	p11_key_close(&key);
	EVP_PKEY_free(params.public);
	X509_NAME_free(subject);
	sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
	return certificate;
}

static X509 *make_certificate(const struct p11_request *request, const char *uri, X509 *old, const char *path)
{
	struct error error;
	X509 *certificate;

	assert_works(rotate_make_certificate(request, uri, old, path, NULL, &certificate, &error), &error);
	assert_non_null(certificate);
	return certificate;
}

static void test_makes_certificate(void **state)
{
	const struct p11_pair_type type = { .curve = "P-256" };
	char *old = make_old("certified", &type), *uri;
	const char *path = unit_path(state, "new.pem");
	struct p11_request request = request_of(old);
	X509 *certificate = certify(&request), *first, *second;
	EVP_PKEY *public;
	struct error error;
	struct stat status;
	int days = 0, seconds = 0;

	assert_works(rotate_name_key(old, now, &uri, &error), &error);
	assert_works(rotate_make_key(&request, uri, X509_get0_pubkey(certificate), &error), &error);
	first = make_certificate(&request, uri, certificate, path);
	public = public_of(uri);
	assert_int_equal(EVP_PKEY_eq(public, X509_get0_pubkey(first)), 1);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(first), X509_get_subject_name(certificate)), 0);
	assert_int_equal(X509_get_extended_key_usage(first), XKU_SSL_CLIENT | XKU_SMIME);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(first), X509_get0_notAfter(first)), 1);
	assert_int_equal(days, 90);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(count_objects("cert", uri), 1);
	/* what exists is used */
	second = make_certificate(&request, uri, certificate, path);
	assert_int_equal(X509_cmp(first, second), 0);
	assert_int_equal(count_objects("cert", uri), 1);
	X509_free(second);
	destroy_half("cert", uri);
	second = make_certificate(&request, uri, certificate, path);
	assert_int_equal(X509_cmp(first, second), 0);
	assert_int_equal(count_objects("cert", uri), 1);
	X509_free(second);
	/* a file of somebody else is kept */
	unit_put(path, "mine", 4, 0600);
	assert_fails(rotate_make_certificate(&request, uri, certificate, path, NULL, &second, &error), ERROR_CONFIG, &error);
	assert_null(second);
	assert_string_equal(unit_content(path), "mine");
	X509_free(first);
	X509_free(certificate);
	EVP_PKEY_free(public);
	p11_uri_free(&request.uri);
	free(uri);
	free(old);
}

static void make_unstored(const void *context)
{
	const struct pair *pair = context;
	struct p11_request request = request_of(pair->old);

	unlink(pair->path);
	X509_free(make_certificate(&request, pair->uri, pair->certificate, pair->path));
	p11_uri_free(&request.uri);
}

/* A token that takes no certificates, or is read-only, is no failure. */
static void test_does_without_storing(void **state)
{
	static const char *const faults[] = {
		"C_CreateObject=CKR_FUNCTION_NOT_SUPPORTED", "C_CreateObject=CKR_USER_NOT_LOGGED_IN",
		"C_CreateObject=CKR_USER_TYPE_INVALID",
		"C_OpenSession#1=CKR_TOKEN_WRITE_PROTECTED",
	};
	const struct p11_pair_type type = { .curve = "P-256" };
	struct pair pair = { .old = make_old("unstored-old", &type), .uri = make_old("unstored", &type),
			     .path = unit_path(state, "new.pem") };
	struct p11_request request = request_of(pair.old);

	pair.certificate = certify(&request);
	for (size_t i = 0; i < COUNT(faults); i++) {
		with_fault(faults[i], make_unstored, &pair);
		assert_int_equal(count_objects("cert", pair.uri), 0);
	}
	X509_free(pair.certificate);
	p11_uri_free(&request.uri);
	free(pair.uri);
	free(pair.old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_key),	  TEST_IN_FOLDER(test_names_certificate),
		cmocka_unit_test(test_makes_rsa_key),	  cmocka_unit_test(test_makes_ec_key),
		cmocka_unit_test(test_refuses_taken_label), cmocka_unit_test(test_hints_new_key),
		cmocka_unit_test(test_refuses_extractable_key),
		TEST_IN_FOLDER(test_makes_certificate),	  TEST_IN_FOLDER(test_does_without_storing),
	};
	int status;

	stdout = fdopen(dup(STDOUT_FILENO), "w"); /* p11 diverts the descriptor */
	setenv("TZ", "UTC", 1);
	status = cmocka_run_group_tests(tests, make_token, remove_token);
	fflush(NULL);
	process_end(status);
}
