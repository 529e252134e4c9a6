from __future__ import annotations

import hashlib

import pytest

from conformance.mock_tee.pki import rsa_key
from conformance.mock_tee.pki.rsa_key import DIGEST_INFO, SIZE, E, N, encode, sign, sign_encoding
from venice_ref.crypto.rsa import check_public_key, verify_pkcs1v15_sha256
from venice_ref.errors import MalformedError, SignatureError, UsageError

MESSAGE = b"message"
DIGEST = hashlib.sha256(MESSAGE).digest()


def refused(signature: bytes, digest: bytes = DIGEST) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        verify_pkcs1v15_sha256(N, E, digest, signature, where="x", rule="CRT-12")
    assert (caught.value.where, caught.value.rule) == ("x", "CRT-12")
    return caught.value


def test_a_signature_verifies() -> None:
    verify_pkcs1v15_sha256(N, E, DIGEST, sign(MESSAGE))


def test_another_digest_does_not() -> None:
    assert "does not verify" in str(refused(sign(MESSAGE), hashlib.sha256(b"other").digest()))


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 1000, 2040])
def test_a_flipped_bit_does_not(bit: int) -> None:
    number = int.from_bytes(sign(MESSAGE), "big") ^ (1 << bit)
    refused(number.to_bytes(SIZE, "big"))


@pytest.mark.parametrize("signature", [b"", b"\x00" * SIZE, b"\x00" * (SIZE - 1) + b"\x01"])
def test_trivial_numbers_do_not(signature: bytes) -> None:
    refused(signature)


def test_the_length_is_that_of_the_modulus() -> None:
    signature = sign(MESSAGE)
    for wrong in (b"\x00" + signature, signature[1:], signature + b"\x00"):
        assert "required 256" in str(refused(wrong))


def test_the_number_is_below_the_modulus() -> None:
    # A message whose signature is so small that the modulus can be added in 256 bytes.
    signatures = ((bytes([n]), int.from_bytes(sign(bytes([n])), "big") + N) for n in range(256))
    message, number = next((m, s) for m, s in signatures if s >> 8 * SIZE == 0)
    error = refused(number.to_bytes(SIZE, "big"), hashlib.sha256(message).digest())
    assert "not below the modulus" in str(error)


WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420")
SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
LONG_LENGTH = bytes.fromhex("308131300d060960864801650304020105000420")


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param(encode(DIGEST, info=WITHOUT_NULL), id="DigestInfo without NULL"),
        pytest.param(encode(DIGEST, info=LONG_LENGTH), id="DigestInfo in BER"),
        pytest.param(encode(DIGEST[:20], info=SHA1_INFO), id="another hash"),
        pytest.param(encode(DIGEST, info=b""), id="no DigestInfo"),
        pytest.param(encode(DIGEST, size=SIZE - 1).rjust(SIZE, b"\x00"), id="short padding"),
        pytest.param(
            b"\x00\x01" + b"\xff" * 8 + b"\x00" + DIGEST_INFO + DIGEST
            + b"\x01" * (SIZE - 11 - len(DIGEST_INFO) - 32),
            id="the digest in the middle",
        ),
        pytest.param(b"\x00\x02" + encode(DIGEST)[2:], id="block type 2"),
        pytest.param(b"\x00\x01\xfe" + encode(DIGEST)[3:], id="padding of FE"),
        pytest.param(b"\x01" + encode(DIGEST)[1:], id="first octet"),
    ],
)  # fmt: skip
def test_the_encoding_is_compared_whole(encoding: bytes) -> None:
    assert "does not verify" in str(refused(sign_encoding(encoding)))


@pytest.mark.parametrize(
    ("n", "e", "flaw"),
    [
        (2**2047 - 1, E, "2047 bits"),
        (2**4096 + 1, E, "4097 bits"),
        (0, E, "0 bits"),
        (-N, E, "bits"),
        (2**2048 - 2, E, "even"),
        (N, 3, "exponent"),
        (N, 1, "exponent"),
        (N, 0, "exponent"),
        (N, -E, "exponent"),
        (N, 65539, "exponent"),
    ],
)
def test_other_keys_are_refused(n: int, e: int, flaw: str) -> None:  # CRT-7
    with pytest.raises(MalformedError, match=flaw):
        check_public_key(n, e)
    with pytest.raises(MalformedError, match=flaw):
        verify_pkcs1v15_sha256(n, e, DIGEST, bytes(SIZE))


def test_the_bounds_are_inside() -> None:
    for n in (2**2047 + 1, 2**4096 - 1):
        check_public_key(n, E)


def test_the_digest_has_32_bytes() -> None:
    with pytest.raises(UsageError):
        verify_pkcs1v15_sha256(N, E, DIGEST[:31], sign(MESSAGE))


def test_the_key_of_the_tests_is_one() -> None:
    assert rsa_key.N.bit_length() == 2048
    assert pow(pow(12345, E, N), rsa_key.D, N) == 12345
