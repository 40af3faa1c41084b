/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP for this program: https, or http to loopback addresses; TLS 1.2 or later, always verified; no redirects; answers
 * of limited size. A pending signal stops requests (process/interrupt.h). Hides libcurl from other components. */
#ifndef P11BEARER_OAUTH_HTTP_H
#define P11BEARER_OAUTH_HTTP_H

#include "base/error.h"
#include "base/redact.h"
#include "base/secret.h"
#include "base/url.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct http; /* a client */
struct http_probe;

/* A parsed URL to which requests may be sent: https, or http to a loopback address, without user and password. Only the
 * two functions below make one. They fail with ERROR_CONFIG, and the caller frees the URL. http_url_below appends
 * `path`, which begins with a slash, to `base` without its trailing slashes, query and fragment. */
struct http_url;
int http_url_parse(struct http_url **url, const char *text, struct error *error);
int http_url_below(struct http_url **url, const struct url *base, const char *path, struct error *error);
void http_url_free(struct http_url **url); /* sets *url to NULL; NULL is allowed */

/* Returns scheme, host and port in one spelling; owned by `url`. */
const char *http_url_origin(const struct http_url *url);

/* The client's identity in TLS (RFC 8446 sections 4.4.2 and 4.4.3): certificates, and a private key that another
 * component owns. The functions are called in the thread that sends, during a handshake, and take `context`. */
struct http_identity {
	X509 *const *chain; /* the client's certificate, then its issuers */
	size_t count;
	void *context;
	/* Called whenever a server requests a certificate. *key is not the caller's, and stays valid until the clients
	 * and pools that use the identity are closed. *tls12: the key makes no signature that TLS 1.3 allows. *sigalgs:
	 * the signature algorithms that it makes, as SSL_CTX_set1_client_sigalgs_list(3) takes them; NULL: all that fit
	 * it; static. May fail with any class; the request then fails with this error. */
	int (*key)(void *context, EVP_PKEY **key, bool *tls12, const char **sigalgs, struct error *error);
	/* Whether a signature with the key has failed since the last call, and why. */
	bool (*has_failed)(void *context, struct error *why);
};

struct http_options {
	const char *socket;      /* path of a Unix socket to which all requests go, without a proxy and whatever their
				  * URL; NULL: none */
	const char *socket_name; /* in messages, instead of the URL */
	const struct http_identity *identity; /* NULL: none; servers that request a certificate get none */
	const char *cacert; /* file of CA certificates; NULL: the system's */
	const char *party;  /* what messages call the server; NULL: the org */
	const char *named_in; /* where its host is named, for hints; NULL: --instance-url */
	const char *proxy;  /* URL; NULL: the environment's */
	const char *proxy_origin; /* where `proxy` comes from, for hints, such as "option --proxy" */
	long timeout;       /* seconds for one request, from name lookup to the last byte, but see http_send */
};

enum { RETRY_AFTER_MAX = 7 * 86400 }; /* seconds: a longer wait is reduced to this */

/* The difference between this machine's clock and the server's, from the Date of an answer (RFC 9110 section 6.6.1). */
struct http_clock {
	bool known;    /* the answer had one valid Date, and no high Age (RFC 9111 section 5.1) */
	time_t server; /* the server's time when it answered */
	double ahead;  /* seconds this machine's clock is ahead; negative: behind */
	double margin; /* uncertainty of `ahead`, in seconds: half the time the answer took */
};

/* What became of the client's identity in the TLS handshake. */
enum http_certificate {
	HTTP_NO_IDENTITY, /* the client has none */
	HTTP_NOT_ASKED,   /* the server requested no certificate */
	HTTP_UNFIT,       /* it requested one, but got none: it accepts no signature that the key makes */
	HTTP_SENT,        /* it got the certificate and a signature */
};

struct http_response {
	const char *url;     /* the request's */
	long status;         /* 0: no answer */
	struct secret *body; /* may hold a bearer */
	struct redactor *redactor; /* masks the request's secrets; `body` is not redacted */
	struct http_clock clock;
	long retry_after;    /* seconds, at most RETRY_AFTER_MAX, or -1 */
	char location[512];  /* of a redirect, else empty */
	bool sent;           /* part of the request may have reached the server */
	bool transient;      /* no answer, and a transient failure, such as a lost connection */
	int number;          /* errno of a connection that failed, or 0 */
	bool stale;          /* failed on a reused connection, which may already have been closed */
	bool refused;        /* failed with ERROR_ORG: in TLS, the server refused the client for its certificate */
	bool by_proxy;       /* the proxy failed, before it had connected to the server */
	enum http_certificate certificate;
};

enum { HTTP_BODY_MAX = 1 << 20 }; /* bytes of an answer, unless the request sets another limit */

struct http_field {
	const char *name, *value;
	bool secret; /* the value is masked if the server or libcurl repeats it */
};

