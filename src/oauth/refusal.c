/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/refusal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TITLE_SIZE = 120, /* bytes of a page's title that are shown */
	HTTP_BAD_REQUEST = 400,
	HTTP_FORBIDDEN = 403,
	HTTP_CERTIFICATE_BAD = 495, /* nginx's own, as is the next */
	HTTP_CERTIFICATE_MISSING = 496,
};

#define REGISTER "register the certificate or its CA with the server"
#define INTERMEDIATES "put the issuers after it in the file of --tls-certificate"

/* The alerts that servers send for a certificate they got. Java sends certificate_unknown for most causes. */
static const struct alert {
	int number;
	const char *name, *remedy;
} alerts[] = {
	{ 40, "handshake failure", "check that the server accepts its issuer and a key of this type; " REGISTER },
	{ 42, "bad certificate", INTERMEDIATES "; " REGISTER },
	{ 43, "unsupported certificate", "use a certificate for client authentication (extended key usage clientAuth), "
	  "and a key of a type that the server accepts" },
	{ 44, "certificate revoked", "get a new certificate" },
	{ 45, "certificate expired", "get a new certificate; if this one is valid, check its issuers in the file of "
	  "--tls-certificate, and this machine's clock" },
	{ 46, "certificate unknown", REGISTER "; " INTERMEDIATES "; check that it allows client authentication" },
	{ 48, "unknown CA", "register the CA with the server; " INTERMEDIATES },
	{ 49, "access denied", "the certificate is valid, but the server does not admit its subject: " REGISTER },
	{ 51, "decrypt error", "the server cannot verify the signature: check that it accepts a key of this type, and "
	  "that no proxy intercepts TLS" },
	{ 116, "certificate required", REGISTER },
};

static const char *const hints[] = {
	[HTTP_NO_IDENTITY] = "give the client's certificate with --tls-certificate",
	[HTTP_NOT_ASKED] = "the server requested no certificate in the TLS handshake: check host and port; some "
			   "servers request one only on another port",
	[HTTP_UNFIT] = "the server accepts no signature that the TLS key makes: use a key of another type with "
		       "--tls-key, an EC key on P-256 or an RSA key, and its certificate",
	[HTTP_SENT] = "check that the client certificate is valid and allows client authentication; " INTERMEDIATES
		      "; " REGISTER,
};

const char *refusal_hint(enum http_certificate certificate)
{
	return hints[certificate];
}

bool refusal_by_alert(const char *url, int alert, enum http_certificate certificate, struct error *error)
{
	const struct alert *found = NULL;

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]) && found == NULL; i++) {
		if (alerts[i].number == alert)
			found = &alerts[i];
	}
	if (found == NULL)
		return false;
	if (certificate == HTTP_SENT)
		error_set(error, ERROR_ORG, "%s refuses the client certificate: %s (TLS alert %d)", url, found->name,
			  alert);
	else
		error_set(error, ERROR_ORG, "%s requires a client certificate (TLS alert %d)", url, alert);
	error_hint(error, "%s", certificate == HTTP_SENT ? found->remedy : hints[certificate]);
	return true;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

/* As nginx, IIS and API gateways word it. */
bool refusal_is_named(long status, const char *text)
{
	static const char *const names[] = { "client certificate", "client-certificate", "client cert ",
					     "SSL certificate", "TLS certificate", "mutual TLS", "mTLS" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((status == HTTP_BAD_REQUEST || status == HTTP_FORBIDDEN) && strcasestr(text, names[i]) != NULL)
			return true;
	}
	return status == HTTP_CERTIFICATE_BAD || status == HTTP_CERTIFICATE_MISSING;
}

void refusal_title(const struct http_response *response, char *title, size_t size)
{
	const char *start = strcasestr(secret_data(response->body), "<title"), *end;
	char all[1024], *from = all;

	*title = '\0';
	start = start != NULL ? strchr(start, '>') : NULL;
	if (start == NULL)
		return;
	end = start + 1 + strcspn(start + 1, "<");
	snprintf(all, sizeof(all), "%.*s", (int)(end - start - 1), start + 1);
	redact(response->redactor, all); /* before it is cut */
	if (strtol(from, &from, 10) != response->status)
		from = all;
	from += strspn(from, " \t\r\n");
	for (size_t length = strlen(from); length > 0 && strchr(" \t\r\n", from[length - 1]) != NULL; length--)
		from[length - 1] = '\0';
	snprintf(title, size, "%s", from);
	text_line(title);
}

bool refusal_by_page(const struct http_response *response, const char *line, struct error *error)
{
	bool sent = response->certificate == HTTP_SENT;
	char title[TITLE_SIZE];

	if (!refusal_is_named(response->status, secret_data(response->body)))
		return false;
	refusal_title(response, title, sizeof(title));
	if (*line == '\0')
		line = title;
	error_set(error, ERROR_ORG, "%s %s%s%s (HTTP status %ld)", response->url,
		  sent ? "refuses the client certificate" : "requires a client certificate", *line != '\0' ? ": " : "",
		  line, response->status);
	error_hint(error, "%s", refusal_hint(response->certificate));
	return true;
}
