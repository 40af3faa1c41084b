# SPDX-License-Identifier: Apache-2.0
"""The keys of the virtual PIV card. Not for secrets: their time tells the key."""
import hashlib
import secrets
import subprocess

from piv_der import bits, integer, number, oid, parts, sequence, tlv


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


class RsaKey:
    lengths = {0x07: 256, 0x05: 384, 0x16: 512}  # of the modulus, in bytes, by PIV's algorithm
    signature_algorithm = sequence(oid("1.2.840.113549.1.1.11"), tlv("05", b""))

    def __init__(self, exponent, primes, exponents, coefficient):
        self.modulus, self.public_exponent = primes[0] * primes[1], exponent
        self.primes, self.exponents, self.coefficient = primes, exponents, coefficient
        self.length = (self.modulus.bit_length() + 7) // 8
        self.algorithm = {length: algorithm for algorithm, length in self.lengths.items()}[self.length]

    @classmethod
    def read(cls, der):
        """An RSAPrivateKey (RFC 8017)."""
        numbers = [number(value) for _, value in parts(parts(der)[0][1])]
        return cls(numbers[2], numbers[4:6], numbers[6:8], numbers[8])

    @classmethod
    def generate(cls, algorithm):
        der = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{8 * cls.lengths[algorithm]}",
                      "-outform", "DER")
        tag, body = parts(parts(der)[0][1])[-1]
        return cls.read(body if tag == 0x04 else der)  # PKCS #8 or not

    @classmethod
    def load(cls, algorithm, template):
        """As IMPORT ASYMMETRIC KEY brings it: the primes, their exponents, the coefficient. None: unusable."""
        values = [number(template.get(tag, b"")) for tag in range(1, 6)]
        if 0 in values or (values[0] * values[1]).bit_length() != 8 * cls.lengths[algorithm]:
            return None
        return cls(pow(values[2], -1, values[0] - 1), values[:2], values[2:4], values[4])

    def sign(self, challenge):
        message = number(challenge)
        one, two = (pow(message, exponent, prime) for exponent, prime in zip(self.exponents, self.primes))
        result = two + (one - two) * self.coefficient % self.primes[0] * self.primes[1]
        return result.to_bytes(self.length, "big")

    def sign_text(self, text):
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(text).digest()
        return self.sign(b"\x00\x01" + b"\xff" * (self.length - len(digest) - 3) + b"\x00" + digest)

    def public(self):
        """As PIV shows it, without the tag 7F49."""
        return (tlv("81", self.modulus.to_bytes(self.length, "big"))
                + tlv("82", self.public_exponent.to_bytes((self.public_exponent.bit_length() + 7) // 8, "big")))

    def information(self):
        """A SubjectPublicKeyInfo."""
        return sequence(sequence(oid("1.2.840.113549.1.1.1"), tlv("05", b"")),
                        bits(sequence(integer(self.modulus), integer(self.public_exponent))))


class EcKey:
    """A key on a curve y^2 = x^3 - 3x + b."""

    def __init__(self, secret):
        self.secret, self.point = secret, self.times(secret)

    @staticmethod
    def read(der):
        """An ECPrivateKey (RFC 5915)."""
        secret = parts(parts(der)[0][1])[1][1]
        return (P256 if len(secret) == 32 else P384)(number(secret))

    @classmethod
    def generate(cls, _):
        return cls(1 + secrets.randbelow(cls.order - 1))

    @classmethod
    def load(cls, _, template):
        secret = number(template.get(6, b""))
        return cls(secret) if 0 < secret < cls.order else None

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
    def times(cls, factor):
        point, power = None, cls.base
        while factor:
            if factor & 1:
                point = cls.add(point, power)
            power, factor = cls.add(power, power), factor >> 1
        return point

    def sign(self, challenge):
        """An Ecdsa-Sig-Value (RFC 3279), which is what a PIV card returns."""
        r = s = 0
        while r == 0 or s == 0:
            nonce = 1 + secrets.randbelow(self.order - 1)
            r = self.times(nonce)[0] % self.order
            s = pow(nonce, -1, self.order) * (number(challenge) + r * self.secret) % self.order
        return sequence(integer(r), integer(s))

    def sign_text(self, text):
        return self.sign(hashlib.new(self.digest, text).digest())

    def encoded(self):
        return b"\x04" + b"".join(value.to_bytes(self.length, "big") for value in self.point)

    def public(self):
        return tlv("86", self.encoded())

    def information(self):
        return sequence(sequence(oid("1.2.840.10045.2.1"), oid(self.curve)), bits(self.encoded()))


class P256(EcKey):
    algorithm, length, digest, curve = 0x11, 32, "sha256", "1.2.840.10045.3.1.7"
    signature_algorithm = sequence(oid("1.2.840.10045.4.3.2"))
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    base = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
            0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


class P384(EcKey):
    algorithm, length, digest, curve = 0x14, 48, "sha384", "1.3.132.0.34"
    signature_algorithm = sequence(oid("1.2.840.10045.4.3.3"))
    prime = 2**384 - 2**128 - 2**96 + 2**32 - 1
    order = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
    base = (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
            0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)


FAMILIES = {0x07: RsaKey, 0x05: RsaKey, 0x16: RsaKey, 0x11: P256, 0x14: P384}


def read_key(der):
    """An RSAPrivateKey or an ECPrivateKey."""
    return (RsaKey if len(parts(parts(der)[0][1])) > 4 else EcKey).read(der)


class ManagementKey:
    ciphers = {0x03: ("des-ede3", 24, 8), 0x08: ("aes-128-ecb", 16, 16), 0x0A: ("aes-192-ecb", 24, 16),
               0x0C: ("aes-256-ecb", 32, 16)}  # by PIV's algorithm: cipher, bytes of a key, bytes of a block

    def __init__(self, algorithm, value):
        self.algorithm, self.value = algorithm, value
        self.cipher, _, self.block = self.ciphers[algorithm]

    def encrypt(self, block):
        return openssl("enc", "-" + self.cipher, "-nopad", "-K", self.value.hex(), data=block)
