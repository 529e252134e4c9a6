"""`certificate/chain`: chains of Intel's and NVIDIA's shapes, and chains with one flaw."""

from __future__ import annotations

import hashlib
from typing import Sequence, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.certificate import chain_flaws as flaws
from conformance.generate.certificate import chain_lists as lists
from conformance.generate.certificate import chain_pem as pem
from conformance.generate.certificate.chain_kit import FLAGS, PARENT, Bench, authority
from conformance.generate.certificate.kit import (
    AUTHORITY_USAGES,
    CRL_NUMBER,
    DAY,
    MANIFEST_START,
    NOW,
    ListRecipe,
    Recipe,
    aki,
    basic_constraints,
    intel_pki,
    key_usage,
    list_extensions,
    name,
    ski,
    stamp,
    wrapped,
)
from conformance.mock_tee.pki import rsa_key
from conformance.mock_tee.pki.authority import AnyKey, Key, draw_key
from conformance.mock_tee.pki.rsa_key import RsaKey
from venice_ref.codec.der_encode import integer, sequence
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256, P384

__all__ = ["generate"]


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for flag, about in FLAGS.items():
        builder.flag(flag, about)
    bench = Bench(builder, intel_pki(builder))
    common = {"now": stamp(NOW), "pinned_key": bench.pki.pinned_key}
    builder.group({**common, "role": "intel-pck"})
    _accept_intel(bench)
    flaws.refuse_shape(bench)
    flaws.refuse_names(bench)
    flaws.refuse_signatures(bench)
    flaws.refuse_anchor(bench)
    flaws.refuse_purpose(bench)
    lists.fill(bench)
    builder.group({**common, "role": "intel-pck-ca"})
    bench.accept("pck-ca", "The issuer of a list of PCK certificates has a chain of its own.",
                 ["CRT-10"], bench.pki.chain[1:], leaf_key=bench.pki.keys.platform)  # fmt: skip
    builder.group({**common, "role": "intel-tcb-signing"})
    flaws.tcb_signing(bench)
    builder.group({"now": stamp(NOW), "pinned_key": bench.pki.pinned_key, "role": "intel-pck"})
    pem.fill(bench)
    _nvidia(bench)
    builder.group({**common, "role": "intel-pck"})
    flaws.at_the_ends(bench)


def _accept_intel(bench: Bench) -> None:
    pki, keys = bench.pki, bench.pki.keys
    every = [f"CRT-{number}" for number in range(10, 18)]
    bench.accept(PARENT, "The chain of an ordinary platform has to verify.", every, pki.chain)
    by_processor = pki.leaf._replace(
        issuer=pki.processor.subject,
        signer=keys.processor,
        extensions=_swapped(pki.leaf.extensions, keys.platform, keys.processor),
    )
    bench.accept("pck-by-processor-ca",
                 "The PCK certificates of older platforms come from the Processor CA, which"
                 " go-tdx-guest refuses.",
                 ["CRT-10"], (by_processor, pki.processor, pki.root))  # fmt: skip
    longer = pki.root.until(NOW - 3000 * DAY, NOW + 9000 * DAY)
    bench.accept("another-edition-of-the-root",
                 "Two editions of Intel's root are genuine, with one key: whoever pins the DER"
                 " refuses one of them.",
                 ["CRT-13"], (*pki.chain[:2], longer))  # fmt: skip
    leaf = pki.leaf
    raw = leaf.signer.sign_der(leaf.tbs())
    high = _other_s(raw)
    bench.accept("signature-with-the-other-s",
                 "(r, n - s) is a signature as well: the rule of Ethereum is none of X.509.",
                 ["CRT-12"], (leaf._replace(signature=high), *pki.chain[1:]))  # fmt: skip
    roomy = pki.platform._replace(
        extensions=authority(keys.platform, keys.root, basic_constraints(True, 9))
    )
    bench.accept("path-length-beyond-need", "A path length that is larger than needed is fine.",
                 ["CRT-15"], (leaf, roomy, pki.root))  # fmt: skip
    free = pki.root._replace(extensions=authority(keys.root, keys.root, basic_constraints(True)))
    bench.accept("path-length-absent", "Without a path length there is no limit.",
                 ["CRT-15"], (*pki.chain[:2], free))  # fmt: skip
    more = pki.platform._replace(
        extensions=authority(
            keys.platform, keys.root, basic_constraints(True, 0),
            key_usage(*AUTHORITY_USAGES, "digitalSignature"),
        )
    )  # fmt: skip
    bench.accept("key-usage-beyond-need", "The role says which usages are there at least.",
                 ["CRT-15"], (leaf, more, pki.root))  # fmt: skip


def _swapped(extensions: bytes, before: Key, after: Key) -> bytes:
    """Return extensions in which one key identifier stands in the place of another."""
    if extensions.count(before.identifier) != 1:
        raise ValueError("the identifier does not occur once")
    return extensions.replace(before.identifier, after.identifier)


