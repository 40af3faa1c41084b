/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module between a program and the module in BENCH_MODULE. It measures the CPU time of signatures: in
 * C_SignInit and C_Sign, by the clock of the calling thread, and in the whole process, from the first C_SignInit until
 * C_Finalize. C_Finalize writes both to the file in BENCH_METER, in microseconds for each signature.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

static CK_FUNCTION_LIST *module, functions;
static atomic_llong inside, signatures;
static long long first;
static pthread_once_t begun = PTHREAD_ONCE_INIT;

static long long cpu(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void begin(void)
{
	first = cpu(CLOCK_PROCESS_CPUTIME_ID);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	long long before;
	CK_RV rv;

	pthread_once(&begun, begin);
	before = cpu(CLOCK_THREAD_CPUTIME_ID);
	rv = module->C_SignInit(session, mechanism, key);
	atomic_fetch_add(&inside, cpu(CLOCK_THREAD_CPUTIME_ID) - before);
	return rv;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *signature, CK_ULONG *length)
{
	long long before = cpu(CLOCK_THREAD_CPUTIME_ID);
	CK_RV rv = module->C_Sign(session, data, size, signature, length);

	atomic_fetch_add(&inside, cpu(CLOCK_THREAD_CPUTIME_ID) - before);
	atomic_fetch_add(&signatures, 1);
	return rv;
}

static CK_RV finalize(void *reserved)
{
	double count = (double)atomic_load(&signatures) * 1000;
	double process = (double)(cpu(CLOCK_PROCESS_CPUTIME_ID) - first);
	FILE *file = fopen(getenv("BENCH_METER"), "w");

	if (file == NULL || count == 0)
		return CKR_GENERAL_ERROR;
	fprintf(file, "%.3f %.3f\n", (double)atomic_load(&inside) / count, process / count);
	fclose(file);
	return module->C_Finalize(reserved);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	void *library = dlopen(getenv("BENCH_MODULE"), RTLD_NOW);
	CK_C_GetFunctionList get = library != NULL ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
	CK_RV rv = get != NULL ? get(&module) : CKR_GENERAL_ERROR;

	if (rv != CKR_OK)
		return rv;
	functions = *module;
	functions.C_SignInit = sign_init;
	functions.C_Sign = sign;
	functions.C_Finalize = finalize;
	*list = &functions;
	return CKR_OK;
}
