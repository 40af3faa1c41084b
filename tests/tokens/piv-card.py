#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A virtual YubiKey 5 for vpcd, the virtual reader of vsmartcard; as a PIV card, see piv_applet.py.

piv-card.py DIR PORT. If there is DIR/9a.key, the card has the keys DIR/9a.key and DIR/9c.key (RSAPrivateKey or
ECPrivateKey on P-256, DER) and the certificates DIR/9a.crt and DIR/9c.crt (DER), as if imported, and no attestation
key. Otherwise it is empty, and DIR/roots.pem gets the certificates of the CA that signed its attestation key. In the
environment: PIV_PIN, PIV_PUK, PIV_MANAGEMENT_KEY (hex), PIV_MANAGEMENT_ALGORITHM (3des, aes128, aes192, aes256) and
PIV_FIRMWARE (such as 5.4.3).

SIGUSR1 pulls the card out, SIGUSR2 puts it back as it was; SIGHUP puts in another card, "card 2", which differs in
GUID, serial number and PIN (PIV_OTHER_PIN). What DIR/faults may have is in piv_faults.py.
DIR/events gets these lines:
  inserted, pulled
  card N: its PIN|another PIN     for each comparison; likewise with PUK
  management key accepted|refused
  generated SLOT, imported SLOT, attested SLOT, signed SLOT
  touch wanted SLOT, touched SLOT
  stored OBJECT, deleted OBJECT   such as 5fc105, the certificate in slot 9a
"""
import os
import signal
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from piv_applet import Card  # noqa: E402
from piv_entries import Entry  # noqa: E402
from piv_der import tlv  # noqa: E402
from piv_faults import Faults  # noqa: E402
from piv_keys import read_key  # noqa: E402
from piv_vendor import Authority, Device  # noqa: E402

ATR = bytes.fromhex("3bfd1300008131fe158073c021c057597562694b657940")
OUT_AT_LEAST = 1  # seconds: pcscd looks every 0.4 s, and does not get over a card that was out and in between
ALGORITHMS = {"3des": 0x03, "aes128": 0x08, "aes192": 0x0A, "aes256": 0x0C}


class Reader:
    """The card's side of vpcd's socket: a length and a command, answered likewise."""

    def __init__(self, folder, port, events):
        self.folder, self.port, self.events, self.faults = folder, port, events, Faults(folder)
        self.cards, self.card = [], None
        self.present, self.connection, self.back = True, None, 0
        self.pulled = self.pull_next = False
        signal.signal(signal.SIGUSR1, self.pull)
        signal.signal(signal.SIGUSR2, lambda *_: self.put_in(0))
        signal.signal(signal.SIGHUP, lambda *_: self.put_in(1))

    def pull(self, *_):
        self.present, self.pulled, self.back = False, True, time.monotonic() + OUT_AT_LEAST
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
        if answer is not None:
            self.connection.sendall(struct.pack(">H", len(answer)) + answer)
        # A long answer ends with the last GET RESPONSE.
        if self.pull_next and not self.card.rest:
            self.pull_next = False
            self.pull()

    def run(self):
        self.card = self.cards[0]
        while True:
            if not self.present or time.monotonic() < self.back:
                time.sleep(0.05)
                continue
            try:
                self.pulled = False
                self.connection = socket.create_connection(("127.0.0.1", self.port))
                self.card.reset()
                self.events.write("inserted\n")
                while True:
                    self.serve()
            except (EOFError, OSError):
                self.connection = None
                self.events.write("pulled\n" if self.pulled else "disconnected\n")
                time.sleep(0.05)


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def provisioned(folder, number):
    """Keys and objects of a card that somebody has prepared."""
    def stored(slot):
        return tlv("53", tlv("70", read(folder, f"{slot:02x}.crt")) + tlv("71", b"\x00") + tlv("fe", b""))

    guid = bytes(range(16 * number, 16 * number + 16))
    chuid = (tlv("30", bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")) + tlv("34", guid)
             + tlv("35", b"20401231") + tlv("3e", b"") + tlv("fe", b""))
    capability = tlv("f0", bytes.fromhex("a000000116ff02") + guid[:14]) + b"".join(
        tlv(tag, value) for tag, value in (("f1", b"\x21"), ("f2", b"\x21"), ("f3", b""), ("f4", b"\x00"),
                                           ("f5", b"\x10"), ("f6", b""), ("f7", b""), ("fa", b""), ("fb", b""),
                                           ("fc", b""), ("fd", b""), ("fe", b"")))
    return ({slot: Entry(slot, read_key(read(folder, f"{slot:02x}.key")), False) for slot in (0x9A, 0x9C)},
            {"5fc102": tlv("53", chuid), "5fc107": tlv("53", capability), "5fc105": stored(0x9A),
             "5fc10a": stored(0x9C)})


def main():
    folder, port, env = sys.argv[1], int(sys.argv[2]), os.environ
    firmware = tuple(int(part) for part in env["PIV_FIRMWARE"].split("."))
    empty = not os.path.exists(os.path.join(folder, "9a.key"))
    authority = Authority(firmware) if empty else None
    if authority:
        authority.write(os.path.join(folder, "roots.pem"))
    with open(os.path.join(folder, "events"), "a", buffering=1, encoding="ascii") as events:
        reader = Reader(folder, port, events)
        for number, serial, pin in ((1, 12345678, env["PIV_PIN"]), (2, 16909060, env["PIV_OTHER_PIN"])):
            secret = {"serial": serial, "firmware": firmware, "pin": pin.encode(), "puk": env["PIV_PUK"].encode(),
                      "algorithm": ALGORITHMS[env["PIV_MANAGEMENT_ALGORITHM"]],
                      "management": bytes.fromhex(env["PIV_MANAGEMENT_KEY"])}
            entries, objects = ({}, {}) if empty else provisioned(folder, number)
            device = Device(authority, firmware) if empty else None
            reader.cards.append(Card(number, secret, entries, objects, device, reader))
        reader.run()


main()
