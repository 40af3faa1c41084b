/* SPDX-License-Identifier: Apache-2.0 */
/* Chains from attestations to the vendor's roots: which are accepted, and which certificate the refusals name. The
 * program openssl must come to the same result, except where a row says why not. */
#include "attestations.h"

#include "base/file.h"
#include "x509/attestation.h"

#include <openssl/pem.h>

static EVP_PKEY *root_key, *upper_key, *lower_key, *device_key, *key, *other_key, *weak_key; /* made once */

static const struct raw_extension facts[6] = { FIRMWARE, SERIAL, POLICIES, FORM };

static int make_keys(void **state)
{
	EVP_PKEY **const keys[] = { &root_key, &upper_key, &lower_key, &device_key, &key, &other_key };
	bool made = true;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		made &= (*keys[i] = EVP_EC_gen("P-256")) != NULL;
	weak_key = EVP_RSA_gen(1024);
	return !made || weak_key == NULL;
}

static int free_keys(void **state)
{
	EVP_PKEY *const keys[] = { root_key, upper_key, lower_key, device_key, key, other_key, weak_key };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

/* --- certificates of each kind ----------------------------------------------------------------------------------- */

static struct spec root_spec(void)
{
	return (struct spec){ .subject = "Root", .issuer = "Root", .key = root_key, .issuer_key = root_key,
			      .basic = "CA:TRUE,pathlen:1", .usage = "critical,keyCertSign,cRLSign" };
}

static struct spec device_spec(void)
{
	return (struct spec){ .subject = "Yubico PIV Attestation", .issuer = "Root", .key = device_key,
			      .issuer_key = root_key, .basic = "critical,CA:TRUE,pathlen:0" };
}

static struct spec leaf_spec(void)
{
	struct spec spec = { .subject = "YubiKey PIV Attestation 9a", .issuer = "Yubico PIV Attestation", .key = key,
			     .issuer_key = device_key };

	memcpy(spec.raw, facts, sizeof(spec.raw));
	return spec;
}

/* The certificate in slot f9 of firmware that the vendor issued without basicConstraints. */
static struct spec old_device_spec(void)
{
	struct spec spec = device_spec();

	spec.basic = NULL;
	spec.raw[0] = (struct raw_extension)FIRMWARE;
	return spec;
}

/* As from firmware 5.7.4 on: two intermediates. */
static struct spec upper_spec(void)
{
	return (struct spec){ .subject = "Intermediate B 1", .issuer = "Root 1", .key = upper_key, .issuer_key = root_key,
			      .basic = "critical,CA:TRUE,pathlen:2", .usage = "critical,keyCertSign,cRLSign" };
}

static struct spec lower_spec(void)
{
	return (struct spec){ .subject = "PIV B 1", .issuer = "Intermediate B 1", .key = lower_key,
			      .issuer_key = upper_key, .basic = "critical,CA:TRUE,pathlen:1",
			      .usage = "critical,keyCertSign,cRLSign" };
}

/* --- one verification -------------------------------------------------------------------------------------------- */

enum { FILE_CERTIFICATES = 6 };

struct scene {
	X509 *leaf, *device, *file[FILE_CERTIFICATES]; /* NULL: none */
	time_t now;
};

static void clear(struct scene *scene)
{
	X509_free(scene->leaf);
	X509_free(scene->device);
	for (size_t i = 0; i < FILE_CERTIFICATES; i++)
		X509_free(scene->file[i]);
}

static X509 *made(struct spec spec)
{
	return certificate_make(&spec);
}

/* Of firmware before 5.7.4. */
static struct scene scene_new(void)
{
	return (struct scene){ .leaf = made(leaf_spec()), .device = made(device_spec()), .file = { made(root_spec()) },
			       .now = NOW };
}

/* Of firmware from 5.7.4 on. */
static struct scene scene_new_5_7(void)
{
	struct scene scene = { .leaf = made(leaf_spec()), .now = NOW };
	struct spec root = root_spec(), device = device_spec();

	root.subject = root.issuer = "Root 1";
	root.basic = "critical,CA:TRUE,pathlen:3";
	device.issuer = "PIV B 1";
	device.issuer_key = lower_key;
	scene.device = made(device);
	scene.file[0] = made(lower_spec());
	scene.file[1] = made(upper_spec());
	scene.file[2] = made(root);
	return scene;
}

static X509 *replace(X509 **certificate, struct spec spec)
{
	X509_free(*certificate);
	return *certificate = certificate_make(&spec);
}

static int verify(const struct scene *scene, struct x509_list *chain, struct error *error)
{
	struct x509_roots roots = { .path = "FILE" };
	int result;

	for (size_t i = 0; i < FILE_CERTIFICATES; i++) {
		if (scene->file[i] == NULL)
			continue;
		X509_up_ref(scene->file[i]);
		assert_works(x509_list_add(&roots.list, scene->file[i], error), error);
	}
	result = x509_attestation_verify(&roots, scene->leaf, scene->device, scene->now, chain, error);
	x509_roots_clear(&roots);
	return result;
}

/* Writes the certificates that are roots (1), those that are not (0), or all (-1). Returns how many. */
static size_t put(const char *path, X509 *const *certificates, size_t count, int want_root)
{
	FILE *file = fopen(path, "w");
	size_t written = 0;

	assert_non_null(file);
	for (size_t i = 0; i < count; i++) {
		bool is_root = certificates[i] != NULL && X509_self_signed(certificates[i], 1) == 1;

		if (certificates[i] != NULL && (want_root < 0 || is_root == (want_root == 1))) {
			assert_int_equal(PEM_write_X509(file, certificates[i]), 1);
			written++;
		}
	}
	assert_int_equal(fclose(file), 0);
	return written;
}

/* What the program openssl says. */
static bool openssl_accepts(void **state, const struct scene *scene)
{
	const char *roots = unit_path(state, "roots"), *others = unit_path(state, "others"),
		   *leaf = unit_path(state, "leaf");
	X509 *untrusted[FILE_CERTIFICATES + 1] = { scene->device };
	char command[2048], option[600] = "";

	memcpy(untrusted + 1, scene->file, sizeof(scene->file));
	put(roots, scene->file, FILE_CERTIFICATES, 1);
	if (put(others, untrusted, COUNT(untrusted), 0) > 0)
		snprintf(option, sizeof(option), "-untrusted %s", others);
	put(leaf, &scene->leaf, 1, -1);
	snprintf(command, sizeof(command), "openssl verify -auth_level 2 -attime %lld -trusted %s %s %s >/dev/null "
		 "2>&1", (long long)scene->now, roots, option, leaf);
	return system(command) == 0;
}

static void accepts(void **state, struct scene *scene, size_t length, bool openssl_too)
{
	struct error error = { 0 };
	struct x509_list chain;

	assert_works(verify(scene, &chain, &error), &error);
	assert_int_equal(chain.count, length);
	assert_int_equal(X509_cmp(chain.list[0], scene->leaf), 0);
	if (scene->device != NULL)
		assert_int_equal(X509_cmp(chain.list[1], scene->device), 0);
	assert_int_equal(X509_self_signed(chain.list[length - 1], 1), 1);
	x509_list_clear(&chain);
	assert_works(verify(scene, NULL, &error), &error);
	assert_int_equal(openssl_accepts(state, scene), openssl_too);
	clear(scene);
}

static void refuses(void **state, struct scene *scene, const char *text, bool openssl_too)
{
	struct error error = { 0 };
	struct x509_list chain;

	assert_fails(verify(scene, &chain, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, text);
	assert_int_equal(chain.count, 0);
	assert_null(chain.list);
	assert_int_equal(openssl_accepts(state, scene), !openssl_too);
	clear(scene);
}

/* --- accepted ---------------------------------------------------------------------------------------------------- */

static void test_old_chain(void **state)
{
	struct scene scene = scene_new();

	accepts(state, &scene, 3, true);
}

static void test_new_chain(void **state)
{
	struct scene scene = scene_new_5_7();

	accepts(state, &scene, 5, true);
}

static void test_file_of_all_roots(void **state)
{
	struct scene scene = scene_new_5_7();
	struct spec foreign = root_spec();

	foreign.subject = foreign.issuer = "Other";
	foreign.key = foreign.issuer_key = other_key;
	scene.file[3] = made(root_spec());
	scene.file[4] = made(foreign);
	accepts(state, &scene, 5, true);
}

static void test_device_may_be_in_the_file(void **state)
{
	struct scene scene = scene_new();

	scene.file[1] = scene.device;
	scene.device = NULL;
	accepts(state, &scene, 3, true);
}

static void test_own_root_in_slot_f9(void **state)
{
	struct scene scene = scene_new();
	struct spec own = device_spec();

	own.issuer = own.subject;
	own.issuer_key = device_key;
	replace(&scene.file[0], own);
	replace(&scene.device, own);
	/* Two certificates of the same key; the one in the file counts. */
	X509_free(scene.device);
	X509_up_ref(scene.file[0]);
	scene.device = scene.file[0];
	accepts(state, &scene, 2, true);
}

/* The vendor issued its root again with the same name, key and serial number, because of the path length. */
static void test_roots_with_the_same_name_and_key(void **state)
{
	for (int order = 0; order < 2; order++) {
		struct scene scene = scene_new();
		struct spec old = root_spec();
		struct error error = { 0 };

		old.basic = "CA:TRUE,pathlen:0";
		scene.file[1] = scene.file[0];
		scene.file[0] = NULL;
		scene.file[order * 2] = made(old);
		assert_works(verify(&scene, NULL, &error), &error); /* openssl depends on the order */
		clear(&scene);
	}
	(void)state;
}

static void test_roots_with_the_same_name_and_other_keys(void **state)
{
	for (int order = 0; order < 2; order++) {
		struct scene scene = scene_new();
		struct spec other = root_spec();
		struct error error = { 0 };

		other.key = other.issuer_key = other_key;
		scene.file[1] = scene.file[0];
		scene.file[0] = NULL;
		scene.file[order * 2] = made(other);
		assert_works(verify(&scene, NULL, &error), &error);
		clear(&scene);
	}
	(void)state;
}

/* openssl refuses it: the vendor's error, see is_old_device. */
static void test_old_device_without_basic_constraints(void **state)
{
	struct scene scene = scene_new();

	replace(&scene.device, old_device_spec());
	accepts(state, &scene, 3, false);
}

/* --- refused: who signed ----------------------------------------------------------------------------------------- */

#define NOT_SIGNED "the certificate in slot f9, CN=Yubico PIV Attestation, was not signed by any of the roots in FILE; " \
		   "the attestation key may have been replaced, or FILE is not the one for this firmware"

static void test_foreign_root(void **state)
{
	struct scene scene = scene_new();
	struct spec foreign = root_spec();

	foreign.subject = foreign.issuer = "Other";
	foreign.key = foreign.issuer_key = other_key;
	replace(&scene.file[0], foreign);
	refuses(state, &scene, NOT_SIGNED, true);
}

static void test_foreign_root_with_the_same_name(void **state)
{
	struct scene scene = scene_new();
	struct spec foreign = root_spec();

	foreign.key = foreign.issuer_key = other_key;
	replace(&scene.file[0], foreign);
	refuses(state, &scene, NOT_SIGNED, true);
}

/* Names itself as its issuer, but was not signed with its own key: openssl, too, does not trust it. */
static void test_root_with_a_wrong_signature(void **state)
{
	struct scene scene = scene_new();
	struct spec foreign = root_spec(), forged = root_spec();

	foreign.subject = foreign.issuer = "Other";
	foreign.key = foreign.issuer_key = other_key;
	forged.issuer_key = other_key;
	replace(&scene.file[0], foreign);
	scene.file[1] = made(forged);
	refuses(state, &scene, "the certificate CN=Root in FILE was not signed by any of the roots in FILE", true);
}

static void test_replaced_and_self_signed_f9(void **state)
{
	struct scene scene = scene_new();
	struct spec own = device_spec();

	own.subject = own.issuer = "Mine";
	own.key = own.issuer_key = other_key;
	replace(&scene.device, own);
	struct spec leaf = leaf_spec();
	leaf.issuer = "Mine";
	leaf.issuer_key = other_key;
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the certificate in slot f9, CN=Mine, was not signed by any of the roots in FILE", true);
}

static void test_key_in_f9_without_its_certificate(void **state)
{
	struct scene scene = scene_new();
	struct spec leaf = leaf_spec();

	leaf.issuer_key = other_key;
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the attestation CN=YubiKey PIV Attestation 9a was not signed with the key of the "
		"certificate in slot f9, CN=Yubico PIV Attestation", true);
	scene = scene_new();
	leaf = leaf_spec();
	leaf.issuer = "Another";
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "was not signed with the key of the certificate in slot f9", true);
}

