# SPDX-License-Identifier: Apache-2.0
"""What a virtual PIV card holds: PIN and PUK with their tries, and keys in slots with their policies."""
TRIES = 3
TOUCH_SECONDS = 15
NEVER, ONCE, ALWAYS = 1, 2, 3  # PIN policies
TOUCH_NEVER, TOUCH_CACHED = 1, 3
BLOCKED = b"\x69\x83"


class Reference:
    """The PIN or the PUK."""

    def __init__(self, label, value):
        self.label, self.value, self.tries = label, value, TRIES

    def refusal(self):
        return bytes([0x63, 0xC0 | self.tries]) if self.tries else BLOCKED


class Entry:
    """A key in a slot."""

    def __init__(self, slot, key, generated, pin_policy=0, touch_policy=0):
        self.key, self.generated = key, generated
        self.pin_policy = pin_policy or {0x9C: ALWAYS, 0x9E: NEVER}.get(slot, ONCE)
        self.touch_policy = touch_policy or TOUCH_NEVER
        self.touched = -TOUCH_SECONDS
