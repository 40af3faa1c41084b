/* SPDX-License-Identifier: Apache-2.0 */
/* A name service that never answers, for LD_PRELOAD. */
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)name;
	(void)service;
	(void)hints;
	(void)list;
	for (;;)
		pause();
}
