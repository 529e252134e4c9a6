"""The compose file: its hash in the event log, in MRCONFIGID, and over its text.

`app-compose.json` says which containers run.  Its SHA-256 is the payload of the event
`compose-hash`, and MRCONFIGID (48), which is fixed when a TD is made, can bind it or more:

    kind 0   zero                                                nothing
    kind 1   1 || compose hash (32) || zero (15)                 the compose file
    kind 2   2 || Keccak-256(compose hash (32) || app id (20)    and app id and key provider
                 || provider (1) || provider id) || zero (15)
    kind 3   3 || SHA-256("dstack-mr-config-v3:" || 00           and what the document says
                 || document) || zero (15)

Kind 1 binds the file without any event log.  What the containers of the file do is not judged here.

Source: dstack, dstack-types (`mr_config.rs`) and dstack-util (`config_id_verifier.rs`).
"""

from __future__ import annotations

import hashlib
from typing import Dict, Final, List, NamedTuple, Optional, Tuple, Union

from venice_ref.codec.strict import JsonObject, decode_hex, excerpt, parse_json_object
from venice_ref.crypto.keccak import keccak_256
from venice_ref.errors import EvidenceError, MalformedError, UsageError
from venice_ref.evidence.dstack.app import App, KeyProvider
from venice_ref.spec import MAX_MR_CONFIG_SIZE

__all__ = [
    "EVENT_LOG",
    "MR_CONFIG_ID",
    "ComposeFacts",
    "compose_hash",
    "document_in",
    "mr_config_id_1",
    "mr_config_id_2",
    "mr_config_id_3",
    "verify_compose",
]

MR_CONFIG_ID: Final = "mr_config_id"
EVENT_LOG: Final = "event_log"

MR_CONFIG_ID_SIZE: Final = 48

_PROVIDER_BYTES: Final[Dict[str, int]] = {"none": 0, "local-sgx": 1, "kms": 2, "tpm": 3}
_PROVIDERS_IN_DOCUMENT: Final[Dict[str, str]] = {
    "none": "none", "local-sgx": "local", "kms": "kms", "tpm": "tpm",
}  # fmt: skip
_DOCUMENT_DOMAIN: Final = b"dstack-mr-config-v3:\0"
_DOCUMENT_MEMBERS: Final = (
    "version", "app_id", "compose_hash", "gpu_policy_hash", "key_provider", "key_provider_id",
    "instance_id", "init_script_hashes",
)  # fmt: skip


class ComposeFacts(NamedTuple):
    """The compose file that the TD runs, and what binds it."""

    compose_hash: bytes
    """SHA-256 of the compose file."""
    text_matches: bool
    """True where the text was there and has this hash; it never has another one."""
    kind: int
    """The kind of MRCONFIGID, 0 to 3."""
    bound_by: Tuple[str, ...]
    """What the quote proves the hash by: `mr_config_id`, `event_log`, or both."""


# --- MRCONFIGID ---------------------------------------------------------------------------------


def compose_hash(text: str) -> bytes:
    """Return SHA-256 (32) of the text of a compose file, every space included  [DST-11]."""
    try:
        return hashlib.sha256(text.encode("utf-8")).digest()
    except UnicodeEncodeError:
        raise MalformedError(
            "a text with a lone surrogate", rule="DST-11", where="app_compose"
        ) from None


def _mr_config_id(kind: int, digest: bytes) -> bytes:
    return (bytes([kind]) + digest).ljust(MR_CONFIG_ID_SIZE, b"\0")


def mr_config_id_1(compose: bytes) -> bytes:
    """Return MRCONFIGID of kind 1 for a compose hash (32)  [DST-12]."""
    return _mr_config_id(1, compose)


def mr_config_id_2(compose: bytes, app_id: bytes, provider: str, provider_id: bytes) -> bytes:
    """Return MRCONFIGID of kind 2; `provider` is one of `app.PROVIDERS`  [DST-12]."""
    if provider not in _PROVIDER_BYTES:
        raise UsageError(f"no such key provider: {excerpt(provider)}")
    provider_byte = bytes([_PROVIDER_BYTES[provider]])
    return _mr_config_id(2, keccak_256(compose + app_id + provider_byte + provider_id))