static void test_f9_is_not_shown(void **state)
{
	struct scene scene = scene_new();

	X509_free(scene.device);
	scene.device = NULL;
	refuses(state, &scene, "the attestation CN=YubiKey PIV Attestation 9a was not signed by any of the roots in FILE; "
		"the token does not show the certificate in slot f9", true);
}

static void test_missing_intermediate(void **state)
{
	struct scene scene = scene_new_5_7();

	X509_free(scene.file[1]);
	scene.file[1] = NULL;
	refuses(state, &scene, "the certificate CN=PIV B 1 in FILE was not signed by any of the roots in FILE", true);
}

/* A user with one YubiKey can sign anything with an attested key. */
static void test_attested_key_cannot_attest(void **state)
{
	struct scene scene = scene_new();
	struct spec fake = leaf_spec();

	fake.subject = "YubiKey PIV Attestation 9c";
	fake.issuer = "YubiKey PIV Attestation 9a";
	fake.issuer_key = key;
	fake.key = other_key;
	scene.file[1] = scene.device; /* even if the one in slot f9 is known */
	scene.device = scene.leaf;
	scene.leaf = made(fake);
	refuses(state, &scene, "the certificate in slot f9, CN=YubiKey PIV Attestation 9a, cannot be verified: "
		"invalid CA certificate", true);
}

