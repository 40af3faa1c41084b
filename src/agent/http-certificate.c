/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-certificate.h"

#include "x509/x509.h"

enum { DAY = 24 * 60 * 60 };

static long long expiry_of(const X509 *certificate)
{
	int days, seconds;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	long long result = 0;

	if (epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1)
		result = (long long)days * DAY + seconds;
	ASN1_TIME_free(epoch);
	return result;
}

long long certificate_expiry(const char *path)
{
	struct x509_list list = { 0 };
	struct error error = { 0 };
	long long result = 0;

	if (path == NULL)
		return 0;
	if (x509_read(path, &list, &error) == 0 && list.count > 0)
		result = expiry_of(list.list[0]);
	x509_list_clear(&list);
	return result;
}

long long certificate_days(long long expiry, long long now)
{
	long long left = expiry - now;

	return left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
}