/* A part of a body of type multipart/form-data (RFC 7578). */
struct http_part {
	const char *name;
	const char *file; /* file name, or NULL */
	const char *type; /* media type */
	const void *data;
	size_t length;
};

/* One request. Strings, secrets and data belong to the caller. At most one kind of body is set. */
struct http_request {
	const char *method;              /* GET, POST, … */
	const struct http_url *url;
	const struct secret *bearer;     /* sent as Authorization: Bearer; or NULL */
	const struct http_field *fields; /* application/x-www-form-urlencoded, or NULL */
	size_t field_count;
	bool fields_as_json;             /* send them as a JSON object instead; see below */
	const struct http_part *parts;   /* multipart/form-data, or NULL */
	size_t part_count;
	const char *json;                /* application/json, or NULL */
	const char *header;              /* another line of the header, without its end, or NULL */
	size_t limit;                    /* bytes of the answer; 0: HTTP_BODY_MAX */
	bool fresh;                      /* use a new connection */
	struct http_probe *probe;        /* of http_send only: what happens, see http-probe.h; NULL: not watched */
	bool once_sent_await;            /* once the request was sent, a signal leaves 10 s for the answer */
};

/* In a JSON object, the value of a field that is not secret may itself be JSON; other text becomes a string. Fails with
 * ERROR_CONFIG for a value that begins like an array, object or string but is not one, and for a repeated name. The
 * caller frees *body. */
int http_json_fields(const struct http_field *fields, size_t count, struct secret **body, struct error *error);

/* Fails with ERROR_CONFIG if the options are unusable. `options` must outlive the client. */
int http_open(struct http **http, const struct http_options *options, struct error *error);
void http_close(struct http **http);

/* Checks the proxy's URL, or, if `proxy` is NULL, the one in the environment, which only matters if requests to `url`
 * (NULL: unknown) use a proxy. Fails with ERROR_CONFIG. The message names the environment variable and omits the URL,
 * which may contain a password. */
int http_check_proxy(const char *proxy, const char *url, struct error *error);

/* Derives the URL for requests from `text`, the instance_url that a server sent: its scheme, host and port, and its
 * path only if `base`, the URL the user gave (may have no text), has the same path. `server` is the URL that sent it. A
 * port that `text` lacks is that of `base`, or of `server` if `base` has no text, if scheme and host are the same.
 * Fails with ERROR_ANSWER if http_url_parse would fail, or if the URL is http but `server` or `base` is https. `server`
 * is NULL if it is unknown. Messages call the server `party`. The caller frees *site. */
int http_site(const char *text, const struct http_url *server, const struct url *base, const char *party, char **site,
	      struct error *error);

/* Ends every later request of the client at `when` (clock_ms) at the latest; 0: no limit. http_end returns that time,
 * or HUGE_VAL if there is no limit. */
void http_end_at(struct http *http, double when);
double http_end(const struct http *http);

/* Sends the request and waits for the answer until the timeout, which restarts whenever part of a multipart body was
 * sent. Any HTTP status is a success. Fails with ERROR_NETWORK if there is no complete answer (error->signal is set if
 * a signal stopped the request), ERROR_ANSWER if it is too large or not HTTP, ERROR_CONFIG if its proxy is unusable.
 * The error is redacted. `response` is filled even on failure; the caller clears it. */
int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct error *error);
void http_response_clear(struct http_response *response);

/* Up to `most` parallel requests of one thread over reused connections, as HTTP/2 streams if the server supports it. A
 * request is not repeated if its connection turns out to be closed, and signals do not stop requests. */
struct http_pool;
int http_pool_open(struct http_pool **pool, const struct http_options *options, size_t most, struct error *error);
void http_pool_close(struct http_pool **pool); /* aborts requests in progress */

/* Returns the number of requests in progress. */
size_t http_pool_busy(const struct http_pool *pool);

/* Starts a request; there must be room for it. Its URL must remain valid until it is taken. `tag` is returned with it.
 * Fails with ERROR_CONFIG if its proxy is unusable. */
int http_pool_start(struct http_pool *pool, const struct http_request *request, void *tag, struct error *error);

/* Makes progress on all requests and takes one that has ended or timed out, with the *result and `error` of http_send.
 * Returns NULL if no request has ended. The response is valid until the next call. */
const struct http_response *http_pool_take(struct http_pool *pool, void **tag, int *result, struct error *error);

/* If no request is in progress: wipes what earlier ones left in handles and, with HTTP/2 or after a failure, closes the
 * connections. Call it before a wait that may be long; if a request follows soon, it costs a new connection. */
void http_pool_rest(struct http_pool *pool);

/* Waits until a request needs attention, one of the `count` other descriptors is ready for its event (POLLIN or
 * POLLOUT), or the time has passed; a negative time means no limit. */
enum { HTTP_POOL_OTHERS = 4 };
struct pollfd;
void http_pool_wait(struct http_pool *pool, const struct pollfd *others, size_t count, int milliseconds);

#endif
