# SPDX-License-Identifier: Apache-2.0
"""The PIV application of a virtual card (NIST SP 800-73-4), with what a YubiKey 5 adds to it."""
import os
import secrets
import time

from piv_apdu import OK, Transport
from piv_der import parts, tlv
from piv_entries import ALWAYS, BLOCKED, NEVER, TOUCH_CACHED, TOUCH_NEVER, TOUCH_SECONDS, TRIES, Entry, Reference
from piv_faults import target
from piv_keys import FAMILIES, ManagementKey

AID = bytes.fromhex("a000000308000010000100")
OTHERS = (bytes.fromhex("a000000527471117"), bytes.fromhex("a0000005272001"))  # a YubiKey's other applications
PIN, PUK, MANAGEMENT, ATTESTATION = 0x80, 0x81, 0x9B, 0xF9
SLOTS = (0x9A, 0x9C, 0x9D, 0x9E, *range(0x82, 0x96))
NOT_ALLOWED = b"\x69\x82"
BAD_DATA, NOT_FOUND, BAD_P1P2, NO_KEY, NO_INS = b"\x6a\x80", b"\x6a\x82", b"\x6a\x86", b"\x6a\x88", b"\x6d\x00"


class Card(Transport):
    """The state that survives pulling. "entries" and "objects" are what is on the card at first; device is its slot f9
    (piv_vendor.py); None: none."""

    def __init__(self, number, secret, entries, objects, device, reader):
        self.number, self.reader, self.device = number, reader, device
        self.serial, self.firmware = secret["serial"], secret["firmware"]
        self.references = {PIN: Reference("PIN", secret["pin"]), PUK: Reference("PUK", secret["puk"])}
        self.management = ManagementKey(secret["algorithm"], secret["management"])
        self.entries, self.objects = entries, objects
        self.objects["7e"] = tlv("7e", tlv("4f", AID) + tlv("5f2f", b"\x40\x00"))
        self.reset()

    def reset(self):
        super().reset()
        self.selected = False
        self.forget()

    def forget(self):
        self.verified = self.fresh = self.managed = False
        self.witness = self.challenge = None

    def event(self, text):
        self.reader.events.write(text + "\n")

    def dispatch(self, ins, p1, p2, data, expected):
        if ins == 0xA4:
            return self.select(p1, data, expected)
        if not self.selected:
            return NO_INS
        return self.with_faults((ins, target(ins, p1, p2, data)), lambda: self.execute(ins, p1, p2, data, expected))

    def with_faults(self, command, execute):
        faults = self.reader.faults
        faults.read()
        status = faults.about("refuse", command)
        if status:
            return bytes.fromhex(status[0])
        if faults.about("pull-before", command) is not None:
            self.reader.pull()
            return None
        try:
            answer = execute()
        except (IndexError, ValueError):  # malformed data
            answer = BAD_DATA
        if faults.about("pull-within", command) is not None:
            self.reader.pull()
            return None
        self.reader.pull_next = faults.about("pull-after", command) is not None
        return answer

    def execute(self, ins, p1, p2, data, expected):
        fresh, self.fresh = self.fresh, False
        if ins == 0x87 and p2 == MANAGEMENT:
            return self.authenticate(p1, data, expected)
        if ins == 0x87:
            return self.sign(p1, p2, data, expected, fresh)
        if ins in (0xCB, 0xDB) and (p1, p2) == (0x3F, 0xFF):
            return self.get(data, expected) if ins == 0xCB else self.put(data)
        if ins == 0x20:
            return self.verify(p1, p2, data)
        if ins in (0x24, 0x2C):
            return self.change(ins, p1, p2, data)
        if ins in (0x47, 0xFE):
            return self.create(ins, p1, p2, data, expected)
        if ins == 0xF7:
            return self.metadata(p2, expected)
        if ins == 0xF9:
            return self.attest(p1, expected)
        if ins == 0xFF:
            return self.set_management(data)
        if ins == 0xFD:
            return bytes(self.firmware) + OK
        if ins == 0xF8:
            return self.serial.to_bytes(4, "big") + OK
        return NO_INS

    def select(self, p1, data, expected):
        if p1 == 4 and data in OTHERS:
            self.reset()
            return self.answer(b"Virtual mgr - FW version %d.%d.%d" % self.firmware, expected)
        if p1 != 4 or len(data) < 5 or not AID.startswith(data):
            return NOT_FOUND
        self.forget()
        self.selected = True
        return self.answer(tlv("61", tlv("4f", AID[5:]) + tlv("79", tlv("4f", AID[:5])) + tlv("50", b"PIV test card")),
                           expected)

    def check(self, reference, value):
        """Uses a try. None if it is the PIN or PUK, else the answer."""
        if not reference.tries:
            return BLOCKED
        matches = value.rstrip(b"\xff") == reference.value
        self.event(f"card {self.number}: {'its' if matches else 'another'} {reference.label}")
        reference.tries = TRIES if matches else reference.tries - 1
        return None if matches else reference.refusal()

    def verify(self, p1, p2, data):
        if p2 != PIN:
            return NO_KEY
        if p1 == 0xFF:
            self.verified = False
            return OK
        pin = self.references[PIN]
        if not data:
            return OK if self.verified else pin.refusal()
        if not pin.tries:
            return BLOCKED
        if len(data) != 8:
            return BAD_DATA
        refusal = self.check(pin, data)
        self.verified = self.fresh = not refusal
        return refusal or OK

    def change(self, ins, p1, p2, data):
        """CHANGE REFERENCE DATA, and RESET RETRY COUNTER, which needs the PUK to change the PIN."""
        if p1 or p2 not in self.references or (ins == 0x2C and p2 != PIN):
            return NO_KEY
        old, new = data[:8], data[8:].rstrip(b"\xff")
        if len(data) != 16 or len(new) < 6:
            return BAD_DATA
        refusal = self.check(self.references[PUK if ins == 0x2C else p2], old)
        if refusal:
            return refusal
        self.references[p2].value, self.references[p2].tries = new, TRIES
        return OK

    def authenticate(self, algorithm, data, expected):
        """With the management key: each side proves that it has it, or only the other side does."""
        template = dict(parts(data)[:1]).get(0x7C)
        if template is None or algorithm != self.management.algorithm:
            return BAD_DATA
        values = dict(parts(template))
        witness, challenge = self.witness, self.challenge
        self.witness = self.challenge = None
        if values.get(0x80) == b"":
            self.witness = secrets.token_bytes(self.management.block)
            return self.answer(tlv("7c", tlv("80", self.management.encrypt(self.witness))), expected)
        if values.get(0x81) == b"":
            self.challenge = secrets.token_bytes(self.management.block)
            return self.answer(tlv("7c", tlv("81", self.challenge)), expected)
        mutual = 0x80 in values
        if len(values.get(0x81, b"")) != (self.management.block if mutual else 0):
            return BAD_DATA
        self.managed = (witness is not None and values[0x80] == witness if mutual else
                        challenge is not None and values.get(0x82) == self.management.encrypt(challenge))
        self.event(f"management key {'accepted' if self.managed else 'refused'}")
        if not self.managed:
            return NOT_ALLOWED
        return self.answer(tlv("7c", tlv("82", self.management.encrypt(values[0x81]))), expected) if mutual else OK

    def set_management(self, data):
        if not self.managed:
            return NOT_ALLOWED
        if len(data) < 3 or data[0] not in ManagementKey.ciphers or data[1] != MANAGEMENT:
            return BAD_DATA
        if data[2] != ManagementKey.ciphers[data[0]][1] or len(data) != 3 + data[2]:
            return BAD_DATA
        self.management = ManagementKey(data[0], data[3:])
        return OK

    def get(self, data, expected):
        name = data[2:].hex() if data[:1] == b"\x5c" else ""
        if name == "5fff01" and self.device and name not in self.objects:
            der = self.device.attester(self.reader.faults)[1]
            return self.answer(tlv("53", tlv("70", der) + tlv("71", b"\x00") + tlv("fe", b"")), expected)
        found = self.objects.get(name)
        return self.answer(found, expected) if found else NOT_FOUND

    def put(self, data):
        if not self.managed:
            return NOT_ALLOWED
        values = dict(parts(data))
        if 0x5C not in values or 0x53 not in values:
            return BAD_DATA
        name = values[0x5C].hex()
        if values[0x53]:
            self.objects[name] = tlv("53", values[0x53])
        else:
            self.objects.pop(name, None)
        self.event(f"{'stored' if values[0x53] else 'deleted'} {name}")
        return OK

    def create(self, ins, p1, slot, data, expected):
        """GENERATE ASYMMETRIC KEY PAIR, and IMPORT ASYMMETRIC KEY."""
        if not self.managed:
            return NOT_ALLOWED
        generate = ins == 0x47
        template = dict(parts(dict(parts(data)).get(0xAC, b"") if generate else data))
        algorithm = template.get(0x80, b"\x00")[0] if generate else p1
        policies = [template.get(tag, b"\x00")[0] for tag in (0xAA, 0xAB)]
        if slot not in SLOTS or algorithm not in FAMILIES or max(policies) > 3:
            return BAD_DATA
        if algorithm in (0x05, 0x16) and self.firmware < (5, 7, 0):
            return BAD_DATA
        if policies[1] and self.reader.faults.has("no-touch-policy"):
            return BAD_DATA
        family = FAMILIES[algorithm]
        key = family.generate(algorithm) if generate else family.load(algorithm, template)
        if not key:
            return BAD_DATA
        self.entries[slot] = Entry(slot, key, generate, *policies)
        self.event(f"{'generated' if generate else 'imported'} {slot:02x}")
        return self.answer(tlv("7f49", key.public()), expected) if generate else OK

    def metadata(self, slot, expected):
        entry = self.entries.get(slot)
        if slot == ATTESTATION and self.device:
            entry = Entry(slot, self.device.attester(self.reader.faults)[0], False)
        if slot in self.references:
            items = ("01", b"\xff"), ("05", b"\x00"), ("06", bytes([TRIES, self.references[slot].tries]))
        elif slot == MANAGEMENT:
            items = ("01", bytes([self.management.algorithm])), ("02", bytes([0, TOUCH_NEVER])), ("05", b"\x00")
        elif entry:
            items = (("01", bytes([entry.key.algorithm])), ("02", bytes([entry.pin_policy, entry.touch_policy])),
                     ("03", b"\x01" if entry.generated else b"\x02"), ("04", entry.key.public()))
        else:
            return NO_KEY
        return self.answer(b"".join(tlv(tag, value) for tag, value in items), expected)

    def attest(self, slot, expected):
        entry = self.entries.get(slot)
        if not entry:
            return NO_KEY
        if not entry.generated or not self.device:
            return BAD_DATA
        self.event(f"attested {slot:02x}")
        attested = self.entries.get(self.reader.faults.number("attest-key", slot, 16), entry)
        return self.answer(self.device.attest(slot, attested, self.serial, self.reader.faults), expected)

    def sign(self, algorithm, slot, data, expected, fresh):
        entry = self.entries.get(slot)
        if not entry:
            return NO_KEY
        if algorithm != entry.key.algorithm:
            return BAD_P1P2
        if entry.pin_policy != NEVER and not (fresh if entry.pin_policy == ALWAYS else self.verified):
            return NOT_ALLOWED
        template = parts(data)
        challenge = dict(parts(template[0][1])).get(0x81, b"") if template and template[0][0] == 0x7C else b""
        if len(challenge) != entry.key.length:
            return BAD_DATA
        if not self.touch(slot, entry):
            return NOT_ALLOWED
        self.event(f"signed {slot:02x}")
        return self.answer(tlv("7c", tlv("82", entry.key.sign(challenge))), expected)

    def touch(self, slot, entry):
        """Waits until a test touches the card, if the key's policy and the test want that."""
        cached = entry.touch_policy == TOUCH_CACHED and time.monotonic() - entry.touched < TOUCH_SECONDS
        if entry.touch_policy == TOUCH_NEVER or cached:
            return True
        self.event(f"touch wanted {slot:02x}")
        if self.reader.faults.has("touch"):
            path, start = os.path.join(self.reader.folder, "touched"), time.monotonic()
            while not os.path.exists(path):
                if not self.reader.present or time.monotonic() - start > TOUCH_SECONDS:
                    return False
                time.sleep(0.05)
            os.remove(path)
        entry.touched = time.monotonic()
        self.event(f"touched {slot:02x}")
        return True
