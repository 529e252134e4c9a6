"""Reference implementation of the Venice AI TEE/E2EE protocol, standard library only."""

from __future__ import annotations

__version__ = "0.1.0"
