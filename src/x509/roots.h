/* SPDX-License-Identifier: Apache-2.0 */
/* For attestations only: which of the vendor's certificates are trusted. */
#ifndef P11BEARER_X509_ROOTS_H
#define P11BEARER_X509_ROOTS_H

#include "x509/attestation.h"

/* Whether the certificate is a root: a CA's (basicConstraints), and signed with its own key. The signature is
 * verified. */
bool x509_root_is_trusted(X509 *certificate);

#endif
