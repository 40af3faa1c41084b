# SPDX-License-Identifier: Apache-2.0
"""What a test makes go wrong: one fault a line in DIR/faults, which the card reads at each command. No file: no fault.

COMMAND is an instruction, such as 87, or an instruction and what it is about: a slot (87:9a signs, 47:9a generates,
fe:9a imports, f9:9a attests, f7:9a tells about the key), an object (db:5fc105 stores, cb:5fc105 reads), the PIN or PUK
(20:80 verifies, 24:80 and 24:81 change, 2c:80 unblocks), the management key (87:9b authenticates).
  refuse COMMAND STATUS      does nothing, and answers with the status word, such as 6982
  pull-before COMMAND        pulls the card out instead of executing the command
  pull-after COMMAND         pulls the card out after the answer
  pull-within COMMAND        executes the command, but pulls the card out instead of answering
  no-touch-policy            refuses a key with a touch policy, and a touch policy for the key
  touch                      a key that wants a touch waits for the file DIR/touched, at most 15 seconds; removes it
  attest-key SLOT            attests this slot's key instead
  attest-serial NUMBER       attests another device's serial number
  foreign-root               another CA signed f9's certificate
  f9-replaced                f9 has another key, and a self-signed certificate
  f9-expired, expired        f9's certificate, or the attestation, has expired
  bad-signature              the attestation's signature is wrong
  extension N HOW            the attestation's extension 1.3.6.1.4.1.41482.3.N, with N 3, 7, 8 or 9, is missing,
                             repeated, critical, empty, short (by a byte), long, wrapped (in an OCTET STRING), or has
                             the value "hex 0203..."
"""
import os


def target(ins, p1, p2, data):
    """What a command is about."""
    if ins in (0xCB, 0xDB) and data[:1] == b"\x5c":
        return data[2:2 + data[1]].hex()
    return f"{p1 if ins == 0xF9 else p2:02x}"


class Faults:
    def __init__(self, folder):
        self.path, self.lines = os.path.join(folder, "faults"), []

    def read(self):
        try:
            with open(self.path, encoding="ascii") as file:
                self.lines = [line.split() for line in file if line.strip()]
        except FileNotFoundError:
            self.lines = []

    def has(self, *words):
        return any(line[:len(words)] == list(words) for line in self.lines)

    def number(self, word, default, base=10):
        return next((int(line[1], base) for line in self.lines if line[0] == word), default)

    def extension(self, last):
        return next((line[2:] for line in self.lines if line[:2] == ["extension", last]), None)

    def about(self, word, command):
        """The rest of the line that begins with the word and names the command; None if no line does."""
        ins, what = command
        return next((line[2:] for line in self.lines
                     if line[0] == word and line[1].lower() in (f"{ins:02x}", f"{ins:02x}:{what}")), None)
