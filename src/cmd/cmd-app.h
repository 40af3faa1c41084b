/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the commands of p11bearer-app. */
#ifndef P11BEARER_CMD_APP_H
#define P11BEARER_CMD_APP_H

#include "cmd/cmd.h"
#include "salesforce/appcheck.h"

#include <openssl/types.h>

/* The public key of --key. The caller frees it with EVP_PKEY_free. */
int cmd_app_key(const struct settings *settings, EVP_PKEY **public, struct error *error);

/* The certificate for an app: the only one in the file of --certificate, or the one in it that matches --key; without
 * --certificate, the one of --key on the token. --key on the command line wins over a certificate from a file or the
 * environment. The caller frees it with X509_free. */
int cmd_app_certificate(const struct settings *settings, X509 **certificate, struct error *error);

/* Warns of faults that an org would find in the certificate, whose PEM has `length` bytes. */
int cmd_app_warn(X509 *certificate, size_t length, struct error *error);

#endif