/* So can one who has named a root after slot f9. */
static void test_attested_key_cannot_attest_below_own_root(void **state)
{
	struct scene scene = scene_new();
	struct spec own = device_spec(), leaf = leaf_spec(), fake = leaf_spec();

	own.issuer = own.subject;
	own.issuer_key = device_key;
	own.basic = "critical,CA:TRUE";
	replace(&scene.file[0], own);
	replace(&scene.device, leaf);
	fake.subject = "YubiKey PIV Attestation 9c";
	fake.issuer = "YubiKey PIV Attestation 9a";
	fake.issuer_key = key;
	replace(&scene.leaf, fake);
	refuses(state, &scene, "invalid CA certificate", true);
}

/* --- refused: what the certificates say -------------------------------------------------------------------------- */

static void test_expired(void **state)
{
	struct scene scene = scene_new();

	scene.now = NOW + 101 * DAY;
	refuses(state, &scene, "certificate has expired (2027-04-25T08:00:00Z)", true);
	scene = scene_new();
	struct spec device = device_spec();
	device.from = -100;
	device.to = -1;
	replace(&scene.device, device);
	refuses(state, &scene, "the certificate in slot f9, CN=Yubico PIV Attestation, cannot be verified: certificate "
		"has expired (2027-01-14T08:00:00Z)", true);
	scene = scene_new();
	struct spec root = root_spec();
	root.from = -100;
	root.to = -2;
	replace(&scene.file[0], root);
	refuses(state, &scene, "the certificate CN=Root in FILE cannot be verified: certificate has expired", true);
}

