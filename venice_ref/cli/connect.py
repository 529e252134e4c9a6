"""The client of a command, from its options and the environment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Dict

from venice_ref.attestation.policy import Policy
from venice_ref.client import VeniceClient

if TYPE_CHECKING:
    import argparse

    from venice_ref.cli.output import Console

__all__ = ["make_client", "make_policy"]


def make_policy(arguments: argparse.Namespace) -> Policy:
    """Return the policy of the options; of a command without them, the default."""
    return Policy(
        assurance=getattr(arguments, "assurance", "dcap"), gpu=getattr(arguments, "gpu", "report")
    )


def make_client(arguments: argparse.Namespace, console: Console) -> VeniceClient:
    """Return a client; its key comes from the environment and from nowhere else."""

    def sleep(seconds: float) -> None:
        console.note(f"the server is busy; next attempt in {seconds:g} seconds")
        time.sleep(seconds)

    times: Dict[str, Any] = {}
    if arguments.timeout is not None:
        times = {"connect_timeout": arguments.timeout, "idle_timeout": arguments.timeout}
    return VeniceClient(
        base_url=arguments.base_url, policy=make_policy(arguments), sleep=sleep, **times
    )