def _other_s(raw: bytes) -> bytes:
    """Return (r, n - s) of a DER signature on P-256."""
    size = raw[3]
    r = raw[4 : 4 + size]
    s = int.from_bytes(raw[6 + size :], "big")
    return sequence(integer(int.from_bytes(r, "big")), integer(P256.n - s))


# --- NVIDIA -------------------------------------------------------------------------------------


def _nvidia(bench: Bench) -> None:
    builder = bench.builder
    keys = [draw_key(P384, builder.random(f"P-384 key {number}")) for number in range(5)]
    _gpu(bench, keys)
    names = ("HCC RIM L4 Signer", "NVIDIA Reference Value L3 GH100 001",
             "NVIDIA Reference Value GH100 CA", "NVIDIA CoRIM signing Root CA")  # fmt: skip
    manifest = list(_line(names, keys[:4]))
    manifest[0] = manifest[0]._replace(not_before=MANIFEST_START)
    builder.group(
        {"role": "nvidia-manifest", "now": stamp(NOW), "pinned_sha256": _digest(manifest)}
    )
    bench.accept("manifest-signer", "The signer of reference manifests, with a time in the form"
                 " that only manifests may have.", ["CRT-6", "CRT-10"], manifest,
                 leaf_key=keys[0])  # fmt: skip
    _token(bench, keys)


def _gpu(bench: Bench, keys: Sequence[Key]) -> None:
    builder = bench.builder
    names = ("GH100 A01 GSP FMC LF", "GH100 A01 GSP BROM", "NVIDIA GH100 Provisioner ICA 1",
             "NVIDIA GH100 Identity", "NVIDIA Device Identity CA")  # fmt: skip
    chain = _line(names, keys)
    builder.group({"role": "nvidia-gpu", "chip": "GH100", "now": stamp(NOW),
                   "pinned_sha256": _digest(chain)})  # fmt: skip
    parent = "gpu"
    bench.accept(parent, "A GPU's chain has five certificates on P-384, no path lengths, and no"
                 " basic constraints in the first.",
                 ["CRT-10", "CRT-13", "CRT-15", "CRT-16", "CRT-17"], chain,
                 leaf_key=keys[0])  # fmt: skip
    anonymous = chain[0]._replace(extensions=wrapped(key_usage("digitalSignature")))
    bench.accept("no-key-identifiers", "Key identifiers are compared where both are there only.",
                 ["CRT-11"], (anonymous, *chain[1:]), leaf_key=keys[0])  # fmt: skip
    other = chain[4]._replace(serial=integer(77))
    bench.refuse("pinned-root-in-another-edition",
                 "Pinned byte for byte, another certificate of the same key is another root.",
                 "CRT-13", (*chain[:4], other), "impostor", ("chain[4].serial", 5, 77),
                 parent=parent)  # fmt: skip
    switch = _line(("LS_10 A01 GSP FMC LF", "LS_10 A01 GSP BROM", *names[2:]), keys)
    bench.refuse("switch-in-the-place-of-a-gpu",
                 "NVIDIA's switches have chains under the same root: only the chip's name tells.",
                 "CRT-10", (*switch[:2], *chain[2:]), "role-confusion",
                 ("chain[0].subject and chain[1].subject", "GH100", "LS_10"), parent=parent,
    )  # fmt: skip
    small = bench.pki.keys.other
    weak = chain[0]._replace(spki=small.public_key_info)
    bench.refuse("gpu-with-a-p256-key", "Reports are verified on P-384, whatever the key says.",
                 "CRT-17", (weak, *chain[1:]), "role-confusion", ("chain[0].key", "P-384", "P-256"),
                 parent=parent)  # fmt: skip
    leaf_as_issuer = chain[1]._replace(
        extensions=wrapped(key_usage("keyCertSign"), ski(keys[1].identifier),
                           aki(keys[2].identifier))
    )  # fmt: skip
    bench.refuse("intermediate-without-constraints",
                 "Absent basic constraints mean that the certificate is no authority.",
                 "CRT-15", (chain[0], leaf_as_issuer, *chain[2:]), "issues-without-right",
                 ("chain[1].basicConstraints", "authority", "absent"), parent=parent)  # fmt: skip
    sha256 = chain[0]._replace(
        inner_algorithm=bench.pki.keys.root.algorithm,
        signature=_sign_sha256(chain[0], keys[1], bench),
    )
    bench.refuse("p384-key-with-sha256",
                 "ecdsa-with-SHA256 does not belong to a P-384 key, although the signature holds.",
                 "CRT-12", (sha256, *chain[1:]), "forged",
                 ("chain[0].signature", "ecdsa-with-SHA384", "ecdsa-with-SHA256"),
                 parent=parent)  # fmt: skip


def _sign_sha256(recipe: Recipe, key: Key, bench: Bench) -> bytes:
    """Return the DER signature of a P-384 key over SHA-256 of the recipe's signed part."""
    flawed = recipe._replace(inner_algorithm=bench.pki.keys.root.algorithm)
    digest = hashlib.sha256(flawed.tbs()).digest()
    r, s, _ = ecdsa.sign(key.curve, key.scalar, digest)
    return sequence(integer(r), integer(s))


