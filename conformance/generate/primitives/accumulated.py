"""`primitives/accumulated`: thousands of seeded cases, one digest for each primitive."""

from __future__ import annotations

from conformance.adapters.reference.accumulated import primitive_accumulate
from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "ManyInputs",
        Flag(
            "EDGE_CASE",
            "many random inputs, of every length up to some bound",
            "a rare wrong result, such as one carry in 2^10 that is lost, is not met by single"
            " tests",
            "run single cases against another implementation until one differs",
            ("C2SP XAES-256-GCM, accumulated test vectors",),
        ),
    )
    for slug, why, primitive, req, first, count in (
        ("keccak256", "every length from 0 to 999 bytes", "hash.keccak256", "KEY-10", 0, 1000),
        ("kdf", "every length of output to 128 bytes, of salt to 79, of info to 47", "kdf.derive",
         "ENV-2", 0, 1000),
        ("aead", "every length from 0 to 999 bytes, under a thousand keys", "aead.seal", "ENV-3", 0,
         1000),
        ("aead-4-kib", "the counter of blocks passes 255: a carry into its second byte",
         "aead.seal", "ENV-3", 4095, 4),
        ("aead-1-mib", "the counter of blocks passes 65535: a carry into its third byte",
         "aead.seal", "ENV-3", 1048576, 1),
        ("ecdh", "200 agreements: a carry of field arithmetic is lost once in a while",
         "ecdh.shared", "KEY-11", 0, 200),
        ("address", "200 addresses: one in 256 begins with a zero byte", "key.address", "KEY-10", 0,
         200),
        ("recover", "200 recoveries, half of which have to fail", "ecdsa.recover", "KEY-20", 0,
         200),
    ):  # fmt: skip
        given = {"primitive": primitive, "seed": builder.seed, "first": first, "count": count}
        builder.accept(
            slug,
            sentence(why),
            req=[req],
            given=given,
            out=primitive_accumulate(given),
            flags=["ManyInputs"],
        )
