/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/org-url.h"

#include "base/text.h"
#include "server/server.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	HOST_SIZE = 256, /* a DNS name has at most 253 characters */
	PATH_SIZE = 256,
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct page {
	const struct url *url;
	char host[HOST_SIZE]; /* in lower case, without the DNS root */
	char path[PATH_SIZE]; /* without trailing slashes */
};

/* Suffixes of hosts that serve pages, and of the host of their org. Both have the same prefix, such as
 * NAME--SANDBOX.sandbox; but hosts for the pages and files of packages insert the package, NAME--PACKAGE, and older
 * ones also the instance, NAME--PACKAGE.na139. */
static const struct page_host {
	const char *page, *org;
	bool package;
} page_hosts[] = {
	{ ".lightning.force.com", ".my.salesforce.com", false },
	{ ".my.salesforce-setup.com", ".my.salesforce.com", false },
	{ ".salesforce-setup.com", ".my.salesforce.com", false },
	{ ".my.salesforce-scrt.com", ".my.salesforce.com", false },
	{ ".vf.force.com", ".my.salesforce.com", true },
	{ ".visual.force.com", ".my.salesforce.com", true },
	{ ".visualforce.com", ".my.salesforce.com", true },
	{ ".content.force.com", ".my.salesforce.com", true },
	{ ".documentforce.com", ".my.salesforce.com", true },
	{ ".file.force.com", ".my.salesforce.com", false },
	{ ".builder.salesforce-experience.com", ".my.salesforce.com", false },
	{ ".live-preview.salesforce-experience.com", ".my.salesforce.com", false },
	{ ".preview.salesforce-experience.com", ".my.salesforce.com", false },
	{ ".lightning.crmforce.mil", ".my.salesforce.mil", false },
	{ ".lightning.sfcrmapps.cn", ".my.sfcrmproducts.cn", false },
};

/* Suffixes of hosts that accept logins; their URLs have no path except those of services. The other hosts in the
 * domain are instances, such as na139, or not orgs, such as help. */
static const char *const org_hosts[] = { ".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn" };
static const char instance_domain[] = ".salesforce.com";

/* Suffixes of hosts of Experience Cloud sites; the first part of the path may name the site. */
static const char *const site_hosts[] = { ".site.com", ".force.com", ".salesforce-sites.com" };

/* Prefixes of the paths of pages: on Salesforce's hosts, and on any host, because a site may use a custom domain. */
static const char *const page_paths[] = { "/lightning", "/one/one.app" };
static const char *const sure_paths[] = { "/lightning/page", "/lightning/r", "/lightning/o", "/lightning/n",
					  "/lightning/setup", "/lightning/app", "/one/one.app" };

/* Returns false if the URL has no host, or contains a user. */
static bool page_read(const struct url *url, struct page *page)
{
	size_t length = (size_t)(url->port - url->host);

	if (length == 0 || length >= sizeof(page->host) ||
	    memchr(url->host, '@', (size_t)(url->path - url->host)) != NULL)
		return false;
	page->url = url;
	while (length > 0 && url->host[length - 1] == '.')
		length--;
	snprintf(page->host, sizeof(page->host), "%.*s", (int)length, url->host);
	text_lower(page->host, length);
	snprintf(page->path, sizeof(page->path), "%.*s", (int)(url->end - url->path), url->path);
	return true;
}

/* Returns the suffix `end` in `text`, or NULL. */
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

/* Returns whether the label of `length` bytes names an instance: na139, cs5, usa2s. */
static bool is_instance(const char *label, size_t length)
{
	size_t letters = strspn(label, "abcdefghijklmnopqrstuvwxyz"), digits = strspn(label + letters, "0123456789");
	size_t suffix = label[letters + digits] == 's' ? 1 : 0;

	return letters >= 2 && letters <= 4 && digits >= 1 && letters + digits + suffix == length;
}

/* Removes --PACKAGE from the first label, and the last label if it names an instance. Returns false if there is no
 * package: then the name does not start with that of an org. */
