"""`venice-ref models`: the models of the service and what they can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional, Sequence

from venice_ref.cli.connect import make_client
from venice_ref.cli.output import Console, columns

if TYPE_CHECKING:
    import argparse

    from venice_ref.net.venice import ModelInfo

__all__ = ["run"]

_WORDS: Dict[Optional[bool], str] = {True: "yes", False: "no", None: "unknown"}


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List the models in the order of the service."""
    client = make_client(arguments, console)
    console.note(f"asking {client.base_url} for its models")
    models = [
        model for model in client.models() if model.supports_e2ee is True or not arguments.e2ee
    ]
    if console.json:
        console.object({"models": [model._asdict() for model in models]})
    elif models:
        console.lines(_table(models))
    else:
        console.note("no such model")
    return 0


def _table(models: Sequence[ModelInfo]) -> Sequence[str]:
    rows = [("MODEL", "TEE", "E2EE", "CONTEXT", "NAME")]
    for model in models:
        context = "" if model.context_tokens is None else str(model.context_tokens)
        rows.append(
            (model.id, _WORDS[model.supports_tee], _WORDS[model.supports_e2ee], context, model.name)
        )
    return columns(rows)
