"""The client of a command, from its options and the environment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Dict

from venice_ref.cli.judging import check_inputs, make_policy, read_endorsements, read_roots
from venice_ref.client import VeniceClient
from venice_ref.net.cache import cache_folder

if TYPE_CHECKING:
    import argparse

    from venice_ref.cli.output import Console

__all__ = ["make_client"]


def make_client(arguments: argparse.Namespace, console: Console) -> VeniceClient:
    """Return a client; its key comes from the environment and from nowhere else."""

    def sleep(seconds: float) -> None:
        console.note(f"the server is busy; next attempt in {seconds:g} seconds")
        time.sleep(seconds)

    check_inputs(arguments)
    times: Dict[str, Any] = {}
    if arguments.timeout is not None:
        times = {"connect_timeout": arguments.timeout, "idle_timeout": arguments.timeout}
    return VeniceClient(
        base_url=arguments.base_url,
        policy=make_policy(arguments) if "policy" in arguments else None,
        roots=read_roots(arguments, console),
        endorsements=read_endorsements(arguments),
        pcs_base_url=getattr(arguments, "pcs_url", None),
        nras_base_url=getattr(arguments, "nras_url", None),
        cache_folder=None if getattr(arguments, "no_cache", True) else cache_folder(),
        on_source=lambda _, sentence: console.note(sentence),
        sleep=sleep,
        **times,
    )
