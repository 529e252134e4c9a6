"""The object that people use: a client, its sessions, and their conversations.

    client = VeniceClient(api_key=...)
    with client.session("e2ee-qwen3-5-122b-a10b") as session:      # verifies, or raises
        for delta in session.chat([{"role": "user", "content": "Hello"}]):
            print(delta.text, end="", flush=True)

It joins the layers below: `session` decides, `net` carries, and this package adds the order in
which they act, the clock and the repetitions: `gathering` collects evidence and what it is verified
with, `conversation` talks, `facade` is the way in.  Nothing is shared between two clients or two
sessions but statements of vendors, which are verified again on each use: a session belongs to one
base URL, one model and one attested key  [SES-1].

A client, its sessions and their streams belong to one thread at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venice_ref.client.conversation import ChatStream, ClientSession
from venice_ref.client.facade import VeniceClient, api_key_from_environment

if TYPE_CHECKING:
    from venice_ref.client.gathering import Gathered, Gatherer

__all__ = [
    "ChatStream",
    "ClientSession",
    "Gathered",
    "Gatherer",
    "VeniceClient",
    "api_key_from_environment",
]


def __getattr__(name: str) -> Any:
    """Load what gathers evidence when it is asked for."""
    if name in {"Gathered", "Gatherer"}:
        from venice_ref.client import gathering  # noqa: PLC0415  # a fifth of the start

        return getattr(gathering, name)
    raise AttributeError(name)
