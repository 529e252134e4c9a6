"""Answers in which one text is plaintext or a damaged envelope, and what was released before it."""

from __future__ import annotations

import base64
from typing import Any, Dict, Final, Iterator, List, NamedTuple, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.stream.flags import BROKEN_ENVELOPE, OPEN_MEMBER, PASSED_THROUGH
from conformance.generate.stream.kit import CLIENT, DONE, Sealer, chunk, content, given, pieces
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.spec import PUBLIC_KEY_SIZE

__all__ = ["generate"]

_OTHER: Final = bytes(range(65, 97)).hex()

_OPEN_MEMBERS: Final[Tuple[Tuple[str, Any], ...]] = (
    ("tool_calls", [{"index": 0, "type": "function", "function": {"name": "send"}}]),
    ("function_call", {"name": "send", "arguments": "{}"}),
    ("refusal", "I cannot."),
    ("audio", {"transcript": "two"}),
    ("logprobs", {"content": [{"token": "two", "logprob": -0.1}]}),
    ("text", "two"),
    ("message", {"role": "assistant", "content": "two"}),
)


class _Fault(NamedTuple):
    slug: str
    why: str
    breaks: str
    text: str
    """What stands as the content."""


class _Frame:
    """An answer of three words whose second is replaced."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.sealed = Sealer(builder.random("envelopes"))
        self.two = self.sealed("two ")
        self._one = content(self.sealed("one "))
        self._three = content(self.sealed("three"))

    def raw(self, middle: bytes) -> bytes:
        return self._one + middle + self._three + DONE

    def accept(self, slug: str, why: str, req: Tuple[str, ...], **more: Any) -> str:
        return self.builder.accept(
            slug, why, req=req, given=given(self.raw(content(self.two)), **more), out=_whole()
        )

    def reject(
        self, slug: str, why: str, breaks: str, middle: bytes, *, parent: str, flag: str, **how: Any
    ) -> None:
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, given={"stream": self.raw(middle).hex()},
            flags=(flag,), released=pieces((("content", "one "),)), critical=True, **how,
        )  # fmt: skip


def _whole() -> Dict[str, Any]:
    return {
        "released": pieces((("content", "one two three"),)),
        "complete": True,
        "id": "chatcmpl-1",
        "model": "e2ee-mock",
        "finish_reason": None,
        "usage": None,
    }


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.group({"private_key": CLIENT})
    frame = _Frame(builder)
    parent = frame.accept(
        "faultless", "The parent of all that follows.", ("STR-5", "STR-6", "STR-9")
    )
    unsafe = frame.accept(
        "faultless-unsafe",
        "Where plaintext is allowed, an answer without any is the same.",
        ("STR-14", "STR-17", "STR-20"),
        allow_plaintext=True,
    )
    passed, open_member, broken = (
        builder.flag(*flag) for flag in (PASSED_THROUGH, OPEN_MEMBER, BROKEN_ENVELOPE)
    )
    for fault in _plaintexts(frame.two):
        frame.reject(
            fault.slug, fault.why, fault.breaks, content(fault.text), parent=parent, flag=passed,
            also=("STR-14", "STR-11"),
        )  # fmt: skip
    for slug, why, breaks, delta in _reasonings(frame):
        frame.reject(
            slug, why, breaks, chunk(delta), parent=parent, also=("STR-18", "STR-6", "STR-5"),
            flag=broken if breaks.startswith("ENV") else passed,
        )  # fmt: skip
    for fault in _broken(frame, builder.random("broken")):
        middle = content(fault.text)
        frame.reject(
            fault.slug, fault.why, fault.breaks, middle, parent=parent, flag=broken,
            also=("STR-5", "STR-11"),
        )  # fmt: skip
        frame.reject(
            f"unsafe-{fault.slug}",
            "The same where plaintext is allowed: one changed digit must not turn an envelope into"
            " text that is shown.",
            fault.breaks, middle, parent=unsafe, flag=broken, also=("STR-20",),
        )  # fmt: skip
    for slug, why, middle in _open_members(frame):
        frame.reject(slug, why, "STR-9", middle, parent=parent, flag=open_member)
    frame.reject(
        "unsafe-tool-calls",
        "Where plaintext is allowed, it is text that is allowed, and not a call of a tool.",
        "STR-9", chunk({"content": frame.two, "tool_calls": _OPEN_MEMBERS[0][1]}),
        parent=unsafe, flag=open_member,
    )  # fmt: skip


def _plaintexts(two: str) -> Tuple[_Fault, ...]:
    blob = bytes.fromhex(two)
    rows: Tuple[Tuple[str, str, str], ...] = (
        ("word", "An ordinary word, as the samples of the guide let it through.", "two "),
        ("space", "A space: clients that pass white space pass a chosen layout.", " "),
        ("line-feed", "A line feed is a text.", "\n"),
        ("nul", "A NUL is a text that is not empty.", "\x00"),
        ("digits", "A short number is hexadecimal, and no envelope.", "42"),
        ("digits-64", "A digest looks sealed to those who ask for hexadecimal only.", "ab" * 32),
        ("digits-128", "128 digits, one byte less than a public key.", "04" * 64),
        ("base64", "The right bytes in base64 are not the form of this protocol.",
         base64.b64encode(blob).decode()),
        ("fullwidth-digits", "Digits outside ASCII are digits for some library functions.",
         two.translate({ord("0") + n: 0xFF10 + n for n in range(10)})),
        ("spaces-between", "Some decoders of hexadecimal skip white space between bytes.",
         " ".join(two[n : n + 2] for n in range(0, len(two), 2))),
        ("colons-between", "The form of fingerprints.",
         ":".join(two[n : n + 2] for n in range(0, len(two), 2))),
        ("two-prefixes", "A prefix is taken off by some decoders, and this one twice.",
         "0x0x" + two),
        ("envelope-and-word", "A good envelope with a word behind it is no envelope.",
         two + "two "),
        ("word-and-envelope", "A search for digits anywhere in the text opens it.", "two " + two),
        ("two-envelopes-and-space", "Two envelopes with a space between are none.",
         two + " " + two),
    )  # fmt: skip
    return tuple(_Fault(f"plaintext-{slug}", why, "STR-5", text) for slug, why, text in rows)


def _reasonings(frame: _Frame) -> Iterator[Tuple[str, str, str, Dict[str, str]]]:
    good, two = frame.sealed("hm"), frame.two
    other = Sealer(frame.builder.random("another key"), recipient=_OTHER)("hm")
    yield ("plaintext-reasoning", "Reasoning in the clear beside sealed content.", "STR-6",
           {"reasoning": "hm", "content": two})  # fmt: skip
    yield ("plaintext-reasoning-content", "The same under the other name.", "STR-6",
           {"reasoning_content": "hm", "content": two})  # fmt: skip
    yield ("plaintext-second-reasoning", "One name is sealed, the other repeats it in the clear.",
           "STR-6", {"reasoning_content": good, "reasoning": "hm"})  # fmt: skip
    yield ("plaintext-content-beside-reasoning",
           "The good reasoning of the event must not be released before its content is looked at.",
           "STR-5", {"reasoning": good, "content": "two "})  # fmt: skip
    yield ("reasoning-of-another", "The second reasoning is sealed to another key.", "ENV-6",
           {"reasoning_content": good, "reasoning": other, "content": two})  # fmt: skip
    yield ("content-of-another-beside-reasoning",
           "The content is sealed to another key; the reasoning opens, and is not released.",
           "ENV-6", {"reasoning": good, "content": other})  # fmt: skip


def _broken(frame: _Frame, random_bytes: Any) -> Tuple[_Fault, ...]:
    two = frame.two
    blob = bytes.fromhex(two)
    other = Sealer(random_bytes, recipient=_OTHER)("two ")
    not_text = frame.sealed.blob(b"caf\xc3(").hex()
    off_curve = bytearray(blob)
    off_curve[PUBLIC_KEY_SIZE - 1] ^= 1
    prefix = PrivateKey.generate(random_bytes).public_key + blob[PUBLIC_KEY_SIZE:]
    return (
        _Fault("odd-digits", "One digit less: half a byte is lost on the way.", "ENV-15", two[:-1]),
        _Fault("line-feed-behind", "A decoder that strips it takes it.", "ENV-15", two + "\n"),
        _Fault("space-before", "The same before it.", "ENV-15", " " + two),
        _Fault("prefix-0x", "One server accepts this prefix; answers have none.", "ENV-15",
               "0x" + two),
        _Fault("size-65", "A public key and nothing behind it: 130 digits.", "ENV-4", two[:130]),
        _Fault("size-92", "One byte less than an empty text has.", "ENV-4", two[:184]),
        _Fault("prefix-05", "A point begins with 04.", "ENV-5", "05" + two[2:]),
        _Fault("off-curve", "A point that is not on the curve leaks the key, bit by bit.", "ENV-5",
               bytes(off_curve).hex()),
        _Fault("tag", "The last bit of the tag.", "ENV-6",
               (blob[:-1] + bytes([blob[-1] ^ 1])).hex()),
        _Fault("ciphertext", "A bit of the ciphertext: without the tag, of the text.", "ENV-6",
               (blob[:77] + bytes([blob[77] ^ 1]) + blob[78:]).hex()),
        _Fault("truncated", "The envelope lost its last byte.", "ENV-6", two[:-2]),
        _Fault("trailing-byte", "A byte behind the tag moves the tag.", "ENV-6", two + "00"),
        _Fault("another-key", "Sealed to another client.", "ENV-6", other),
        _Fault("another-ephemeral-key", "The ephemeral key of another envelope.", "ENV-6",
               prefix.hex()),
        _Fault("not-utf8", "It opens, and is no text: U+FFFD would be shown.", "ENV-10", not_text),
    )  # fmt: skip


def _open_members(frame: _Frame) -> List[Tuple[str, str, bytes]]:
    rows = []
    for name, value in _OPEN_MEMBERS:
        slug = name.replace("_", "-")
        rows.append((f"open-{slug}-in-delta", f"{name} in the delta, beside sealed content.",
                     chunk({"content": frame.two, name: value})))  # fmt: skip
        rows.append((f"open-{slug}-in-choice", f"{name} in the choice, beside the delta.",
                     chunk({"content": frame.two}, **{name: value})))  # fmt: skip
    for slug, value in (("zero", 0), ("false", False), ("space", " "), ("list-of-empty", [{}])):
        rows.append((f"open-tool-calls-{slug}",
                     "A test for truth, or for the right type, takes it for nothing.",
                     chunk({"content": frame.two, "tool_calls": value})))  # fmt: skip
    return rows
