/* SPDX-License-Identifier: Apache-2.0 */
/* What a person should know of a key's signatures, though they are made. */
#include "p11/key.h"

#include "base/message.h"

#include <openssl/evp.h>

enum { BITS_MIN = 2048 }; /* of an RSA key for RS256: RFC 7518 section 3.3 */

void p11_key_warn_of_size(struct p11_key *key, int bits)
{
	struct p11_key *first = first_of(key);

	if (atomic_exchange(&first->size_told, true) || bits >= BITS_MIN)
		return;
	message_warn("the key on token \"%s\" has %d bits; Salesforce takes %d or more, and so do servers that follow RFC 7518",
		     token_label(first->session.token), bits, (int)BITS_MIN);
}

void warn_of_size(struct p11_key *key, size_t signature_length)
{
	if (key->public != NULL)
		p11_key_warn_of_size(key, EVP_PKEY_get_bits(key->public));
	else if (!key->request.checks_signatures)
		p11_key_warn_of_size(key, (int)signature_length * 8);
}

void warn_unchecked(const struct p11_key *key, const struct error *why)
{
	if (key->request.checks_signatures)
		return; /* with the certificate */
	message_warn("signatures cannot be checked: %s; give --certificate FILE to check them with the key's certificate", why->text);
}
