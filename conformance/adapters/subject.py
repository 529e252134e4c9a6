"""An adapter under probe, and the two ways in which a probe ends without a pass."""

from __future__ import annotations

import secrets
from typing import Any, Dict, Final, Mapping, Optional

from conformance.adapters.diagnosis import Advice
from conformance.adapters.open import AdapterSpec
from conformance.adapters.process import Connection
from conformance.adapters.protocol import Adapter, Hello

__all__ = ["KEY", "Fault", "Skip", "Subject", "short", "unknown"]

KEY: Final = (
    "0445f90e503b81bba5f63b3a5070249cfb9153135181fdf869cd82b401cc7c7a36"
    "c74fdd84bdf39f2e929ed21139a39856c3f5947915631b831b377739d9dfad80"
)
"""A sound key, of `vectors/keys`."""


class Skip(Exception):  # noqa: N818  it is not an error
    """A probe cannot be made; the message says why."""


class Fault(Exception):  # noqa: N818  likewise
    """A probe failed."""

    def __init__(self, seen: str, advice: Advice, stderr: str = "") -> None:
        super().__init__(seen)
        self.seen, self.advice, self.stderr = seen, advice, stderr


class Subject:
    """An adapter under probe."""

    def __init__(self, spec: AdapterSpec, timeout: float) -> None:
        self.spec = spec
        self.timeout = timeout
        self.adapter: Optional[Adapter] = None

    @property
    def hello(self) -> Hello:
        """What it says of itself."""
        if self.adapter is None:
            raise Skip("the adapter could not be started")
        return self.adapter.hello

    def ask(self, op: str, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the reply without its id."""
        if self.adapter is None:
            raise Skip("the adapter could not be started")
        reply = self.adapter.ask(op, given, timeout=self.timeout)
        return {name: value for name, value in reply.items() if name != "id"}

    def connect(self) -> Connection:
        """Return a connection of its own, for what `ask` does not do; hello was said."""
        connection = self.raw()
        connection.greet(self.spec.startup_timeout)
        return connection

    def raw(self) -> Connection:
        """Return a connection on which nothing was said."""
        if self.spec.kind != "command":
            raise Skip("only a process can be probed so")
        return Connection(self.spec.target, environment=self.spec.environment)

    def need(self, *operations: str) -> None:
        """Skip the probe where one of these operations is not declared."""
        missing = [op for op in operations if op not in self.hello.operations]
        if missing:
            raise Skip(f"it does not declare {' and '.join(missing)}")


def unknown() -> str:
    """Return the name of an operation that nobody has heard of."""
    return f"probe.{secrets.token_hex(4)}"


def short(value: Any) -> str:
    """Return a value for a message."""
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."
