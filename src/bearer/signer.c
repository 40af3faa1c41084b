/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/signer.h"

#include "base/message.h"
#include "server/server.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DAY = 86400 }; /* seconds */

void signer_warn_of_expiry(const struct signer_key *key, long warn_days)
{
	X509 *certificate = key->own;
	time_t now = time(NULL), end;
	enum x509_validity validity = x509_valid_at(certificate, now);
	char when[32];

	x509_expiry(certificate, when, sizeof(when));
	if (validity == X509_EXPIRED)
		message_warn("the certificate %s has expired", key->path);
	else if (validity == X509_NOT_YET_VALID)
		message_warn("the certificate %s is not valid yet", key->path);
	else if (x509_not_after(certificate, &end) && (end - now) / DAY < warn_days)
		message_warn("the certificate %s expires in %ld day%s, at %s", key->path, (long)((end - now) / DAY),
			     (end - now) / DAY == 1 ? "" : "s", when);
}

static int read_certificates(struct signer_key *key, const char *path, long warn_days, struct error *error)
{
	key->path = path;
	if (path != NULL && x509_read(path, &key->certificates, error) < 0)
		return error_result(error);
	key->several = key->certificates.count > 1;
	if (key->certificates.count != 1)
		return 0;
	key->own = key->certificates.list[0];
	signer_warn_of_expiry(key, warn_days);
	return 0;
}

static void key_clear(struct signer_key *key)
{
	x509_list_clear(&key->certificates);
	key->own = NULL;
	for (size_t i = 0; i < SIGNER_FIELDS; i++) {
		free(key->fields[i]);
		key->fields[i] = NULL;
	}
	p11_signer_close(&key->p11);
	p11_key_close(&key->key);
}

/* Its owner may have destroyed it after the rotation, and left the configuration as it was. */
static int first_is_missing(const struct bearer_request *request, struct error *error)
{
	char rest[sizeof(error->hint)];

	if (!p11_is_missing_key(error) || request->next_key == NULL)
		return error_result(error);
	snprintf(rest, sizeof(rest), "%s", error->hint);
	error_hint(error, "if the next key has replaced this one, name it with --key instead of --next-key%s%s",
		   rest[0] != '\0' ? "; " : "", rest);
	return error_result(error);
}

/* Goes on with one key. */
static void drop_next(struct signer *signer, const struct error *why)
{
	message_warn("the next key cannot be used: %s; only --key signs", why->text);
	key_clear(&signer->keys[1]);
	signer->count = 1;
}

/* The key that replaces the first one. Without it, the first one still signs. */
static void open_next(struct signer *signer, const struct bearer_request *request)
{
	struct signer_key *first = &signer->keys[0], *next = &signer->keys[1];
	struct error why;

	if (read_certificates(next, request->next_certificate, request->warn_days, &why) == 0 &&
	    p11_key_open_beside(&next->key, first->key, request->next_key, &why) == 0 &&
	    p11_signer_open_beside(&next->p11, next->key, first->p11, &why) == 0)
		signer->count = 2;
	else
		drop_next(signer, &why);
}

int signer_open_with(struct signer *signer, const struct bearer_request *request, struct p11_key *key,
		     struct error *error)
{
	struct signer_key *first = &signer->keys[0];

	*signer = (struct signer){ .count = 1, .warn_days = request->warn_days,
				   .server = request->server, .identity = request->identity };
	first->key = key;
	if (request->server->lifetime_max > 0 && request->lifetime > request->server->lifetime_max)
		message_warn("a lifetime of %ld s is more than the %ld s that %s documents", request->lifetime,
			     request->server->lifetime_max, request->server->title);
	if (read_certificates(first, request->certificate, request->warn_days, error) < 0)
		return error_result(error);
	if (key == NULL && p11_key_open(&first->key, &request->key, false, error) < 0)
		return first_is_missing(request, error);
	if (p11_signer_open(&first->p11, first->key, error) < 0)
		return error_result(error);
	if (request->next_key != NULL)
		open_next(signer, request);
	return 0;
}

int signer_open(struct signer *signer, const struct bearer_request *request, struct error *error)
{
	return signer_open_with(signer, request, NULL, error);
}

int signer_prepare(struct signer *signer, struct error *error)
{
	struct error why;

	if (p11_key_prepare(signer->keys[0].key, error) < 0)
		return error_result(error);
	if (signer->count == 2 && p11_key_prepare(signer->keys[1].key, &why) < 0)
		drop_next(signer, &why);
	return 0;
}

/* Opens the key for another thread, whose first one (NULL: none) is open. */
static int open_another(const struct signer_key *key, struct p11_signer *first, struct signer_key *another)
{
	struct error ignored;

	*another = (struct signer_key){ .path = key->path, .own = key->own };
	if (x509_list_copy(&key->certificates, &another->certificates, &ignored) < 0)
		return -1;
	return first == NULL ? p11_signer_open(&another->p11, key->key, &ignored) :
			       p11_signer_open_beside(&another->p11, key->key, first, &ignored);
}

bool signer_another(struct signer *signer, struct signer *another)
{
	bool opened = true;

	*another = (struct signer){ .count = signer->count, .first = signer, .warn_days = signer->warn_days };
	for (size_t i = 0; i < signer->count && opened; i++)
		opened = open_another(&signer->keys[i], another->keys[0].p11, &another->keys[i]) == 0;
	if (!opened)
		signer_close(another);
	return opened;
}

void signer_close(struct signer *signer)
{
	for (size_t i = TURN_KEYS; i > 0; i--)
		key_clear(&signer->keys[i - 1]);
}

X509 *signer_certificate(struct signer *signer, size_t which, const struct error *verdict)
{
	const struct signer_key *key = &signer->keys[which];

	if (key->path == NULL)
		return p11_signer_certificate(key->p11, verdict);
	if (key->own != NULL)
		X509_up_ref(key->own);
	return key->own;
}
