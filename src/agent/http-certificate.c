/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-certificate.h"

#include "x509/x509.h"

enum { DAY = 24 * 60 * 60 };

long long certificate_expiry(const char *path)
{
	struct x509_list list = { 0 };
	struct error error = { 0 };
	time_t end = 0;

	if (path == NULL)
		return 0;
	if (x509_read(path, &list, &error) == 0 && list.count > 0)
		(void)x509_not_after(list.list[0], &end);
	x509_list_clear(&list);
	return end;
}

long long certificate_days(long long expiry, long long now)
{
	long long left = expiry - now;

	return left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
}
