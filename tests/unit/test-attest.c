/* SPDX-License-Identifier: Apache-2.0 */
/* Proof that a key was generated on its token: the attestation, its chain, and whose it is. */
#include "attestations.h"

#include "bearer/attest.h"

#include <time.h>

static EVP_PKEY *root_key, *device_key, *key, *other_key; /* made once */

static int make_keys(void **state)
{
	(void)state;
	root_key = EVP_EC_gen("P-256");
	device_key = EVP_EC_gen("P-256");
	key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	return root_key == NULL || device_key == NULL || key == NULL || other_key == NULL;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(device_key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	return 0;
}

/* Of a YubiKey with the serial number 12345678. */
struct scene {
	struct x509_roots roots;
	struct p11_attestation attestation;
};

static X509 *made_now(struct spec spec)
{
	spec.from = (long)((time(NULL) - NOW) / DAY) - 10;
	spec.to = spec.from + 20;
	return certificate_make(&spec);
}

static struct spec leaf_spec(void)
{
	return (struct spec){ .subject = "YubiKey PIV Attestation 9a", .issuer = "Yubico PIV Attestation", .key = key,
			      .issuer_key = device_key, .raw = { FIRMWARE, SERIAL, POLICIES, FORM } };
}

static void scene_make(struct scene *scene, struct spec leaf, const char *serial)
{
	struct spec device = { .subject = "Yubico PIV Attestation", .issuer = "Root", .key = device_key,
			       .issuer_key = root_key, .basic = "critical,CA:TRUE,pathlen:0" };
	struct spec root = { .subject = "Root", .issuer = "Root", .key = root_key, .issuer_key = root_key,
			     .basic = "critical,CA:TRUE" };
	struct error error = { 0 };

	memset(scene, 0, sizeof(*scene));
	scene->roots.path = "FILE";
	assert_works(x509_list_add(&scene->roots.list, made_now(root), &error), &error);
	scene->attestation.certificate = made_now(leaf);
	scene->attestation.device = made_now(device);
	scene->attestation.public = key;
	snprintf(scene->attestation.serial, sizeof(scene->attestation.serial), "%s", serial);
}

static void scene_clear(struct scene *scene)
{
	x509_roots_clear(&scene->roots);
	X509_free(scene->attestation.certificate);
	X509_free(scene->attestation.device);
}

static void test_proven(void **state)
{
	struct error error = { 0 };
	struct x509_attestation facts;
	struct x509_list chain;
	struct scene scene;

	(void)state;
	scene_make(&scene, leaf_spec(), "12345678");
	assert_works(attest_prove(&scene.roots, &scene.attestation, &facts, &chain, &error), &error);
	assert_int_equal(facts.serial, 12345678);
	assert_int_equal(facts.firmware[0], 5);
	assert_int_equal(chain.count, 3);
	assert_ptr_equal(chain.list[0], scene.attestation.certificate);
	assert_ptr_equal(chain.list[1], scene.attestation.device);
	assert_ptr_equal(chain.list[2], scene.roots.list.list[0]);
	x509_list_clear(&chain);
	scene_clear(&scene);
}

static void test_attester(void **state)
{
	struct error error = { 0 };
	struct scene scene;
	struct p11_attester attester;

	(void)state;
	scene_make(&scene, leaf_spec(), "12345678");
	attester = attest_with(&scene.roots);
	assert_works(attester.prove(attester.context, &scene.attestation, &error), &error);
	strcpy(scene.attestation.serial, "12345679");
	assert_fails(attester.prove(attester.context, &scene.attestation, &error), ERROR_NO_KEY, &error);
	scene_clear(&scene);
}

static void test_serial_numbers(void **state)
{
	static const struct {
		const char *serial;
		bool is_proven;
	} rows[] = {
		{ "12345678", true },
		{ "012345678", true },
		{ "", true },          /* unknown */
		{ "12345678A", true }, /* not a YubiKey's form */
		{ "1234567", false },
		{ "123456780", false },
		{ "0", false },
		{ "4307312974", false }, /* the same modulo 2^32 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error error = { 0 };
		struct x509_attestation facts;
		struct x509_list chain;
		struct scene scene;

		scene_make(&scene, leaf_spec(), rows[i].serial);
		if (rows[i].is_proven) {
			assert_works(attest_prove(&scene.roots, &scene.attestation, &facts, &chain, &error), &error);
		} else {
			assert_fails(attest_prove(&scene.roots, &scene.attestation, &facts, &chain, &error),
				     ERROR_NO_KEY, &error);
			assert_contains(error.text, "the attestation is of another device");
			assert_contains(error.text, "12345678");
			assert_contains(error.text, rows[i].serial);
			assert_int_equal(chain.count, 0);
			/* Even if nothing is verified. */
			assert_fails(attest_prove(NULL, &scene.attestation, &facts, &chain, &error), ERROR_NO_KEY,
				     &error);
			assert_int_equal(chain.count, 0);
		}
		x509_list_clear(&chain);
		scene_clear(&scene);
	}
}

