/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/org-url.h"

#include "salesforce/advice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	HOST_SIZE = 256, /* a name in the DNS has 253 characters */
	PATH_SIZE = 256,
};

struct url {
	char scheme[8];
	char host[HOST_SIZE], port[8], path[PATH_SIZE];
};

/* Hosts of pages and the host of their org, by the ends of the names. What stands before the end is the same for both, such as
 * NAME--SANDBOX.sandbox; a Visualforce page's name has its package too: NAME--PACKAGE. */
static const struct page_host {
	const char *page, *org;
	bool package;
} page_hosts[] = {
	{ ".lightning.force.com", ".my.salesforce.com", false },
	{ ".my.salesforce-setup.com", ".my.salesforce.com", false },
	{ ".salesforce-setup.com", ".my.salesforce.com", false },
	{ ".vf.force.com", ".my.salesforce.com", true },
	{ ".visualforce.com", ".my.salesforce.com", true },
	{ ".file.force.com", ".my.salesforce.com", false },
	{ ".builder.salesforce-experience.com", ".my.salesforce.com", false },
	{ ".lightning.crmforce.mil", ".my.salesforce.mil", false },
	{ ".lightning.sfcrmapps.cn", ".my.sfcrmproducts.cn", false },
};

/* Hosts that orgs log in at. Nothing follows but the paths of their services. */
static const char *const org_hosts[] = { ".salesforce.com", ".salesforce.mil", ".sfcrmproducts.cn" };

/* Hosts of Experience Cloud sites: the first part of the path may be the site's. */
static const char *const site_hosts[] = { ".site.com", ".force.com", ".salesforce-sites.com" };

/* The first part of a page's path, on any host. */
static const char *const page_paths[] = { "/lightning", "/one/one.app" };

/* False: no URL of a host, or one with a user and password. */
static bool url_read(const char *text, struct url *url)
{
	const char *scheme = strstr(text, "://"), *host = scheme != NULL ? scheme + strlen("://") : text, *rest;
	size_t authority, length, path;

	snprintf(url->scheme, sizeof(url->scheme), "%.*s", scheme != NULL ? (int)(scheme - text) : 5,
		 scheme != NULL ? text : "https");
	authority = strcspn(host, "/?#");
	length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	if (length == 0 || length > authority || length >= sizeof(url->host) || memchr(host, '@', authority) != NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		url->host[i] = (char)tolower((unsigned char)host[i]);
	while (length > 0 && url->host[length - 1] == '.')
		length--;
	url->host[length] = '\0';
	rest = host + strcspn(host, ":/?#");
	rest = *host == '[' ? host + strcspn(host, "]") + 1 : rest;
	snprintf(url->port, sizeof(url->port), "%.*s", (int)(host + authority - rest), rest);
	rest = host + authority;
	path = strcspn(rest, "?#");
	while (path > 0 && rest[path - 1] == '/')
		path--;
	snprintf(url->path, sizeof(url->path), "%.*s", (int)path, rest);
	return true;
}

/* Where `text` ends with `end`, else NULL. */
static char *find_end(char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0 ? text + length - tail : NULL;
}

static bool ends_with_one(char *host, const char *const *ends, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (find_end(host, ends[i]) != NULL)
			return true;
	}
	return false;
}

/* Takes --PACKAGE out of the first label. */
static void cut_package(char *name)
{
	size_t label = strcspn(name, ".");
	char *found = NULL;

	for (char *at = strstr(name, "--"); at != NULL && at < name + label; at = strstr(at + 1, "--"))
		found = at > name ? at : NULL;
	if (found != NULL)
		memmove(found, name + label, strlen(name + label) + 1);
}

static bool say(char *advice, size_t size, const char *what, const char *base, const char *path, bool token)
{
	snprintf(advice, size, "%s; use %s%s%s", what, base, path, token ? SALESFORCE_TOKEN_PATH : "");
	return true;
}

/* Whether the path begins with `part`, as a whole. */
static bool path_begins(const char *path, const char *part)
{
	size_t length = strlen(part);

	return strncasecmp(path, part, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* The host is that of pages. */
static bool page_host(struct url *url, bool token, char *advice, size_t size)
{
	char what[HOST_SIZE + 64], base[2 * HOST_SIZE];

	for (size_t i = 0; i < sizeof(page_hosts) / sizeof(page_hosts[0]); i++) {
		char *end = find_end(url->host, page_hosts[i].page);

		if (end == NULL || end == url->host)
			continue;
		snprintf(what, sizeof(what), "%s serves pages, not logins", url->host);
		*end = '\0';
		if (page_hosts[i].package)
			cut_package(url->host);
		snprintf(base, sizeof(base), "https://%s%s", url->host, page_hosts[i].org);
		return say(advice, size, what, base, "", token);
	}
	return false;
}

/* The part of the path that is a site's: pages follow after /s, services after /services. */
static size_t site_path(const char *path)
{
	size_t length = 0;

	while (path[length] != '\0' && !path_begins(path + length, "/s") && !path_begins(path + length, "/services"))
		length += 1 + strcspn(path + length + 1, "/");
	return length;
}

/* The host is an org's, a site's or unknown. */
static bool page_path(struct url *url, bool token, char *advice, size_t size)
{
	bool org = ends_with_one(url->host, org_hosts, sizeof(org_hosts) / sizeof(org_hosts[0]));
	bool site = ends_with_one(url->host, site_hosts, sizeof(site_hosts) / sizeof(site_hosts[0]));
	char *endpoint = token ? find_end(url->path, SALESFORCE_TOKEN_PATH) : NULL;
	char base[2 * HOST_SIZE];
	bool is_page = false;
	size_t length;

	for (size_t i = 0; i < sizeof(page_paths) / sizeof(page_paths[0]); i++)
		is_page |= path_begins(url->path, page_paths[i]);
	if (!is_page && !org && !site)
		return false;
	snprintf(base, sizeof(base), "%s://%s%s", url->scheme, url->host, url->port);
	if (endpoint != NULL)
		*endpoint = '\0';
	length = !is_page && site ? site_path(url->path) : 0;
	is_page |= url->path[length] != '\0';
	url->path[length] = '\0';
	if (is_page)
		return say(advice, size, "this is the URL of a page", base, url->path, token);
	if (token && endpoint == NULL)
		return say(advice, size, "this is not the URL of a token endpoint", base, url->path, token);
	return false;
}

bool salesforce_url_advice(const char *url, bool token, char *advice, size_t size)
{
	struct url parts;

	return url_read(url, &parts) &&
	       (page_host(&parts, token, advice, size) || page_path(&parts, token, advice, size));
}
