"""Reference implementation of the Venice AI TEE/E2EE protocol, standard library only.

`VeniceClient`, `Policy` and the errors can be imported from here; they are loaded when they are
first asked for, so that importing one layer does not load the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from venice_ref.attestation.policy import Policy
    from venice_ref.client import VeniceClient
    from venice_ref.errors import (
        DecryptError,
        EvidenceError,
        MalformedError,
        PeerError,
        PolicyError,
        ProtocolError,
        ServerError,
        SignatureError,
        TransportError,
        TruncatedError,
        UsageError,
        VeniceError,
    )

__all__ = [
    "DecryptError",
    "EvidenceError",
    "MalformedError",
    "PeerError",
    "Policy",
    "PolicyError",
    "ProtocolError",
    "ServerError",
    "SignatureError",
    "TransportError",
    "TruncatedError",
    "UsageError",
    "VeniceClient",
    "VeniceError",
    "__version__",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name on first use.  PEP 562."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  # the point of this function

    homes = {"Policy": "attestation.policy", "VeniceClient": "client"}
    value = getattr(import_module(f"{__name__}.{homes.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
