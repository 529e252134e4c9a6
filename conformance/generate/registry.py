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
    """Path below `vectors/` without the ending."""
    op: str
    """The operation that its inputs are for."""
    module: str
    """Module of this package whose function `generate(builder)` fills it."""
    about: str
    """One sentence for the list of files."""


SOURCES: Final[Tuple[Source, ...]] = (
    # keys and primitives
    Source(
        "keys/parse",
        "key.parse",
        "key_parse",
        "The text of a model key, in each form that servers write, and in those that nobody may.",
    ),
    Source("keys/public", "key.public", "key_public", "The public key of a private one."),
    Source("keys/address", "key.address", "key_address", "The address of a public key."),
    Source(
        "keys/address-parse",
        "address.parse",
        "address_parse",
        "The text of an address, with and without a checksum.",
    ),
    Source(
        "primitives/ecdh",
        "ecdh.shared",
        "primitive_ecdh",
        "The shared secret of two keys on secp256k1.",
    ),
    Source("primitives/kdf", "kdf.derive", "primitive_kdf", "HKDF with SHA-256."),
    Source(
        "primitives/aead-seal", "aead.seal", "primitive_aead_seal", "Encryption by AES-256-GCM."
    ),
    Source(
        "primitives/aead-open", "aead.open", "primitive_aead_open", "Decryption by AES-256-GCM."
    ),
    Source(
        "primitives/keccak256",
        "hash.keccak256",
        "primitive_keccak256",
        "Keccak-256, which is not SHA3-256.",
    ),
    Source(
        "primitives/ecdsa-verify",
        "ecdsa.verify",
        "primitive_ecdsa_verify",
        "Signatures on P-256, P-384 and secp256k1.",
    ),
    Source(
        "primitives/ecdsa-recover",
        "ecdsa.recover",
        "primitive_ecdsa_recover",
        "The key that made a signature on secp256k1.",
    ),
    Source(
        "primitives/rsa-verify",
        "rsa.verify",
        "primitive_rsa_verify",
        "Signatures by RSA, PKCS #1 v1.5 with SHA-256.",
    ),
    Source(
        "primitives/accumulated",
        "primitive.accumulate",
        "primitive_accumulated",
        "Thousands of seeded cases, one digest for each primitive.",
    ),
    # envelope, messages and request
    Source("envelope/seal", "field.seal", "envelope_seal", "A text into an envelope."),
    Source("envelope/open", "field.open", "envelope_open", "An envelope into its text."),
    Source(
        "request/build",
        "request.build",
        "request_build",
        "The headers and the body of a request, and the models that it may name.",
    ),
    Source(
        "request/messages",
        "request.build",
        "request_messages",
        "Messages: what is encrypted, what is left alone, and what is refused.",
    ),
    Source(
        "request/options",
        "request.build",
        "request_options",
        "Fields of a request besides its messages: what may travel in plaintext.",
    ),
    Source(
        "request/models",
        "model.check",
        "request_models",
        "Lists of models, and whether one of them takes encrypted requests.",
    ),
    Source("request/ids", "url.build", "request_ids", "Ids that no URL is made of."),
    # event stream, session and transport
    Source(
        "stream/events",
        "sse.parse",
        "stream_events",
        "Bytes of event streams, cut in every way, and their events.",
    ),
    Source(
        "stream/answer",
        "stream.open",
        "stream_answers",
        "Encrypted answers: what is released, what is known, and what is refused.",
    ),
    Source(
        "stream/faults",
        "stream.open",
        "stream_faults",
        "Answers with a fault in one envelope or chunk, and what was released before it.",
    ),
    Source(
        "session/run",
        "session.run",
        "session_scripts",
        "Scripts of calls and times: which requests a session makes, and which it refuses.",
    ),
    Source(
        "transport/base_url",
        "url.check",
        "transport_urls",
        "Base URLs that may and may not be given an API key.",
    ),
    Source(
        "transport/build",
        "url.build",
        "transport_queries",
        "URLs of requests, with ids that have to be percent-encoded.",
    ),
    Source(
        "transport/redirect",
        "url.redirect",
        "transport_redirects",
        "Redirects within the origin and away from it.",
    ),
    Source("transport/retry", "retry.decide", "transport_retries", "Which exchanges are repeated."),
    Source(
        "transport/errors",
        "error.classify",
        "transport_errors",
        "Error bodies in every shape, and what they mean.",
    ),
    Source(
        "transport/collateral",
        "collateral.assemble",
        "transport_collateral",
        "Answers of Intel's service, and the collateral that they make.",
    ),
    # attestation answer, binding and policy
    Source(
        "attestation/answer",
        "attestation.verify",
        "answer_form",
        "Answers as JSON, and what they say of themselves.",
    ),
    Source(
        "attestation/members",
        "attestation.verify",
        "answer_members",
        "The types and forms of members.",
    ),
    Source("attestation/keys", "attestation.verify", "answer_keys", "The model key in an answer."),
    Source(
        "attestation/bound",
        "attestation.verify",
        "answer_bound",
        "The quote in an answer, and what it binds.",
    ),
    Source(
        "attestation/claims",
        "attestation.verify",
        "answer_claims",
        "The server's own verification beside the evidence.",
    ),
    Source(
        "attestation/levels",
        "attestation.verify",
        "answer_levels",
        "Assurance and policy: what each level asks for.",
    ),
    Source(
        "attestation/measured",
        "attestation.verify",
        "answer_measured",
        "Pinned measurements, and evidence that has to be there.",
    ),
    Source("attestation/gpu", "attestation.verify", "answer_gpu", "The GPU axis of the policy."),
    Source(
        "attestation/binding",
        "report_data.bind",
        "binding",
        "REPORTDATA against a key and a nonce.",
    ),
    Source("attestation/policy", "policy.parse", "policies", "Policy files."),
    Source(
        "attestation/bundle",
        "bundle.parse",
        "bundles",
        "Bundles: an answer with all that is needed to verify it again.",
    ),
    # quote
    Source("quote/parse", "quote.parse", "quote_parse", "The text of a quote into named fields."),
    Source(
        "quote/verify",
        "quote.verify",
        "quote_verify",
        "Signatures, identities and policy of a quote.",
    ),
    # certificates and lists of revoked ones
    Source(
        "certificate/parse",
        "certificate.parse",
        "certificate_parse",
        "One certificate: its encoding, its fields and its extensions.",
    ),
    Source(
        "certificate/chain",
        "chain.verify",
        "certificate_chain",
        "Chains of certificates for a role, as DER and PEM, with and without revocation lists.",
    ),
    Source(
        "revocation/verify",
        "crl.verify",
        "revocation_lists",
        "One revocation list under the certificate of its issuer.",
    ),
    # collateral and TCB
    Source("collateral/verify", "collateral.verify", "collateral_verify", "Collateral by itself."),
    Source("collateral/needs", "collateral.needs", "collateral_needs", "What a quote needs."),
    Source(
        "tcb/levels", "quote.verify", "tcb_levels", "Which levels the parts of a platform reach."
    ),
    Source("tcb/status", "quote.verify", "tcb_status", "One status, and what a policy accepts."),
    # dstack and signatures
    Source(
        "signature/verify",
        "receipt.verify",
        "signature_verify",
        "Answers of GET /tee/signature, under the address that a quote binds.",
    ),
    Source(
        "dstack/digests",
        "event.digest",
        "dstack_digests",
        "Digests of events of register 3, versions 1 and 2.",
    ),
    Source(
        "dstack/event_log",
        "event_log.verify",
        "dstack_logs",
        "Event logs against the registers of a quote.",
    ),
    Source(
        "dstack/event_log_form",
        "event_log.verify",
        "dstack_forms",
        "Event logs that are not of the form.",
    ),
    Source(
        "dstack/application",
        "application.verify",
        "dstack_applications",
        "The application that an event log names.",
    ),
    Source(
        "dstack/compose",
        "compose.verify",
        "dstack_compose",
        "The compose file by event log, MRCONFIGID and text.",
    ),
    Source(
        "dstack/info", "info.verify", "dstack_info", "The claims of info against what is proven."
    ),
    Source(
        "dstack/compose_manager",
        "compose_manager.verify",
        "dstack_manager",
        "Records of a compose manager.",
    ),
    Source(
        "dstack/manager_quote",
        "attestation.verify",
        "dstack_quotes",
        "Answers with the record of a compose manager, and its quote.",
    ),
    # GPU and tokens
    Source("gpu/payload", "gpu.payload", "gpu_payloads", "nvidia_payload, member by member."),
    Source("gpu/opaque", "gpu.opaque", "gpu_opaque", "The fields that a GPU says of itself."),
    Source("gpu/report", "gpu.report", "gpu_reports", "Reports of GPUs, to the byte."),
    Source("gpu/chain", "gpu.chain", "gpu_chains", "The certificates of a GPU."),
    Source(
        "gpu/verify",
        "gpu.verify",
        "gpu_fleets",
        "Evidence of one and of several GPUs, up to NVIDIA's signatures.",
    ),
    Source(
        "gpu/manifest_name",
        "manifest.name",
        "gpu_manifest_names",
        "The names of reference manifests.",
    ),
    Source(
        "gpu/manifest_answer",
        "manifest.answer",
        "gpu_manifest_answers",
        "Answers of NVIDIA's manifest service.",
    ),
    Source(
        "gpu/manifest",
        "manifest.verify",
        "gpu_manifests",
        "Reference manifests and their good values.",
    ),
    Source(
        "gpu/measurement",
        "measurement.match",
        "gpu_measurements",
        "Measurements against good values.",
    ),
    Source(
        "token/verify",
        "token.verify",
        "nras_tokens",
        "Answers of NVIDIA's attestation service, their keys and claims.",
    ),
)


def generate(source: Source, *, seed: str = SEED) -> Dict[str, Any]:
    """Return the content of one file."""
    builder = FileBuilder(source.name, source.op, source.about, seed=seed)
    importlib.import_module(f"conformance.generate.{source.module}").generate(builder)
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
