"""HKDF-SHA256 against RFC 5869, appendix A."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from venice_ref.crypto import hkdf
from venice_ref.errors import UsageError


class Case(NamedTuple):
    ikm: bytes
    salt: bytes
    info: bytes
    length: int
    prk: str
    okm: str


# RFC 5869, A.1, A.2 and A.3, the cases with SHA-256.
CASES = [
    Case(
        ikm=b"\x0b" * 22,
        salt=bytes(range(13)),
        info=bytes(range(0xF0, 0xFA)),
        length=42,
        prk="077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        okm="3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    Case(
        ikm=bytes(range(80)),
        salt=bytes(range(0x60, 0xB0)),
        info=bytes(range(0xB0, 0x100)),
        length=82,
        prk="06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        okm="b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    Case(
        ikm=b"\x0b" * 22,
        salt=b"",
        info=b"",
        length=42,
        prk="19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        okm="8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=["A.1", "A.2", "A.3"])
def test_rfc_5869(case: Case) -> None:
    prk = hkdf.extract(case.salt, case.ikm)
    assert prk.hex() == case.prk
    assert hkdf.expand(prk, case.info, case.length).hex() == case.okm
    derived = hkdf.derive(case.ikm, salt=case.salt, info=case.info, length=case.length)
    assert derived.hex() == case.okm


def test_the_empty_salt_is_32_zero_bytes() -> None:
    assert hkdf.extract(b"", b"secret") == hkdf.extract(bytes(32), b"secret")
    assert hkdf.extract(b"", b"secret") != hkdf.extract(b"\x01", b"secret")


def test_every_length_is_a_prefix_of_the_longest() -> None:
    prk = hkdf.extract(b"", b"secret")
    longest = hkdf.expand(prk, b"info", hkdf.MAX_LENGTH)
    assert len(longest) == 255 * 32
    assert len({longest[i : i + 32] for i in range(0, len(longest), 32)}) == 255
    for length in (0, 1, 31, 32, 33, 63, 64, 65, 8159):
        assert hkdf.expand(prk, b"info", length) == longest[:length]


@pytest.mark.parametrize("length", [-1, 255 * 32 + 1, 10**9])
def test_a_length_out_of_range_is_refused(length: int) -> None:
    with pytest.raises(UsageError, match="required 0 to 8160"):
        hkdf.expand(bytes(32), b"", length)
    with pytest.raises(UsageError):
        hkdf.derive(b"secret", info=b"", length=length)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(UsageError, match="31 bytes, required at least 32"):
        hkdf.expand(bytes(31), b"", 32)
