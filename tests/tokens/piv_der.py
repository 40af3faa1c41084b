# SPDX-License-Identifier: Apache-2.0
"""BER-TLV and DER, as much as a PIV card and its certificates need."""
import struct


def tlv(tag, value):
    length = len(value)
    if length < 128:
        head = bytes([length])
    elif length < 256:
        head = b"\x81" + bytes([length])
    else:
        head = b"\x82" + struct.pack(">H", length)
    return bytes.fromhex(tag) + head + value


def parts(data):
    """The (tag, value) pairs of BER-TLV with tags of one byte."""
    found, at = [], 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at:at + size], "big")
            at += size
        found.append((tag, data[at:at + length]))
        at += length
    return found


def number(data):
    return int.from_bytes(data, "big")


def integer(value):
    """An INTEGER, which must not be negative."""
    return tlv("02", value.to_bytes(value.bit_length() // 8 + 1, "big"))


def sequence(*items):
    return tlv("30", b"".join(items))


def bits(value):
    return tlv("03", b"\x00" + value)


def oid(text):
    first, second, *rest = (int(part) for part in text.split("."))
    encoded = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, 0x80 | arc & 0x7F)
        encoded += bytes(septets)
    return tlv("06", encoded)


def name(common):
    return sequence(tlv("31", sequence(oid("2.5.4.3"), tlv("0c", common.encode()))))


def extension(identifier, value, critical=False):
    return sequence(oid(identifier), b"\x01\x01\xff" if critical else b"", tlv("04", value))


def authority(path_length):
    """The extensions of a CA certificate (RFC 5280): at most path_length CA certificates may follow it in a chain."""
    return [extension("2.5.29.19", sequence(b"\x01\x01\xff", integer(path_length)), critical=True),
            extension("2.5.29.15", bytes.fromhex("03020106"), critical=True)]


def certificate(subject, key, issuer, signer, serial, validity, extensions):
    """Names are DER; a validity is two times such as "20160314000000Z"."""
    times = (tlv("17", time[2:].encode()) if time < "2050" else tlv("18", time.encode()) for time in validity)
    body = sequence(tlv("a0", integer(2)), integer(serial), signer.signature_algorithm, issuer, sequence(*times),
                    subject, key.information(), *([tlv("a3", sequence(*extensions))] if extensions else []))
    return sequence(body, signer.signature_algorithm, bits(signer.sign_text(body)))