static bool cut_package(char *name)
{
	size_t label = strcspn(name, ".");
	char *found = NULL, *last;

	for (char *at = strstr(name, "--"); at != NULL && at < name + label; at = strstr(at + 1, "--"))
		found = at > name ? at : NULL;
	if (found == NULL)
		return false;
	memmove(found, name + label, strlen(name + label) + 1);
	last = strrchr(name, '.');
	if (last != NULL && is_instance(last + 1, strlen(last + 1)))
		*last = '\0';
	return true;
}

static bool say(char *advice, size_t size, const char *what, const char *base, const char *path, bool token)
{
	snprintf(advice, size, "%s; use %s%s%s", what, base, path, token ? SERVER_SALESFORCE_TOKEN_PATH : "");
	return true;
}

/* Returns whether the path starts with all components of `part`. */
static bool path_begins(const char *path, const char *part)
{
	size_t length = strlen(part);

	return strncasecmp(path, part, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool path_begins_with_one(const char *path, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (path_begins(path, parts[i]))
			return true;
	}
	return false;
}

/* Handles the hosts that serve pages. */
static bool page_host(struct page *page, bool token, char *advice, size_t size)
{
	char what[HOST_SIZE + 64], base[2 * HOST_SIZE];

	for (size_t i = 0; i < COUNT(page_hosts); i++) {
		char *end = find_end(page->host, page_hosts[i].page);

		if (end == NULL || end == page->host)
			continue;
		snprintf(what, sizeof(what), "%s serves pages, not logins", page->host);
		*end = '\0';
		if (page_hosts[i].package && !cut_package(page->host))
			return false;
		snprintf(base, sizeof(base), "https://%s%s", page->host, page_hosts[i].org);
		return say(advice, size, what, base, "", token);
	}
	return false;
}

/* Returns the length of the path that names the site; pages follow after /s, services after /services. */
static size_t site_path(const char *path)
{
	size_t length = 0;

	while (path[length] != '\0' && !path_begins(path + length, "/s") && !path_begins(path + length, "/services"))
		length += 1 + strcspn(path + length + 1, "/");
	return length;
}

static bool is_org(char *host)
{
	size_t label = strcspn(host, ".");

	if (strcmp(host, "login.salesforce.com") == 0 || strcmp(host, "test.salesforce.com") == 0)
		return true;
	return ends_with_one(host, org_hosts, COUNT(org_hosts)) ||
	       (strcmp(host + label, instance_domain) == 0 && is_instance(host, label));
}

/* Handles all other hosts. */
static bool page_path(struct page *page, bool token, char *advice, size_t size)
{
	bool org = is_org(page->host), site = ends_with_one(page->host, site_hosts, COUNT(site_hosts));
	bool found = org || site ? path_begins_with_one(page->path, page_paths, COUNT(page_paths)) :
				  path_begins_with_one(page->path, sure_paths, COUNT(sure_paths));
	char *endpoint = token ? find_end(page->path, SERVER_SALESFORCE_TOKEN_PATH) : NULL;
	bool plain = strncasecmp(page->url->text, "http://", strlen("http://")) == 0, service;
	char base[2 * HOST_SIZE];
	size_t length;

	if (!found && !org && !site)
		return false;
	snprintf(base, sizeof(base), "%s://%s%.*s", plain ? "http" : "https", page->host,
		 (int)(page->url->path - page->url->port), page->url->port);
	if (endpoint != NULL)
		*endpoint = '\0';
	length = !found && site ? site_path(page->path) : 0;
	service = path_begins(page->path + length, "/services");
	found |= page->path[length] != '\0';
	page->path[length] = '\0';
	if (found)
		return say(advice, size,
			   service ? "this is the URL of one of the org's services" : "this is the URL of a page", base,
			   page->path, token);
	if (token && endpoint == NULL)
		return say(advice, size, "this is not the URL of a token endpoint", base, page->path, token);
	return false;
}

bool salesforce_url_advice(const struct url *url, bool token, char *advice, size_t size)
{
	struct page page;

	return page_read(url, &page) &&
	       (page_host(&page, token, advice, size) || page_path(&page, token, advice, size));
}
