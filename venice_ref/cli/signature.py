"""`venice-ref signature`: what the enclave signed about an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from venice_ref.cli.connect import make_client
from venice_ref.cli.output import Console, fields
from venice_ref.crypto.address import to_checksum

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fetch and verify evidence, then the signature, and say how far that goes."""
    client = make_client(arguments, console)
    console.note(f"verifying {arguments.model} at {client.base_url}, then its signature")
    checked = client.signature(arguments.model, arguments.request_id)
    shown: Dict[str, Any] = {
        "signer": to_checksum(checked.signer),
        "signer_verified": True,
        "transcript_verified": checked.transcript_verified,
        "model": checked.signed.model,
        "request_hash": checked.signed.request_hash.hex(),
        "response_hash": checked.signed.response_hash.hex(),
    }
    if console.json:
        console.object(shown)
        return 0
    rows = {name: _word(value) for name, value in shown.items() if value is not None}
    console.lines(fields(rows, indent=0))
    console.line()
    console.line("The key that the evidence binds signed these hashes.  Whether they are those of")
    console.line("your request and your answer is not verified: the service rewrites both, so that")
    console.line("nobody but the enclave has the bytes that were hashed.")
    return 0


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
