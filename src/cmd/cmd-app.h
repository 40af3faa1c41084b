/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of "app" share. */
#ifndef P11BEARER_CMD_APP_H
#define P11BEARER_CMD_APP_H

#include "cmd/cmd.h"
#include "salesforce/appcheck.h"

#include <openssl/types.h>

/* The public half of --key. To be freed with EVP_PKEY_free. */
int cmd_app_key(const struct settings *settings, EVP_PKEY **public, struct error *error);

/* The certificate to put into an app: of those in --certificate the only one, or the one of --key; without --certificate the
 * one that the token holds of --key. --key on the command line wins over a certificate that a file or the environment set.
 * To be freed with X509_free. */
int cmd_app_certificate(const struct settings *settings, X509 **certificate, struct error *error);

/* Warns of what an org would find wrong with the certificate, whose PEM has `length` bytes. */
int cmd_app_warn(X509 *certificate, size_t length, struct error *error);

/* Tells subject, expiry and fingerprint on stderr, behind `what`. */
void cmd_app_tell(const char *what, X509 *certificate);

/* Tells on stderr what was found, and the certificate that was checked. */
void cmd_app_findings(const struct appcheck *check);

#endif