def mr_config_id_3(document: str) -> bytes:
    """Return MRCONFIGID of kind 3 for the exact text of its document  [DST-12]."""
    try:
        encoded = document.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError(
            "a text with a lone surrogate", rule="DST-13", where="mr_config"
        ) from None
    return _mr_config_id(3, hashlib.sha256(_DOCUMENT_DOMAIN + encoded).digest())


def document_in(
    vm_config: Union[str, JsonObject], *, where: str = "info.vm_config"
) -> Optional[str]:
    """Return the document of MRCONFIGID in a VM's configuration, an object or a text of one."""
    if isinstance(vm_config, JsonObject):
        node = JsonObject(vm_config.members, where=where, rule="DST-13")
    else:
        node = _parse_text(vm_config, where)
    return node.text("mr_config") or None


# --- Verification -------------------------------------------------------------------------------


def verify_compose(
    mr_config_id: bytes,
    *,
    app: Optional[App],
    app_compose: Optional[str] = None,
    document: Optional[str] = None,
) -> ComposeFacts:
    """Return the compose file that a quote proves, by its MRCONFIGID (48) and its event log.

    `app` comes from the log of the same quote; `app_compose` is the exact text of the file, and
    `document` that of MRCONFIGID's document (`document_in`).  Each is optional, but a kind of
    MRCONFIGID that cannot be computed without one that is absent is an error, not a weaker result.

    Spec: DST-11 to DST-14, DST-25, DST-26.

    Raises:
        EvidenceError: the hashes differ [DST-11]; MRCONFIGID is of no known kind, or not that of
            this application [DST-12]; the document contradicts the log [DST-13]; nothing that was
            given proves a compose hash [DST-14].
        MalformedError: the document does not parse [DST-13], or is too long [DST-25].
        UsageError: not 48 bytes.
    """
    if len(mr_config_id) != MR_CONFIG_ID_SIZE:
        raise UsageError(f"MRCONFIGID of {len(mr_config_id)} bytes, required {MR_CONFIG_ID_SIZE}")
    kind = mr_config_id[0]
    proven: List[Tuple[str, bytes]] = []
    if kind != 0 or any(mr_config_id):
        proven.append((MR_CONFIG_ID, _hash_in_mr_config_id(mr_config_id, app, document)))
    if app is not None:
        proven.append((EVENT_LOG, app.compose_hash))
    if not proven:
        raise EvidenceError(
            "MRCONFIGID is zero and there is no event log: nothing proves a compose file",
            rule="DST-14",
            where="app_compose",
        )
    _, expected = proven[-1]
    for name, found in proven:
        _check_equal(found, expected, name)
    if app_compose is not None:
        _check_equal(compose_hash(app_compose), expected, "app_compose")
    return ComposeFacts(expected, app_compose is not None, kind, tuple(name for name, _ in proven))


def _check_equal(found: bytes, expected: bytes, where: str) -> None:
    if found != expected:
        raise EvidenceError(
            f"the compose hash is {found.hex()}, required {expected.hex()}",
            rule="DST-11",
            where=where,
        )


def _hash_in_mr_config_id(
    mr_config_id: bytes, app: Optional[App], document: Optional[str]
) -> bytes:
    """Return the compose hash behind a MRCONFIGID that is not zero, once the whole of it holds."""
    kind = mr_config_id[0]
    if kind == 1:
        _require(mr_config_id, mr_config_id_1(mr_config_id[1:33]))
        return mr_config_id[1:33]
    if kind == 2:
        if app is None:
            raise _absent("an event log, which names the application behind it")
        _require(mr_config_id, *_kind_2(app))
        return app.compose_hash
    if kind == 3:
        if document is None:
            raise _absent("the document whose hash it is")
        _require(mr_config_id, mr_config_id_3(document))
        return _hash_in_document(document, app)
    raise EvidenceError(
        f"MRCONFIGID {mr_config_id.hex()} is of no known kind", rule="DST-12", where=MR_CONFIG_ID
    )