static void test_attestation_without_serial_number(void **state)
{
	struct spec leaf = leaf_spec();
	struct error error = { 0 };
	struct x509_attestation facts;
	struct scene scene;

	(void)state;
	leaf.raw[1] = (struct raw_extension)FORM;
	leaf.raw[3] = (struct raw_extension){ 0 };
	scene_make(&scene, leaf, "12345678");
	assert_works(attest_prove(&scene.roots, &scene.attestation, &facts, NULL, &error), &error);
	assert_false(facts.has_serial);
	scene_clear(&scene);
}

static void test_without_roots(void **state)
{
	struct spec foreign = leaf_spec();
	struct error error = { 0 };
	struct x509_attestation facts;
	struct x509_list chain;
	struct scene scene;

	(void)state;
	foreign.issuer_key = other_key; /* nobody checks */
	scene_make(&scene, foreign, "12345678");
	assert_works(attest_prove(NULL, &scene.attestation, &facts, &chain, &error), &error);
	assert_int_equal(chain.count, 2);
	assert_ptr_equal(chain.list[0], scene.attestation.certificate);
	assert_ptr_equal(chain.list[1], scene.attestation.device);
	x509_list_clear(&chain);
	assert_works(attest_prove(NULL, &scene.attestation, &facts, NULL, &error), &error);
	X509_free(scene.attestation.device);
	scene.attestation.device = NULL;
	assert_works(attest_prove(NULL, &scene.attestation, &facts, &chain, &error), &error);
	assert_int_equal(chain.count, 1);
	x509_list_clear(&chain);
	scene_clear(&scene);
}

static void test_not_proven(void **state)
{
	struct spec leaf = leaf_spec();
	struct error error = { 0 };
	struct x509_attestation facts;
	struct x509_list chain;
	struct scene scene;

	(void)state;
	leaf.issuer_key = other_key;
	scene_make(&scene, leaf, "12345678");
	assert_fails(attest_prove(&scene.roots, &scene.attestation, &facts, &chain, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, "was not signed");
	assert_int_equal(chain.count, 0);
	x509_list_clear(&chain);
	scene_clear(&scene);
	leaf = leaf_spec();
	leaf.raw[2] = (struct raw_extension){ YUBICO "8", "\x02", 1 };
	scene_make(&scene, leaf, "12345678");
	assert_fails(attest_prove(&scene.roots, &scene.attestation, &facts, &chain, &error), ERROR_NO_KEY, &error);
	assert_contains(error.text, "malformed");
	assert_fails(attest_prove(NULL, &scene.attestation, &facts, &chain, &error), ERROR_NO_KEY, &error);
	assert_int_equal(chain.count, 0);
	scene_clear(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proven),
		cmocka_unit_test(test_attester),
		cmocka_unit_test(test_serial_numbers),
		cmocka_unit_test(test_attestation_without_serial_number),
		cmocka_unit_test(test_without_roots),
		cmocka_unit_test(test_not_proven),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
