/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what reads and verifies attestations: DER of one, and of the certificate in slot f9 after it. Whatever verifies
 * has a chain of good signatures to the root below; nobody has its private key any more. */
#include "fuzz.h"

#include "x509/attestation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { NOW = 1800000000 }; /* 2027-01-15 */

/* A root and two intermediates, as from firmware 5.7.4 on. */
static const char vendor[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBMjCB2aADAgECAgJrijAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARSb290MCAX\n"
	"DTI2MTEyNjE4MjUzMFoYDzIxMjUwNjIwMTgyNTMwWjAPMQ0wCwYDVQQDDARSb290\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEz8b3ghno729DvlNMuDmgGYU+Am4e\n"
	"+vckNYaHX7worWBBIzEsAa3IPzY08kqSWjU//loEiS8NULRi5xv8A67AtaMjMCEw\n"
	"DwYDVR0TBAgwBgEB/wIBAzAOBgNVHQ8BAf8EBAMCAgQwCgYIKoZIzj0EAwIDSAAw\n"
	"RQIgZ775m4rqhZHgywHGngxUQBfhta+cDZk1LS0j9CgdtyUCIQDIBCehuiO17Kui\n"
	"X0dgnMaDi4tRgPF25Z+XOkd64K6HzA==\n"
	"-----END CERTIFICATE-----\n"
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBQjCB6KADAgECAgIakDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARSb290MCAX\n"
	"DTI2MTEyNjE4MjUzMFoYDzIxMjUwNjIwMTgyNTMwWjAbMRkwFwYDVQQDDBBJbnRl\n"
	"cm1lZGlhdGUgQiAxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf3Vylg169QFM\n"
	"m+TgxFcvE+h+U5/G+VKddAKrEg2OqAmy/XKCyDihy7Ca0qf+aXExZUH1N4NzEJyQ\n"
	"TiykwSXW56MmMCQwEgYDVR0TAQH/BAgwBgEB/wIBAjAOBgNVHQ8BAf8EBAMCAgQw\n"
	"CgYIKoZIzj0EAwIDSQAwRgIhALNlxaUA+p3zIpoJypry4DpbL4pobcJvcqe/Wujg\n"
	"RAUSAiEAodOA07BrMZYMv642cUuoyhRDFVHeEFLizMMMEInaaNI=\n"
	"-----END CERTIFICATE-----\n"
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBRDCB66ADAgECAgJrBzAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBJbnRlcm1l\n"
	"ZGlhdGUgQiAxMCAXDTI2MTEyNjE4MjUzMVoYDzIxMjUwNjIwMTgyNTMxWjASMRAw\n"
	"DgYDVQQDDAdQSVYgQiAxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkw0ivEkd\n"
	"FguWATlYQ9s9YLN7FVCG1gZVL7CsFGw8FnDNFdogY9E9UW+p1soLReTOLC2QQsDQ\n"
	"qB6EtrYxzcgGdKMmMCQwEgYDVR0TAQH/BAgwBgEB/wIBATAOBgNVHQ8BAf8EBAMC\n"
	"AgQwCgYIKoZIzj0EAwIDSAAwRQIgGXvBfUk1SBwixOvYqXewZ9WNagbp2Ok9payq\n"
	"LIwnY7cCIQDtxU6frWuaS45B/bcwcNpE+W7BSy8mTLDyMTN/BRFAHQ==\n"
	"-----END CERTIFICATE-----\n";

static struct x509_roots roots = { .path = "FILE" };

static void check_names(const struct x509_attestation *attestation)
{
	const char *const names[] = { x509_attestation_pin(attestation), x509_attestation_touch(attestation),
				      x509_attestation_form(attestation) };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect(names[i] != NULL && names[i][0] != '\0', "each value has a name");
}

static void read_one(X509 *certificate)
{
	struct x509_attestation attestation;
	struct error error = { 0 };

	if (x509_attestation_parse(certificate, &attestation, &error) < 0)
		expect(error.class == ERROR_NO_KEY && error.text[0] != '\0', "a refusal says why");
	else
		expect(!attestation.has_serial || (attestation.serial > 0 && attestation.serial <= UINT32_MAX),
		       "the serial number has 32 bits");
	check_names(&attestation);
}

static void check_chain(const struct x509_list *chain, X509 *attestation, X509 *device)
{
	X509 *root = chain->list[chain->count - 1];

	expect(chain->count >= 2 && X509_cmp(chain->list[0], attestation) == 0, "the chain begins with the attestation");
	expect(device == NULL || X509_cmp(chain->list[1], device) == 0, "slot f9 is next");
	expect(X509_cmp(root, roots.list.list[0]) == 0, "it ends with the root");
	expect(X509_check_ca(attestation) == 0, "the attestation is no CA's");
	for (size_t i = 1; i < chain->count; i++)
		expect(X509_verify(chain->list[i - 1], X509_get0_pubkey(chain->list[i])) == 1, "each signature is good");
}

static void verify(X509 *attestation, X509 *device)
{
	struct error error = { 0 };
	struct x509_list chain;

	if (x509_attestation_verify(&roots, attestation, device, NOW, &chain, &error) == 0)
		check_chain(&chain, attestation, device);
	else
		expect(error.class == ERROR_NO_KEY && error.text[0] != '\0' && chain.count == 0, "a refusal says why");
	x509_list_clear(&chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *next = data, *past = data + size;
	struct error error;
	X509 *attestation, *device;

	if (roots.list.count == 0)
		expect(x509_parse(roots.path, vendor, strlen(vendor), &roots.list, &error) == 0, "the roots are read");
	attestation = d2i_X509(NULL, &next, (long)size);
	if (attestation != NULL) {
		device = d2i_X509(NULL, &next, (long)(past - next));
		read_one(attestation);
		verify(attestation, device);
		if (device != NULL)
			verify(attestation, NULL);
		X509_free(device);
	}
	X509_free(attestation);
	ERR_clear_error();
	return 0;
}