def _require(mr_config_id: bytes, *allowed: bytes) -> None:
    if mr_config_id not in allowed:
        raise EvidenceError(
            f"MRCONFIGID is {mr_config_id.hex()}, required {allowed[0].hex()}",
            rule="DST-12",
            where=MR_CONFIG_ID,
        )


def _absent(what: str) -> EvidenceError:
    return EvidenceError(f"MRCONFIGID needs {what}", rule="DST-14", where=MR_CONFIG_ID)


def _kind_2(app: App) -> Tuple[bytes, ...]:
    """Return what MRCONFIGID of kind 2 may be.

    A TPM's id counts as empty in later versions  [DST-26].
    """
    provider = app.key_provider
    ids = (provider.id, b"") if provider.name == "tpm" else (provider.id,)
    return tuple(mr_config_id_2(app.compose_hash, app.app_id, provider.name, id_) for id_ in ids)


# --- The document of kind 3 ---------------------------------------------------------------------


def _hash_in_document(document: str, app: Optional[App]) -> bytes:
    """Return the compose hash of a document, none of whose members contradicts the event log."""
    node = _parse_text(document, "mr_config")
    for name in node.members:
        if name not in _DOCUMENT_MEMBERS:
            raise MalformedError(
                f"an unknown member {excerpt(name)}", rule="DST-13", where="mr_config"
            )
    if "version" in node and node.integer("version") != 3:
        raise MalformedError("required version 3", rule="DST-13", where=node.path("version"))
    provider = node.text("key_provider")
    if provider not in _PROVIDERS_IN_DOCUMENT.values():
        raise MalformedError(
            f"{excerpt(provider)}, required one of {', '.join(_PROVIDERS_IN_DOCUMENT.values())}",
            rule="DST-13",
            where=node.path("key_provider"),
        )
    hashed = _member(node, "compose_hash", 32)
    if hashed is None:
        raise MalformedError(
            "the member is missing", rule="DST-13", where=node.path("compose_hash")
        )
    if app is not None:
        _check_document(node, app)
    return hashed


def _parse_text(text: str, where: str) -> JsonObject:
    """Return the object in a text of a peer, once its size is no matter  [DST-13, DST-25]."""
    encoded = text.encode("utf-8", "surrogatepass")  # which `parse_json_object` refuses
    if len(encoded) > MAX_MR_CONFIG_SIZE:
        raise MalformedError(
            f"{len(encoded)} bytes, at most {MAX_MR_CONFIG_SIZE}", rule="DST-25", where=where
        )
    return parse_json_object(encoded, max_size=len(encoded), where=where, rule="DST-13")


def _member(node: JsonObject, name: str, size: Optional[int]) -> Optional[bytes]:
    text = node.text(name)
    if text is None:
        return None
    return decode_hex(text, size=size, where=node.path(name), rule="DST-13")


def _check_document(node: JsonObject, app: App) -> None:
    """Refuse a document that pins another application than the log names."""
    provider: KeyProvider = app.key_provider
    pins = (
        ("app_id", _member(node, "app_id", 20), app.app_id),
        ("instance_id", _member(node, "instance_id", 20), app.instance_id),
        ("key_provider_id", _member(node, "key_provider_id", None), provider.id),
        ("gpu_policy_hash", _member(node, "gpu_policy_hash", 32), app.gpu_policy_hash),
    )
    for name, pinned, measured in pins:
        if pinned is not None and measured is not None and pinned != measured:
            raise EvidenceError(
                f"{pinned.hex()}, the event log says {measured.hex()}",
                rule="DST-13",
                where=node.path(name),
            )
    if node.text("key_provider") != _PROVIDERS_IN_DOCUMENT[provider.name]:
        raise EvidenceError(
            f"{node.text('key_provider')}, the event log says {provider.name}",
            rule="DST-13",
            where=node.path("key_provider"),
        )
