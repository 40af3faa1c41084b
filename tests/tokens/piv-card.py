#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A virtual PIV card (NIST SP 800-73-4) for vpcd, the virtual reader of vsmartcard.

piv-card.py DIR PORT: the keys are DIR/9a.key and DIR/9c.key (RSAPrivateKey of 2048 bits or ECPrivateKey on P-256, DER), the certificates DIR/9a.crt and DIR/9c.crt
(DER); the PIN is in PIV_PIN. Slot 9a wants the PIN once, 9c for every signature. It says what a YubiKey says where
libykcs11 asks. SIGUSR1 pulls the card out, SIGUSR2 puts it back; SIGHUP puts in another card, "card 2", which has the same
keys and certificates, but another GUID, serial number and PIN (PIV_OTHER_PIN). DIR/events gets a line "inserted" or
"pulled" each time, and for each VERIFY with a PIN the line "card N: its PIN" or "card N: another PIN".
"""
import os
import secrets
import signal
import socket
import struct
import sys
import time

AID = bytes.fromhex("a000000308000010000100")
ATR = bytes.fromhex("3bfd1300008131fe158073c021c057597562694b657940")
TRIES = 3
OUT_AT_LEAST = 1  # seconds: pcscd looks every 0.4 s, and does not get over a card that was out and in between
OK, WRONG_LENGTH, NOT_ALLOWED, BLOCKED = b"\x90\x00", b"\x67\x00", b"\x69\x82", b"\x69\x83"
BAD_DATA, NOT_FOUND, BAD_P1P2, NO_KEY, NO_INS = b"\x6a\x80", b"\x6a\x82", b"\x6a\x86", b"\x6a\x88", b"\x6d\x00"


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


class RsaKey:
    algorithm, length = 0x07, 256

    def __init__(self, numbers):
        self.modulus, self.exponent = numbers[1], numbers[3]

    def sign(self, challenge):
        return pow(int.from_bytes(challenge, "big"), self.exponent, self.modulus).to_bytes(self.length, "big")


class EcKey:
    """A key on P-256, y^2 = x^3 - 3x + b. Not for secrets: its time tells the key."""
    algorithm, length = 0x11, 32
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    base = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
            0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)

    def __init__(self, secret):
        self.secret = secret

    @classmethod
    def add(cls, one, other):
        if one is None or other is None:
            return one or other
        if one[0] == other[0] and one != other:
            return None
        if one == other:
            slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, cls.prime)
        else:
            slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, cls.prime)
        x = (slope * slope - one[0] - other[0]) % cls.prime
        return x, (slope * (one[0] - x) - one[1]) % cls.prime

    @classmethod
    def times(cls, number):
        point, power = None, cls.base
        while number:
            if number & 1:
                point = cls.add(point, power)
            power, number = cls.add(power, power), number >> 1
        return point

    def sign(self, challenge):
        """An Ecdsa-Sig-Value (RFC 3279), which is what a PIV card returns."""
        r = s = 0
        while r == 0 or s == 0:
            nonce = 1 + secrets.randbelow(self.order - 1)
            r = self.times(nonce)[0] % self.order
            s = pow(nonce, -1, self.order) * (int.from_bytes(challenge, "big") + r * self.secret) % self.order
        return tlv("30", b"".join(tlv("02", number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in (r, s)))


class Card:
    def __init__(self, folder, number, pin, events):
        self.number, self.pin, self.events, self.tries = number, pin, events, TRIES
        self.serial = bytes.fromhex("00bc614e") if number == 1 else bytes.fromhex("01020304")
        self.keys = {slot: self.read_key(folder, slot) for slot in (0x9A, 0x9C)}
        certificates = {slot: self.read(folder, f"{slot:02x}.crt") for slot in self.keys}
        guid = bytes(range(16 * number, 16 * number + 16))
        chuid = (tlv("30", bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")) + tlv("34", guid)
                 + tlv("35", b"20401231") + tlv("3e", b"") + tlv("fe", b""))
        capability = tlv("f0", bytes.fromhex("a000000116ff02") + guid[:14]) + b"".join(
            tlv(tag, value) for tag, value in (("f1", b"\x21"), ("f2", b"\x21"), ("f3", b""), ("f4", b"\x00"),
                                               ("f5", b"\x10"), ("f6", b""), ("f7", b""), ("fa", b""), ("fb", b""),
                                               ("fc", b""), ("fd", b""), ("fe", b"")))
        self.objects = {"5fc102": tlv("53", chuid), "5fc107": tlv("53", capability),
                        "5fc105": tlv("53", self.certificate(certificates[0x9A])),
                        "5fc10a": tlv("53", self.certificate(certificates[0x9C])),
                        "7e": tlv("7e", tlv("4f", AID) + tlv("5f2f", b"\x40\x00"))}
        self.reset()

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    @classmethod
    def read_key(cls, folder, slot):
        numbers = [int.from_bytes(value, "big") for _, value in parts(parts(cls.read(folder, f"{slot:02x}.key"))[0][1])]
        return RsaKey(numbers) if len(numbers) > 4 else EcKey(numbers[1])

    @staticmethod
    def certificate(der):
        return tlv("70", der) + tlv("71", b"\x00") + tlv("fe", b"")

    def reset(self):
        self.selected = self.verified = self.fresh = False
        self.chain = self.rest = b""

    def answer(self, data, expected):
        """Up to what the reader expects; the rest on GET RESPONSE."""
        self.rest = data[expected:]
        if not self.rest:
            return data[:expected] + OK
        return data[:expected] + bytes([0x61, len(self.rest) if len(self.rest) < 256 else 0])

    @staticmethod
    def split(apdu):
        """Data and expected length of a command (ISO 7816-4), short or extended."""
        body = apdu[4:]
        if len(body) <= 1:
            return b"", (body[0] or 256) if body else 256
        if body[0] == 0 and len(body) >= 3:
            length = struct.unpack(">H", body[1:3])[0]
            if len(body) == 3:
                return b"", length or 65536
            tail = body[3 + length:]
            return body[3:3 + length], (struct.unpack(">H", tail)[0] or 65536) if len(tail) == 2 else 256
        tail = body[1 + body[0]:]
        return body[1:1 + body[0]], (tail[0] or 256) if tail else 256

    def command(self, apdu):
        if len(apdu) < 4:
            return WRONG_LENGTH
        kind, ins, p1, p2 = apdu[:4]
        data, expected = self.split(apdu)
        if ins == 0xC0:
            return self.answer(self.rest, expected)
        if kind & 0x10:
            self.chain += data
            return OK
        data, self.chain = self.chain + data, b""
        fresh, self.fresh = self.fresh, False
        if ins == 0xA4:
            return self.select(p1, data, expected)
        if not self.selected:
            return NO_INS
        if ins == 0xCB and (p1, p2) == (0x3F, 0xFF):
            found = self.objects.get(data[2:].hex()) if data[:1] == b"\x5c" else None
            return self.answer(found, expected) if found else NOT_FOUND
        if ins == 0x20:
            return self.verify(p1, p2, data)
        if ins == 0x87:
            return self.sign(p1, p2, data, expected, fresh)
        if ins == 0xFD:  # a YubiKey: its version
            return b"\x05\x04\x03" + OK
        if ins == 0xF8:  # and its serial number, 12345678 for the first card
            return self.serial + OK
        return NO_INS

    def select(self, p1, data, expected):
        if p1 != 4 or len(data) < 5 or not AID.startswith(data):
            return NOT_FOUND
        self.selected, self.verified = True, False
        return self.answer(tlv("61", tlv("4f", AID[5:]) + tlv("79", tlv("4f", AID[:5])) + tlv("50", b"PIV test card")),
                           expected)

    def refusal(self):
        return bytes([0x63, 0xC0 | self.tries]) if self.tries else BLOCKED

    def verify(self, p1, p2, data):
        if p2 != 0x80:
            return NO_KEY
        if p1 == 0xFF:
            self.verified = False
            return OK
        if not data:
            return OK if self.verified else self.refusal()
        if not self.tries:
            return BLOCKED
        if len(data) != 8:
            return BAD_DATA
        matches = data.rstrip(b"\xff") == self.pin
        self.events.write(f"card {self.number}: {'its' if matches else 'another'} PIN\n")
        if matches:
            self.tries, self.verified, self.fresh = TRIES, True, True
            return OK
        self.tries, self.verified = self.tries - 1, False
        return self.refusal()

    def sign(self, p1, slot, data, expected, fresh):
        if slot not in self.keys:
            return NO_KEY
        key = self.keys[slot]
        if p1 != key.algorithm:
            return BAD_P1P2
        if not self.verified or (slot == 0x9C and not fresh):
            return NOT_ALLOWED
        template = parts(data)
        challenge = dict(parts(template[0][1])).get(0x81, b"") if template and template[0][0] == 0x7C else b""
        if len(challenge) != key.length:
            return BAD_DATA
        return self.answer(tlv("7c", tlv("82", key.sign(challenge))), expected)


class Reader:
    """The card's side of vpcd's socket: a length and a command, answered likewise."""

    def __init__(self, cards, port, events):
        self.cards, self.card, self.port, self.events = cards, cards[0], port, events
        self.present, self.connection, self.back = True, None, 0
        signal.signal(signal.SIGUSR1, self.pull)
        signal.signal(signal.SIGUSR2, lambda *_: self.put_in(0))
        signal.signal(signal.SIGHUP, lambda *_: self.put_in(1))

    def pull(self, *_):
        self.present, self.back = False, time.monotonic() + OUT_AT_LEAST
        if self.connection:
            self.connection.shutdown(socket.SHUT_RDWR)

    def put_in(self, index):
        self.card, self.present = self.cards[index], True

    def receive(self, length):
        data = b""
        while len(data) < length:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            more = self.connection.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def serve(self):
        message = self.receive(struct.unpack(">H", self.receive(2))[0])
        if len(message) == 1:  # power off, power on, reset, ATR
            if message[0] == 4:
                self.connection.sendall(struct.pack(">H", len(ATR)) + ATR)
            else:
                self.card.reset()
            return
        answer = self.card.command(message)
        self.connection.sendall(struct.pack(">H", len(answer)) + answer)

    def run(self):
        while True:
            if not self.present or time.monotonic() < self.back:
                time.sleep(0.05)
                continue
            try:
                self.connection = socket.create_connection(("127.0.0.1", self.port))
                self.card.reset()
                self.events.write("inserted\n")
                while True:
                    self.serve()
            except (EOFError, OSError):
                self.connection = None
                self.events.write("pulled\n" if not self.present else "disconnected\n")
                time.sleep(0.05)


def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    with open(os.path.join(folder, "events"), "a", buffering=1, encoding="ascii") as events:
        pins = os.environ["PIV_PIN"], os.environ["PIV_OTHER_PIN"]
        Reader([Card(folder, i + 1, pin.encode(), events) for i, pin in enumerate(pins)], port, events).run()


main()
