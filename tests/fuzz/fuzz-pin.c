/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes PIN sources: the first line is the name of one, of which only the form is looked at; the rest is what a file, and a
 * descriptor, hold. A PIN is one line, neither empty nor too long, without byte-order mark, control and invisible characters, to the
 * byte as it is there; nothing of it is in a refusal, and of a descriptor no byte after the line is read. */
#include "fuzz.h"

#include "base/source.h"
#include "base/text.h"
#include "p11/p11.h"
#include "process/prompt.h"

#include <fcntl.h>
#include <openssl/asn1.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 1024 };
static const struct source_kind kind = { .name = "PIN", .class = ERROR_PIN, .max = MOST };

/* Where one line ends, and with it the PIN. */
static bool is_pin(const uint8_t *data, size_t size, bool line, size_t *length)
{
	const uint8_t *end = line && size > 0 ? memchr(data, '\n', size) : NULL;
	unsigned long character;

	*length = end != NULL ? (size_t)(end + 1 - data) : size;
	if (*length > 0 && data[*length - 1] == '\n')
		*length -= *length > 1 && data[*length - 2] == '\r' ? 2 : 1;
	for (size_t i = 0; i < *length; i++) {
		if (data[i] < ' ' || data[i] == 0x7f || (i > 0 && data[i - 1] == 0xc2 && (data[i] & 0xe0) == 0x80))
			return false;
		if (UTF8_getc(data + i, (int)(*length - i), &character) > 0 && text_misleads(character) && (character | 1) != 0x200d)
			return false;
	}
	if (*length >= 2 && (data[0] | data[1]) == 0xff && (data[0] & data[1]) == 0xfe)
		return false;
	return *length > 0 && memmem(data, *length, "\xef\xbb\xbf", 3) == NULL;
}

static void read_pin(const char *text, const uint8_t *data, size_t size, bool line)
{
	struct secret *pin = secret_new(16);
	struct source source;
	struct error error = { .class = 0 };
	char *shown = strndup((const char *)data, size);
	size_t length;
	bool good = is_pin(data, size, line, &length);
	int result;

	expect(source_parse(&source, text), "it is a source");
	result = source_read(&source, &kind, pin, &error);
	if (result == 0) {
		expect(good && length == secret_length(pin) && memcmp(secret_data(pin), data, length) == 0,
		       "the PIN is what stands there");
		expect(length <= MOST, "it is not too long");
	} else {
		expect(result == -ERROR_PIN && error.text[0] != '\0', "a refusal is one of the PIN");
		expect(!good || length > MOST - 2, "a good PIN is taken");
		/* Shorter texts stand in the sentence by chance. */
		expect(strlen(shown) < 24 || strstr(error.text, shown) == NULL, "it is not in the sentence");
	}
	free(shown);
	secret_free(&pin);
}

static void check_form(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct error error = { .class = 0 };
	struct source source;

	if (prompt_parse(&source, "PIN", text, &error) < 0)
		expect(strlen(text) < 24 || strstr(error.text, text) == NULL, "what may be a PIN is not shown");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/tmp/fuzz-pin-XXXXXX";
	static int fd = -1;
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL, *line_end;
	char source[64];
	off_t taken;

	if (fd < 0) {
		fd = mkostemp(path, O_CLOEXEC);
		expect(fd >= 0, "there is a file");
	}
	if (end == NULL)
		return 0;
	check_form(data, (size_t)(end - data));
	size -= (size_t)(end + 1 - data);
	data = end + 1;
	expect(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "it can be written");
	snprintf(source, sizeof(source), "file:%s", path);
	read_pin(source, data, size, false);
	snprintf(source, sizeof(source), "fd:%d", fd);
	expect(lseek(fd, 0, SEEK_SET) == 0, "it has a beginning");
	read_pin(source, data, size, true);
	taken = lseek(fd, 0, SEEK_CUR);
	line_end = size > 0 ? memchr(data, '\n', size) : NULL;
	expect(line_end == NULL || taken <= line_end + 1 - data, "what follows the line is left to others");
	return 0;
}
