"""Which generator writes which file, and how its bytes are written.

The same bytes come from every Python: keys stand in the order in which they were made, numbers are
integers, text is ASCII with escapes, one line for each value, one newline at the end.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Callable, Dict, Final, Iterator, NamedTuple, Optional, Tuple

from conformance.generate.builder import FileBuilder

__all__ = ["SEED", "SOURCES", "Source", "encode", "generate", "stale_files"]

SEED: Final = "venice-vectors/1"
"""The seed of the published files."""


Progress = Callable[[str, int, int], None]
"""Told of each file: its name, its number from 1, how many there are."""


class Source(NamedTuple):
    """One file and its generator."""

    name: str
    """Path below `vectors/` without the ending; its module stands at the same path below this
    package, and has a function `generate(builder)` that fills it."""
    op: str
    """The operation that its inputs are for."""
    about: str
    """One sentence for the list of files."""


SOURCES: Final[Tuple[Source, ...]] = (
    Source("keys/parse", "key.parse",
           "The text of a model key: the forms that servers write, and those that nobody may."),
    Source("keys/public", "key.public",
           "The public key of a private one."),
    Source("keys/address", "key.address",
           "The address of a public key."),
    Source("keys/address_parse", "address.parse",
           "The text of an address, with and without a checksum."),
    Source("primitives/ecdh", "ecdh.shared",
           "The shared secret of two keys on secp256k1."),
    Source("primitives/kdf", "kdf.derive",
           "HKDF with SHA-256."),
    Source("primitives/aead_seal", "aead.seal",
           "Encryption by AES-256-GCM."),
    Source("primitives/aead_open", "aead.open",
           "Decryption by AES-256-GCM."),
    Source("primitives/keccak256", "hash.keccak256",
           "Keccak-256, which is not SHA3-256."),
    Source("primitives/ecdsa_verify", "ecdsa.verify",
           "Signatures on P-256, P-384 and secp256k1."),
    Source("primitives/ecdsa_recover", "ecdsa.recover",
           "The key that made a signature on secp256k1."),
    Source("primitives/rsa_verify", "rsa.verify",
           "Signatures by RSA, PKCS #1 v1.5 with SHA-256."),
    Source("primitives/accumulated", "primitive.accumulate",
           "Thousands of seeded cases, one digest for each primitive."),
    Source("envelope/seal", "field.seal",
           "A text into an envelope."),
    Source("envelope/open", "field.open",
           "An envelope into its text."),
    Source("request/build", "request.build",
           "The headers and the body of a request, and the models that it may name."),
    Source("request/messages", "request.build",
           "Messages: what is encrypted, what is left alone, and what is refused."),
    Source("request/options", "request.build",
           "Fields of a request besides its messages: what may travel in plaintext."),
    Source("request/models", "model.check",
           "Lists of models, and whether one of them takes encrypted requests."),
    Source("request/ids", "url.build",
           "Ids that no URL is made of."),
    Source("stream/events", "sse.parse",
           "Bytes of event streams, cut in every way, and their events."),
    Source("stream/answer", "stream.open",
           "Encrypted answers: what is released, what is known, and what is refused."),
    Source("stream/faults", "stream.open",
           "Answers with a fault in one envelope or chunk, and what was released before it."),
    Source("session/run", "session.run",
           "Scripts of calls and times: which requests a session makes, and which it refuses."),
    Source("transport/base_url", "url.check",
           "Base URLs that may and may not be given an API key."),
    Source("transport/build", "url.build",
           "URLs of requests, with ids that have to be percent-encoded."),
    Source("transport/redirect", "url.redirect",
           "Redirects within the origin and away from it."),
    Source("transport/retry", "retry.decide",
           "Which exchanges are repeated."),
    Source("transport/errors", "error.classify",
           "Error bodies in every shape, and what they mean."),
    Source("transport/collateral", "collateral.assemble",
           "Answers of Intel's service, and the collateral that they make."),
    Source("attestation/answer", "attestation.verify",
           "Answers as JSON, and what they say of themselves."),
    Source("attestation/members", "attestation.verify",
           "The types and forms of members."),
    Source("attestation/keys", "attestation.verify",
           "The model key in an answer."),
    Source("attestation/bound", "attestation.verify",
           "The quote in an answer, and what it binds."),
    Source("attestation/claims", "attestation.verify",
           "The server's own verification beside the evidence."),
    Source("attestation/levels", "attestation.verify",
           "Assurance and policy: what each level asks for."),
    Source("attestation/measured", "attestation.verify",
           "Pinned measurements, and evidence that has to be there."),
    Source("attestation/gpu", "attestation.verify",
           "The GPU axis of the policy."),
    Source("attestation/binding", "report_data.bind",
           "REPORTDATA against a key and a nonce."),
    Source("attestation/policy", "policy.parse",
           "Policy files."),
    Source("attestation/bundle", "bundle.parse",
           "Bundles: an answer with all that is needed to verify it again."),
    Source("quote/parse", "quote.parse",
           "The text of a quote into named fields."),
    Source("quote/verify", "quote.verify",
           "Signatures, identities and policy of a quote."),
    Source("certificate/parse", "certificate.parse",
           "One certificate: its encoding, its fields and its extensions."),
    Source("certificate/chain", "chain.verify",
           "Chains of certificates for a role, as DER and PEM, with and without revocation lists."),
    Source("revocation/verify", "crl.verify",
           "One revocation list under the certificate of its issuer."),
    Source("collateral/verify", "collateral.verify",
           "Collateral by itself."),
    Source("collateral/needs", "collateral.needs",
           "What a quote needs."),
    Source("tcb/levels", "quote.verify",
           "Which levels the parts of a platform reach."),
    Source("tcb/status", "quote.verify",
           "One status, and what a policy accepts."),
    Source("dstack/digests", "event.digest",
           "Digests of events of register 3, versions 1 and 2."),
    Source("dstack/event_log", "event_log.verify",
           "Event logs against the registers of a quote."),
    Source("dstack/event_log_form", "event_log.verify",
           "Event logs that are not of the form."),
    Source("dstack/application", "application.verify",
           "The application that an event log names."),
    Source("dstack/compose", "compose.verify",
           "The compose file by event log, MRCONFIGID and text."),
    Source("dstack/info", "info.verify",
           "The claims of info against what is proven."),
    Source("dstack/compose_manager", "compose_manager.verify",
           "Records of a compose manager."),
    Source("dstack/manager_quote", "attestation.verify",
           "Answers with the record of a compose manager, and its quote."),
    Source("gpu/payload", "gpu.payload",
           "nvidia_payload, member by member."),
    Source("gpu/opaque", "gpu.opaque",
           "The fields that a GPU says of itself."),
    Source("gpu/report", "gpu.report",
           "Reports of GPUs, to the byte."),
    Source("gpu/chain", "gpu.chain",
           "The certificates of a GPU."),
    Source("gpu/verify", "gpu.verify",
           "Evidence of one and of several GPUs, up to NVIDIA's signatures."),
    Source("gpu/manifest_name", "manifest.name",
           "The names of reference manifests."),
    Source("gpu/manifest_answer", "manifest.answer",
           "Answers of NVIDIA's manifest service."),
    Source("gpu/manifest", "manifest.verify",
           "Reference manifests and their good values."),
    Source("gpu/measurement", "measurement.match",
           "Measurements against good values."),
    Source("token/verify", "token.verify",
           "Answers of NVIDIA's attestation service, their keys and claims."),
    Source("signature/verify", "receipt.verify",
           "Answers of GET /tee/signature, under the address that a quote binds."),
)  # fmt: skip
"""Every file, in the order of the specification."""


def generate(source: Source, *, seed: str = SEED) -> Dict[str, Any]:
    """Return the content of one file."""
    builder = FileBuilder(source.name, source.op, source.about, seed=seed)
    module = importlib.import_module(f"conformance.generate.{source.name.replace('/', '.')}")
    module.generate(builder)
    return builder.document()


def encode(document: Dict[str, Any]) -> bytes:
    """Return the bytes of a file."""
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def stale_files(
    folder: Path, only: str = "", *, progress: Optional[Progress] = None
) -> Iterator[Tuple[Path, bytes]]:
    """Yield path and right content of each file below `folder` that is not what it should be.

    Only files whose names begin with `only` are made; `progress` is told of each of them.
    """
    chosen = [source for source in SOURCES if source.name.startswith(only)]
    for number, source in enumerate(chosen, 1):
        if progress is not None:
            progress(source.name, number, len(chosen))
        path = folder / f"{source.name}.json"
        content = encode(generate(source))
        if not path.is_file() or path.read_bytes() != content:
            yield path, content
