from __future__ import annotations

import base64
from typing import List, Union

import pytest

from venice_ref.codec.pem import decode_pem_chain, encode_pem
from venice_ref.errors import MalformedError

A, B = bytes(range(100)), b"b" * 48  # B fills its line
HEAD, TAIL = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
TEXT = encode_pem(A) + encode_pem(B)


def decode(
    text: Union[str, bytes],
    *,
    label: str = "CERTIFICATE",
    max_count: int = 2,
    allow_nul: bool = False,
) -> List[bytes]:
    return decode_pem_chain(
        text, label=label, max_count=max_count, max_size=200, allow_nul=allow_nul,
        where="x", rule="CRT-18",
    )  # fmt: skip


def test_the_form() -> None:
    body = base64.b64encode(A).decode()
    assert encode_pem(A) == f"{HEAD}{body[:64]}\n{body[64:128]}\n{body[128:]}\n{TAIL}"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.encode(),
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
    ],
)
def test_blocks_come_out_in_their_order(text: Union[str, bytes]) -> None:
    assert decode(text) == [A, B]


def test_one_nul_may_follow_where_it_is_allowed() -> None:
    assert decode(TEXT + "\0", allow_nul=True) == [A, B]
    assert decode(TEXT, allow_nul=True) == [A, B]
    assert decode(TEXT.rstrip("\n"), allow_nul=True) == [A, B]
    for text, allowed in ((TEXT + "\0", False), (TEXT + "\0\0", True), ("\0" + TEXT, True)):
        with pytest.raises(MalformedError):
            decode(text, allow_nul=allowed)


BODY = base64.b64encode(A).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        " " + TEXT,
        "\n" + TEXT,
        "text\n" + TEXT,
        TEXT + "text",
        TEXT + "\n",
        TEXT + HEAD,
        TEXT.replace(TAIL + HEAD, TAIL + "\n" + HEAD),
        TEXT.replace(TAIL + HEAD, TAIL + "text\n" + HEAD),
        TEXT.replace(TAIL + HEAD, TAIL[:-1] + HEAD),
        HEAD + TAIL,
        HEAD + "\n" + TAIL,
        HEAD + BODY + "\n" + TAIL,  # one long line
        HEAD + "\n".join(BODY[i : i + 60] for i in range(0, len(BODY), 60)) + "\n" + TAIL,
        HEAD + "\n".join(BODY[i : i + 76] for i in range(0, len(BODY), 76)) + "\n" + TAIL,
        HEAD + BODY[:32] + "\n" + BODY[32:64] + "\n" + TAIL,
        encode_pem(A).replace("\n-----END", " \n-----END"),
        encode_pem(A).replace("AAEC", "AA C"),
        encode_pem(A).replace("AAEC", "A=EC"),
        encode_pem(A).replace("AAEC", "A\u0130EC"),
        encode_pem(A).replace("Yw==", "Yx=="),  # bits that mean nothing
        encode_pem(A).replace("Yw==", "Yw="),
        encode_pem(A).replace("Yw==", "Yw"),
        encode_pem(A).replace("BEGIN CERT", "BEGIN X509 CERT"),
        encode_pem(A).replace("END CERT", "END X509 CERT"),
        encode_pem(A).replace("-----BEGIN", "----BEGIN"),
        encode_pem(A).replace("-----\n", "----- \n"),
        encode_pem(A).replace("\n", "\r"),
        encode_pem(A).replace("\n", "\r\r\n"),
        encode_pem(A).replace("\n", "\n\n"),
        encode_pem(A).lower(),
        encode_pem(A, label="CERTIFICATE REQUEST"),
        b"\xff" + TEXT.encode(),
    ],
)
def test_nothing_else_is_accepted(text: Union[str, bytes]) -> None:  # CRT-18
    with pytest.raises(MalformedError) as caught:
        decode(text)
    assert caught.value.rule == "CRT-18"
    assert caught.value.where.startswith("x")


def test_the_label_is_the_one_asked_for() -> None:
    text = encode_pem(A, label="X509 CRL")
    assert decode(text, label="X509 CRL") == [A]
    with pytest.raises(MalformedError):
        decode(text)


def test_the_number_of_blocks_is_bounded() -> None:
    assert len(decode(TEXT + encode_pem(B), max_count=3)) == 3
    with pytest.raises(MalformedError, match="more than 2 blocks"):
        decode(TEXT + encode_pem(B))


def test_the_size_is_bounded() -> None:
    assert decode(encode_pem(b"a" * 200)) == [b"a" * 200]
    with pytest.raises(MalformedError, match="more than 200 bytes"):
        decode(encode_pem(b"a" * 210))
    with pytest.raises(MalformedError, match="at most 856"):
        decode("-" * 857)


def test_the_error_names_the_block() -> None:
    with pytest.raises(MalformedError) as caught:
        decode(encode_pem(A) + encode_pem(B).replace("YmJi", "YmJ!"))
    assert caught.value.where == "x[1]"
