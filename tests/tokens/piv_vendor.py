# SPDX-License-Identifier: Apache-2.0
"""What a YubiKey's vendor adds to PIV: attestations, signed by the key in slot f9, whose certificate a CA signed."""
import base64
import secrets

from piv_der import authority, certificate, extension, integer, name, tlv
from piv_keys import P256, RsaKey

VALIDITY = ("20160314000000Z", "20520417000000Z")
EXPIRED = ("20160314000000Z", "20200101000000Z")
VENDOR = "1.3.6.1.4.1.41482.3."
DEVICE = name("Yubico PIV Attestation")


def serial():
    return secrets.randbits(120)


class Authority:
    """The CA: its root, and the intermediates that firmware from 5.7.4 on has."""

    def __init__(self, firmware):
        names = ["Test PIV Root CA"]
        if firmware >= (5, 7, 4):
            names = ["Test Attestation Root 1", "Test Attestation Intermediate B 1", "Test PIV Attestation B 1"]
        issuer, signer, self.certificates = name(names[0]), None, []
        for i, common in enumerate(names):
            key = P256.generate(None)
            signer = signer or key
            self.certificates.append(certificate(name(common), key, issuer, signer, serial(), VALIDITY,
                                                 authority(len(names) - i)))
            issuer, signer = name(common), key
        self.name, self.key = issuer, signer

    def write(self, path):
        with open(path, "w", encoding="ascii") as file:
            for der in self.certificates:
                file.write("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() +
                           "-----END CERTIFICATE-----\n")


class Device:
    """Slot f9. Its keys are made when they are needed: one that the CA signed, and the other ones that faults ask for."""

    def __init__(self, ca, firmware):
        self.ca, self.firmware, self.made = ca, firmware, {}

    def attester(self, faults):
        """Key and certificate (DER)."""
        kind = next(filter(faults.has, ("f9-replaced", "foreign-root", "f9-expired")), "genuine")
        if kind not in self.made:
            key = RsaKey.generate(0x07)
            ca = Authority(self.firmware) if kind == "foreign-root" else self.ca
            issuer, signer = (DEVICE, key) if kind == "f9-replaced" else (ca.name, ca.key)
            validity = EXPIRED if kind == "f9-expired" else VALIDITY
            self.made[kind] = key, certificate(DEVICE, key, issuer, signer, serial(), validity, authority(0))
        return self.made[kind]

    def attest(self, slot, entry, number, faults):
        """The certificate by which the device states that it generated the key."""
        key, _ = self.attester(faults)
        values = {"3": bytes(self.firmware), "7": integer(faults.number("attest-serial", number)),
                  "8": bytes([entry.pin_policy, entry.touch_policy]), "9": b"\x01"}
        made = []
        for last, value in values.items():
            made += extensions(VENDOR + last, value, faults.extension(last))
        der = certificate(name(f"YubiKey PIV Attestation {slot:02x}"), entry.key, DEVICE, key, serial(),
                          EXPIRED if faults.has("expired") else VALIDITY, made)
        return der[:-1] + bytes([der[-1] ^ 1]) if faults.has("bad-signature") else der


def extensions(identifier, value, fault):
    """The extension as it should be, or as a fault of piv_faults.py wants it."""
    mode, *words = fault or ["right"]
    right = extension(identifier, value)
    return {"right": lambda: [right],
            "missing": lambda: [],
            "repeated": lambda: [right, right],
            "critical": lambda: [extension(identifier, value, critical=True)],
            "empty": lambda: [extension(identifier, b"")],
            "short": lambda: [extension(identifier, value[:-1])],
            "long": lambda: [extension(identifier, value + b"\x00")],
            "wrapped": lambda: [extension(identifier, tlv("04", value))],
            "hex": lambda: [extension(identifier, bytes.fromhex(words[0]))]}[mode]()
