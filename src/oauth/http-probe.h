/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on the way to an answer: for diagnosis. */
#ifndef P11BEARER_OAUTH_HTTP_PROBE_H
#define P11BEARER_OAUTH_HTTP_PROBE_H

#include "oauth/http.h"

/* The steps of a request, in their order. */
enum http_stage {
	HTTP_STAGE_OPTIONS,    /* before any network: its options are unusable */
	HTTP_STAGE_PROXY,      /* until the proxy has connected to the server */
	HTTP_STAGE_NAME,       /* looking up the host */
	HTTP_STAGE_CONNECTION,
	HTTP_STAGE_TLS,        /* the handshake, and the server's certificate */
	HTTP_STAGE_ANSWER,     /* sending the request and receiving the answer; also if the server refuses the client's
				* certificate, or the lack of one */
	HTTP_STAGE_DONE,
};

struct http_probe {
	enum http_stage stage; /* the one that failed, or HTTP_STAGE_DONE */
	char addresses[512];   /* that were tried, with ", " between; of the proxy, if there is one */
	/* Of the last TLS handshake with the server: */
	double connected;      /* milliseconds before it, for lookup and connection; 0: there was none */
	char version[16];      /* such as "TLSv1.3"; empty: no certificate arrived */
	X509 *certificate;     /* the server's; NULL: none arrived */
	X509 *earliest;        /* the one that expires first, of the server's and its issuers; NULL: see `faulty` */
	X509 *faulty;          /* the one that OpenSSL rejects; NULL: none, but it may be for another host */
	const char *fault;     /* why, in OpenSSL's words; static */
	int fault_code;        /* why: X509_V_ERR_… */
	bool other_host;       /* the certificate is valid, but not for this host */
	bool asked;            /* the server requested the client's certificate */
};

/* Frees the certificates. */
void http_probe_clear(struct http_probe *probe);

/* The file of CA certificates that requests with these options trust; NULL: unknown. Owned by `options` or static. */
const char *http_ca_file(const struct http_options *options);

/* Fails as http_open does, without any network. */
int http_check_options(const struct http_options *options, struct error *error);

/* The proxy that requests to `url` use, without user and password. */
struct http_proxy_use {
	char url[512];    /* empty: none */
	char origin[256]; /* where it is set, such as "environment variable https_proxy" */
	bool exempt;      /* no_proxy exempts the host from the proxy that is set */
};

/* Fails as http_check_proxy does. */
int http_proxy_used(const struct http_options *options, const struct http_url *url, struct http_proxy_use *use,
		    struct error *error);

#endif
