"""Classes of mistakes that envelopes look for in those who open them."""

from __future__ import annotations

from typing import Final, Mapping

from conformance.generate.builder import Flag

CUT: Final = "Cut"
FORM: Final = "NotUncompressed"
OFF_CURVE: Final = "OffCurve"
CHANGED: Final = "Changed"
OTHER_SCHEME: Final = "OtherScheme"
NOT_HEX: Final = "NotHex"
NOT_UTF8: Final = "NotUtf8"
SIZE: Final = "Size"

FLAGS: Final[Mapping[str, Flag]] = {
    CUT: Flag(
        "AUTH_BYPASS",
        "The envelope is shorter than key, nonce and tag.",
        "Slices of a short buffer are silently empty in several languages: the tag is then part of"
        " the nonce, or the envelope is shown as the plaintext that it is not.",
        "Compare the length with 93 before anything else is done.",
        ("SP 800-38D, 7.2, step 1",),
    ),
    FORM: Flag(
        "MALFORMED",
        "The ephemeral key does not begin with 04.",
        "256 envelopes are one where the byte is skipped; the other forms of SEC 1 have other"
        " lengths, or a second encoding of the same point.",
        "Require 04; do not let a library take hybrid or compressed points.",
        ("SEC 1, 2.3.4", "SP 800-56A r3, 5.6.2.3.3"),
    ),
    OFF_CURVE: Flag(
        "CONFIDENTIALITY",
        "The ephemeral key is not a point of secp256k1, and the envelope is sealed under what the"
        " formulas give for it all the same.",
        "Whoever sends such keys and sees which ones open learns the private key, piece by piece.",
        "Validate each ephemeral key: coordinates below p, and the equation.",
        ("SP 800-56A r3, 5.6.2.3.3", "Biehl, Meyer, Mueller, CRYPTO 2000", "CVE-2015-7940"),
    ),
    CHANGED: Flag(
        "AUTH_BYPASS",
        "Something was changed after the envelope was sealed.",
        "Counter mode lets an attacker flip any bit of the text; only the tag shows it.",
        "Compare all 16 bytes of the tag, and release nothing before.",
        ("SP 800-38D, 7.2", "SP 800-38D, appendix C"),
    ),
    OTHER_SCHEME: Flag(
        "DOWNGRADE",
        "The envelope was sealed by another scheme than that of the request's headers.",
        "A receiver that tries one scheme after the other lets the sender choose the weakest, and"
        " gives one text several envelopes that filters do not know.",
        "Know one scheme, and refuse what does not open under it.",
    ),
    NOT_HEX: Flag(
        "MALFORMED",
        "The text is not an even number of hexadecimal digits and nothing else.",
        "Lenient decoders skip, cut or replace what they do not know; a client that takes such a"
        " text for plaintext shows whatever an attacker wrote.",
        "Test the whole text before it is decoded, and refuse it.",
        ("RFC 4648, section 8", "RFC 4648, section 3.3"),
    ),
    NOT_UTF8: Flag(
        "MALFORMED",
        "The envelope is sound, and what is inside is not UTF-8.",
        "A decoder that replaces or skips bytes changes an authentic text without a word.",
        "Decode strictly (TextDecoder with fatal, `errors='strict'`).",
        ("RFC 3629, sections 3 and 10", "Unicode 15.0, table 3-7"),
    ),
    SIZE: Flag(
        "RESOURCE",
        "The envelope has more than 16777216 bytes, or as many.",
        "The peer decides how much memory and time is used.",
        "Compare the number of digits before they are decoded.",
    ),
}
