/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/attestation.h"

#include <string.h>

int x509_attestation_parse(X509 *certificate, struct x509_attestation *attestation, struct error *error)
{
	(void)certificate;
	memset(attestation, 0, sizeof(*attestation));
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

const char *x509_attestation_pin(const struct x509_attestation *attestation)
{
	(void)attestation;
	return "unknown";
}

const char *x509_attestation_touch(const struct x509_attestation *attestation)
{
	(void)attestation;
	return "unknown";
}

const char *x509_attestation_form(const struct x509_attestation *attestation)
{
	(void)attestation;
	return "unknown";
}

int x509_roots_read(struct x509_roots *roots, const char *path, struct error *error)
{
	memset(roots, 0, sizeof(*roots));
	roots->path = path;
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

void x509_roots_clear(struct x509_roots *roots)
{
	x509_list_clear(&roots->list);
}

int x509_attestation_verify(const struct x509_roots *roots, X509 *attestation, X509 *device, time_t now,
			    struct x509_list *chain, struct error *error)
{
	(void)roots;
	(void)attestation;
	(void)device;
	(void)now;
	if (chain != NULL)
		memset(chain, 0, sizeof(*chain));
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}
