/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/identity.h"

#include "base/message.h"
#include "p11/tls.h"
#include "x509/chain.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <time.h>

enum { RSA_BITS_MIN = 2048 }; /* OpenSSL's security level 2 */

struct bearer_identity {
	const char *path;
	struct x509_list chain;
	struct http_identity http;
	struct uri *uri;            /* of the TLS key; NULL: the key that is bound */
	struct p11_key *bound;      /* NULL: none */
	struct p11_tls *tls;        /* of the key that is bound */
	struct p11_key *own;        /* opened by identity_fetch; NULL: none */
	struct p11_request request; /* for identity_fetch; its URI is NULL if it may not open the key */
	bool keeps;                 /* see identity_keep */
	bool wanted;                /* a server requested the certificate while no key was bound */
};

static int get_key(void *context, EVP_PKEY **key, bool *tls12, const char **sigalgs, struct error *error)
{
	struct bearer_identity *identity = context;

	if (identity->tls != NULL)
		return p11_tls_key(identity->tls, key, tls12, sigalgs, error);
	identity->wanted = true;
	return error_set(error, ERROR_UNEXPECTED, "the server requests a client certificate, but its key is not open");
}

static bool has_failed(void *context, struct error *why)
{
	const struct bearer_identity *identity = context;

	return identity->tls != NULL && p11_tls_has_failed(identity->tls, why);
}

static void warn(const struct bearer_identity *identity)
{
	const struct x509_list *chain = &identity->chain;
	int bits = EVP_PKEY_get_bits(X509_get0_pubkey(chain->list[0]));
	char subject[256];

	if (EVP_PKEY_is_a(X509_get0_pubkey(chain->list[0]), "RSA") && bits < RSA_BITS_MIN)
		message_warn("the key of the TLS certificate %s has %d bits; servers, and OpenSSL by default, require "
			     "%d", identity->path, bits, (int)RSA_BITS_MIN);
	for (size_t i = 1; i < chain->count; i++) {
		x509_subject(chain->list[i], subject, sizeof(subject));
		if (x509_valid_at(chain->list[i], time(NULL)) != X509_VALID)
			message_warn("the issuer %s in %s is not valid now; servers may refuse the certificate",
				     subject, identity->path);
	}
}

int identity_open(struct bearer_identity **identity, const char *path, struct uri *uri, struct error *error)
{
	struct bearer_identity *new = calloc(1, sizeof(*new));

	*identity = new;
	if (new == NULL) {
		p11_uri_free(&uri);
		return error_memory(error);
	}
	new->path = path;
	new->uri = uri;
	if (x509_chain_read(path, time(NULL), &new->chain, error) < 0) {
		identity_close(identity);
		return error_result(error);
	}
	new->http = (struct http_identity){
		.chain = new->chain.list, .count = new->chain.count, .context = new, .key = get_key,
		.has_failed = has_failed,
	};
	warn(new);
	return 0;
}

void identity_close(struct bearer_identity **identity)
{
	struct bearer_identity *old = *identity;

	if (old == NULL)
		return;
	x509_list_clear(&old->chain);
	p11_uri_free(&old->uri);
	p11_uri_free(&old->request.uri);
	free(old);
	*identity = NULL;
}

const struct http_identity *identity_http(const struct bearer_identity *identity)
{
	return identity != NULL ? &identity->http : NULL;
}

int identity_bind(struct bearer_identity *identity, struct p11_key *key, struct error *error)
{
	if (identity == NULL)
		return 0;
	identity->bound = key;
	return p11_tls_open(&identity->tls, key, identity->uri, identity->chain.list[0], error);
}

void identity_release(struct bearer_identity *identity)
{
	struct error ignored;

	if (identity == NULL)
		return;
	if (identity->keeps && identity->bound != NULL && identity->request.uri == NULL)
		(void)p11_key_again(identity->bound, &identity->request, &ignored);
	p11_tls_close(&identity->tls);
	p11_key_close(&identity->own);
	identity->bound = NULL;
}

X509 *identity_certificate(const struct bearer_identity *identity, const char **path)
{
	if (identity == NULL || identity->uri != NULL)
		return NULL;
	*path = identity->path;
	return identity->chain.list[0];
}

void identity_allow(struct bearer_identity *identity, const struct p11_request *request)
{
	identity->request = *request;
}

void identity_keep(struct bearer_identity *identity)
{
	if (identity != NULL)
		identity->keeps = true;
}

bool identity_is_wanted(const struct bearer_identity *identity)
{
	return identity != NULL && identity->wanted && identity->request.uri != NULL;
}

int identity_fetch(struct bearer_identity *identity, struct error *error)
{
	identity->wanted = false;
	if (p11_key_open(&identity->own, &identity->request, false, error) < 0)
		return error_result(error);
	return identity_bind(identity, identity->own, error);
}