def _line(names: Sequence[str], keys: Sequence[AnyKey]) -> Tuple[Recipe, ...]:
    """Return a chain in NVIDIA's shape, the first name's certificate first, the last a root."""
    found = []
    for index, common_name in enumerate(names):
        issuer = min(index + 1, len(names) - 1)
        key, signer = keys[index], keys[issuer]
        first = index == 0
        usage = key_usage(*(("digitalSignature",) if first else AUTHORITY_USAGES))
        constraints = b"" if first else basic_constraints(True)
        found.append(
            Recipe(
                serial=integer(index + 1),
                issuer=name(names[issuer]),
                subject=name(common_name),
                spki=key.public_key_info,
                extensions=wrapped(constraints, usage, ski(key.identifier), aki(signer.identifier)),
                signer=signer,
            )
        )
    return tuple(found)


def _digest(chain: Sequence[Recipe]) -> str:
    return hashlib.sha256(chain[-1].der()).hexdigest()


def _token(bench: Bench, keys: Sequence[Key]) -> None:
    """The chain of a token's key: an RSA intermediate that a root which nobody has issued."""
    builder = bench.builder
    rsa = RsaKey()
    names = ("NVIDIA Attestation Service GPU LS", "NVIDIA Attestation Service GPU Intermediate 004",
             "NVIDIA Attestation Service CA 001")  # fmt: skip
    leaf, intermediate, _ = _line(names, (keys[0], rsa, keys[2]))
    chain = (leaf, intermediate)
    builder.group({"role": "nvidia-token", "now": stamp(NOW), "pinned_sha256": _digest(chain)})
    parent = "token-key"
    bench.accept(parent, "The pinned certificate is an intermediate, and its issuer is not there.",
                 ["CRT-12", "CRT-13", "CRT-17"], chain, leaf_key=keys[0])  # fmt: skip
    bench.accept("token-key-with-lists",
                 "A pinned certificate of another issuer is covered by the pin, not by a list.",
                 ["CRL-10"], chain, leaf_key=keys[0], crls=[_list_of(intermediate, rsa)],
    )  # fmt: skip
    _rsa_forgeries(bench, chain, rsa, parent)


def _list_of(issuer: Recipe, key: AnyKey) -> str:
    extensions = list_extensions(CRL_NUMBER, aki(key.identifier))
    return ListRecipe(issuer=issuer.subject, extensions=extensions, signer=key).der().hex()


def _rsa_forgeries(bench: Bench, chain: Tuple[Recipe, Recipe], rsa: RsaKey, parent: str) -> None:
    leaf, intermediate = chain
    digest = hashlib.sha256(leaf.tbs()).digest()
    info = rsa_key.DIGEST_INFO
    good = int.from_bytes(leaf.signer.sign_der(leaf.tbs()), "big")
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"
    early = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + digest
    forged = (
        ("rsa-digest-info-without-null",
         "RFC 8017, A.2.4, lets verifiers tolerate it; a comparison does not.",
         rsa_key.sign_encoding(rsa_key.encode(digest, info=without_null))),
        ("rsa-digest-not-at-the-end",
         "Read from the left, what follows is ignored: so forgeries were made.",
         rsa_key.sign_encoding(early + b"\x5a" * (rsa_key.SIZE - len(early)))),
        ("rsa-padding-of-zeros", "The filling is FF; whoever searches the next 00 takes any.",
         rsa_key.sign_encoding(rsa_key.encode(digest).replace(b"\xff", b"\xfe"))),
        ("rsa-block-type-2", "Block type 2 is for encryption.",
         rsa_key.sign_encoding(b"\x00\x02" + rsa_key.encode(digest)[2:])),
        ("rsa-sha384", "The DigestInfo names the hash: it has to be the algorithm's.",
         rsa_key.sign_encoding(rsa_key.encode(
             hashlib.sha384(leaf.tbs()).digest(),
             info=bytes.fromhex("3041300d060960864801650304020205000430")))),
        ("rsa-signature-with-leading-zero", "A signature has as many bytes as the modulus.",
         b"\x00" + good.to_bytes(rsa_key.SIZE, "big")),
    )  # fmt: skip
    for slug, why, signature in forged:
        bench.refuse(slug, why, "CRT-12", (leaf._replace(signature=signature), intermediate),
                     "forged", ("chain[0].signature", "genuine", slug), parent=parent)  # fmt: skip
    small = next(
        (recipe, number)
        for recipe in (leaf._replace(serial=integer(serial)) for serial in range(100, 200))
        for number in [int.from_bytes(recipe.signer.sign_der(recipe.tbs()), "big") + rsa.n]
        if number < 1 << (8 * rsa_key.SIZE)
    )
    bench.refuse("rsa-signature-not-below-modulus",
                 "s + n gives the same power as s: a second signature of the same text.", "CRT-12",
                 (small[0]._replace(signature=small[1].to_bytes(rsa_key.SIZE, "big")),
                  intermediate),
                 "forged", ("chain[0].signature", "s", "s + n"), parent=parent)  # fmt: skip