static void test_not_yet_valid(void **state)
{
	struct scene scene = scene_new();
	char text[200];

	scene.now = NOW - 101 * DAY;
	/* Other versions of OpenSSL say more. */
	snprintf(text, sizeof(text), "%s (2026-10-07T08:00:00Z)",
		 X509_verify_cert_error_string(X509_V_ERR_CERT_NOT_YET_VALID));
	refuses(state, &scene, text, true);
}

static void test_ca_as_attestation(void **state)
{
	struct scene scene = scene_new();
	struct spec leaf = leaf_spec(), device = device_spec();

	leaf.basic = "CA:TRUE";
	device.basic = "critical,CA:TRUE,pathlen:1";
	replace(&scene.leaf, leaf);
	replace(&scene.device, device);
	refuses(state, &scene, "cannot be verified: it is a CA's certificate", false);
}

static void test_device_that_is_no_ca(void **state)
{
	struct scene scene = scene_new();
	struct spec device = device_spec();

	device.basic = "CA:FALSE";
	replace(&scene.device, device);
	refuses(state, &scene, "the certificate in slot f9, CN=Yubico PIV Attestation, cannot be verified: invalid CA "
		"certificate", true);
	scene = scene_new();
	device = device_spec();
	device.usage = "digitalSignature";
	replace(&scene.device, device);
	refuses(state, &scene, "the certificate in slot f9, CN=Yubico PIV Attestation, ", true);
}

/* Only the vendor's own name, and only where a root signed it. */
static void test_old_device_elsewhere(void **state)
{
	struct scene scene = scene_new();
	struct spec device = old_device_spec(), leaf = leaf_spec();

	device.subject = "Yubico PIV Attestation 2";
	leaf.issuer = device.subject;
	replace(&scene.device, device);
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "invalid CA certificate", true);
	scene = scene_new_5_7();
	device = old_device_spec();
	device.issuer = "PIV B 1";
	device.issuer_key = lower_key;
	replace(&scene.device, device);
	refuses(state, &scene, "invalid CA certificate", true);
	scene = scene_new();
	device = old_device_spec();
	device.usage = "digitalSignature";
	replace(&scene.device, device);
	refuses(state, &scene, "the certificate in slot f9, CN=Yubico PIV Attestation, ", true);
	scene = scene_new();
	replace(&scene.device, old_device_spec());
	scene.file[1] = scene.device;
	scene.device = NULL;
	refuses(state, &scene, "invalid CA certificate", true);
}

