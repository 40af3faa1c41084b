/* SPDX-License-Identifier: Apache-2.0 */
/* Attestations of YubiKeys: certificates by which a YubiKey states that it generated a key, and how the key may be used
 * (Yubico, "PIV attestation"; extensions below 1.3.6.1.4.1.41482.3). All that is in them is hostile until verified. */
#ifndef P11BEARER_X509_ATTESTATION_H
#define P11BEARER_X509_ATTESTATION_H

#include "x509/x509.h"

/* What the extensions say. */
struct x509_attestation {
	unsigned char firmware[3];  /* .3: major, minor, patch */
	bool has_serial, has_form;  /* some firmware leaves them out */
	unsigned long serial;       /* .7: of the device, 32 bits */
	unsigned char pin, touch;   /* .8: policies */
	unsigned char form;         /* .9: form factor, with flags for FIPS (0x80) and SKY (0x40) */
};

/* Reads the extensions. Fails with ERROR_NO_KEY if the certificate is no attestation, or an extension is repeated,
 * missing (firmware, policies) or not of the form that the vendor documents. */
int x509_attestation_parse(X509 *certificate, struct x509_attestation *attestation, struct error *error);

/* Their names: "never", "once", "always", "match-once", "match-always"; "never", "always", "cached"; "USB-A keychain"
 * and others; "unknown" for other values. Static. */
const char *x509_attestation_pin(const struct x509_attestation *attestation);
const char *x509_attestation_touch(const struct x509_attestation *attestation);
const char *x509_attestation_form(const struct x509_attestation *attestation);

/* The vendor's certificates. Those that are self-signed are trusted; the others are used only between them and a
 * device. */
struct x509_roots {
	struct x509_list list;
	const char *path;
};

/* Reads them (PEM). Fails with ERROR_CONFIG if the file is unreadable, if others than root and the user can change it
 * (base/trust.h), has no self-signed CA certificate, or has a private key. The path must outlive the roots. Always call
 * x509_roots_clear. */
int x509_roots_read(struct x509_roots *roots, const char *path, struct error *error);
void x509_roots_clear(struct x509_roots *roots);

/* Verifies the chain from the attestation through the device's certificate (`device` may be NULL) to a root, at the
 * time `now`, with OpenSSL (RFC 5280 section 6). One exception: some of the vendor's certificates for devices, up to
 * firmware 5.2, do not say that they are a CA's; they count as such directly below a root. *chain, unless NULL, is what
 * was verified, the attestation first; always clear it. Fails with ERROR_NO_KEY, and says which certificate is at
 * fault: a device's certificate that no root signed may have been replaced. */
int x509_attestation_verify(const struct x509_roots *roots, X509 *attestation, X509 *device, time_t now,
			    struct x509_list *chain, struct error *error);

#endif
