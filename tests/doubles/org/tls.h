/* SPDX-License-Identifier: Apache-2.0 */
/* A throw-away CA, and a server certificate for this machine's loopback names and a vendor's, made in memory. */
#ifndef ORG_TLS_H
#define ORG_TLS_H

struct tls {
	char *key;         /* PEM, owned */
	char *certificate; /* PEM, owned */
	char *client_cas;  /* PEM, owned; NULL without --client-ca */
};

/*
 * Makes a CA, signs with it a server certificate for loopback and for `hosts` (names separated by blanks), drops the CA's
 * key, and writes the CA's certificate to DIR/ca.pem. Release with tls_clear whatever the result. Returns 0, or -1 after
 * saying on stderr why not.
 */
int tls_make(const char *directory, const char *hosts, struct tls *tls);

/* Reads the CAs of clients. Returns 0, or -1 after saying on stderr why not. */
int tls_read_client_cas(const char *path, struct tls *tls);

/* Wipes and frees the PEM texts. */
void tls_clear(struct tls *tls);

#endif
