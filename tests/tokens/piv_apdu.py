# SPDX-License-Identifier: Apache-2.0
"""Commands and answers of a card (ISO 7816-4): lengths, chains of commands, answers in pieces."""
import struct

OK, WRONG_LENGTH = b"\x90\x00", b"\x67\x00"


class Transport:
    """A subclass has dispatch(ins, p1, p2, data, expected), which returns the answer."""

    def reset(self):
        self.chain, self.rest = b"", b""

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
        """The answer; None if the card is out before it gives one."""
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
        return self.dispatch(ins, p1, p2, data, expected)