static void test_path_length(void **state)
{
	struct scene scene = scene_new();
	struct spec root = root_spec();

	root.basic = "CA:TRUE,pathlen:0";
	replace(&scene.file[0], root);
	refuses(state, &scene, "the certificate CN=Root in FILE cannot be verified: path length constraint exceeded",
		true);
}

static void test_critical_extension(void **state)
{
	struct scene scene = scene_new();
	struct spec leaf = leaf_spec();

	leaf.is_critical = true;
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the attestation CN=YubiKey PIV Attestation 9a cannot be verified: unhandled critical "
		"extension", true);
}

static void test_weak_signatures_and_keys(void **state)
{
	struct scene scene = scene_new();
	struct spec device = device_spec(), leaf = leaf_spec();

	leaf.digest = EVP_sha1();
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the attestation CN=YubiKey PIV Attestation 9a cannot be verified: CA signature digest "
		"algorithm too weak", true);
	scene = scene_new();
	leaf = leaf_spec();
	device.key = leaf.issuer_key = weak_key;
	replace(&scene.device, device);
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the certificate in slot f9, CN=Yubico PIV Attestation, cannot be verified: CA certificate "
		"key too weak", true);
	scene = scene_new();
	leaf = leaf_spec();
	leaf.key = weak_key;
	replace(&scene.leaf, leaf);
	refuses(state, &scene, "the attestation CN=YubiKey PIV Attestation 9a cannot be verified: EE certificate key too "
		"weak", true);
}

/* The refusal gives the reason that says most: that another root did not sign it says nothing. */
static void test_reason_despite_other_roots(void **state)
{
	for (int order = 0; order < 2; order++) {
		struct scene scene = scene_new();
		struct spec foreign = root_spec();
		struct error error = { 0 };

		foreign.subject = foreign.issuer = "Other";
		foreign.key = foreign.issuer_key = other_key;
		scene.file[1] = scene.file[0];
		scene.file[0] = NULL;
		scene.file[order * 2] = made(foreign);
		scene.now = NOW + 101 * DAY;
		assert_fails(verify(&scene, NULL, &error), ERROR_NO_KEY, &error);
		assert_contains(error.text, "certificate has expired");
		clear(&scene);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_old_chain),
		TEST_IN_FOLDER(test_new_chain),
		TEST_IN_FOLDER(test_file_of_all_roots),
		TEST_IN_FOLDER(test_device_may_be_in_the_file),
		TEST_IN_FOLDER(test_own_root_in_slot_f9),
		TEST_IN_FOLDER(test_roots_with_the_same_name_and_key),
		TEST_IN_FOLDER(test_roots_with_the_same_name_and_other_keys),
		TEST_IN_FOLDER(test_old_device_without_basic_constraints),
		TEST_IN_FOLDER(test_foreign_root),
		TEST_IN_FOLDER(test_foreign_root_with_the_same_name),
		TEST_IN_FOLDER(test_root_with_a_wrong_signature),
		TEST_IN_FOLDER(test_replaced_and_self_signed_f9),
		TEST_IN_FOLDER(test_key_in_f9_without_its_certificate),
		TEST_IN_FOLDER(test_f9_is_not_shown),
		TEST_IN_FOLDER(test_missing_intermediate),
		TEST_IN_FOLDER(test_attested_key_cannot_attest),
		TEST_IN_FOLDER(test_attested_key_cannot_attest_below_own_root),
		TEST_IN_FOLDER(test_expired),
		TEST_IN_FOLDER(test_not_yet_valid),
		TEST_IN_FOLDER(test_ca_as_attestation),
		TEST_IN_FOLDER(test_device_that_is_no_ca),
		TEST_IN_FOLDER(test_old_device_elsewhere),
		TEST_IN_FOLDER(test_path_length),
		TEST_IN_FOLDER(test_critical_extension),
		TEST_IN_FOLDER(test_weak_signatures_and_keys),
		TEST_IN_FOLDER(test_reason_despite_other_roots),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
