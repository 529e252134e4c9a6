"""Finds the adapter that a command line names, and starts it."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import sys
from typing import Any, Final, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from conformance.adapters.error_map import ErrorMap, MappedAdapter
from conformance.adapters.inprocess import Handle, InProcessAdapter
from conformance.adapters.process import ProcessAdapter
from conformance.adapters.protocol import Adapter, StartFailure
from conformance.adapters.remote import RemoteAdapter
from conformance.requirements import SuiteError

__all__ = [
    "REFERENCE",
    "AdapterSpec",
    "AdapterUsageError",
    "open_adapter",
    "parse_adapter",
    "reference_command",
]


class AdapterUsageError(SuiteError):
    """What was given as an adapter names none: wrong usage, exit code 4."""


class AdapterSpec(NamedTuple):
    """Which adapter, and how it is reached; opening it twice gives two of them."""

    kind: str
    """`command`, `python` or `url`."""
    target: Tuple[str, ...]
    """Words of the command; module and function; or the URL."""
    text: str = ""
    """As it was given, for reports."""
    startup_timeout: float = 10.0
    """Seconds until hello has to be answered."""
    strict: bool = False
    """Whether text on standard output that is no reply breaks the protocol."""
    environment: Tuple[str, ...] = ()
    """Names of variables that a command is given beside the few that it needs."""
    error_map: Optional[ErrorMap] = None
    """What the implementation's own texts mean."""


_PYTHON = re.compile(r"py:([A-Za-z_][\w.]*):([A-Za-z_]\w*)\Z")

REFERENCE: Final = AdapterSpec(
    "python",
    ("conformance.adapters.reference.handle", "handle"),
    "py:conformance.adapters.reference.handle:handle",
)
"""The reference, in this process."""


def parse_adapter(text: str) -> AdapterSpec:
    """Return the adapter that `--adapter` or `--adapter-url` names.

    `py:package.module:function` is a function in this process, `http://...` is posted to, and
    anything else is a command, taken apart as a shell would, and started without a shell.

    Raises:
        AdapterUsageError: it names none; the message says what would.
    """
    if text.startswith("py:"):
        match = _PYTHON.match(text)
        if match is None:
            raise AdapterUsageError(f"{text} is not of the form py:package.module:function")
        return AdapterSpec("python", (match.group(1), match.group(2)), text)
    if text.startswith(("http://", "https://")):
        return _parse_url(text)
    try:
        words = shlex.split(text, posix=os.name != "nt")
    except ValueError as error:
        raise AdapterUsageError(f"the command of the adapter cannot be read: {error}") from None
    if not words:
        raise AdapterUsageError("the command of the adapter is empty")
    return AdapterSpec("command", tuple(words), text)


def _parse_url(text: str) -> AdapterSpec:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    if not named or not text.isascii() or not text.isprintable() or " " in text:
        raise AdapterUsageError(f"{text} is not a URL such as http://127.0.0.1:8080/")
    return AdapterSpec("url", (text,), text)


def open_adapter(spec: AdapterSpec) -> Adapter:
    """Start an adapter and return it after its hello.

    Raises:
        StartFailure: it could not be started, or its hello was wrong.
        AdapterUsageError: there is no such function of Python.
    """
    adapter = _open(spec)
    return adapter if spec.error_map is None else MappedAdapter(adapter, spec.error_map)


def _open(spec: AdapterSpec) -> Adapter:
    if spec.kind == "python":
        return InProcessAdapter(_function(*spec.target), startup_timeout=spec.startup_timeout)
    if spec.kind == "url":
        return RemoteAdapter(spec.target[0], startup_timeout=spec.startup_timeout)
    adapter = ProcessAdapter(
        spec.target,
        startup_timeout=spec.startup_timeout,
        strict=spec.strict,
        environment=spec.environment,
    )
    adapter.start()
    return adapter


def _function(module: str, name: str) -> Handle:
    here = os.getcwd()  # noqa: PTH109  sys.path holds texts
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)  # as `python3 -m` does, also where a .pyz file was started
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise AdapterUsageError(f"there is no function {name} in {module}: {error}") from None
    except Exception as error:
        raise StartFailure("crash", f"importing {module} raised {error!r}") from error
    if not callable(found):
        raise AdapterUsageError(f"{name} in {module} is not a function")
    handle: Handle = found
    return handle


_RUN: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from conformance.cli.main import run; run()"
)


def reference_command() -> Tuple[str, ...]:
    """Return a command that serves the reference, wherever this package was loaded from."""
    import conformance  # noqa: PLC0415  for its place only

    package = os.path.dirname(os.path.abspath(conformance.__file__ or ""))  # noqa: PTH100, PTH120  in a zip as well
    root = os.path.dirname(package)  # noqa: PTH120  likewise
    return (sys.executable, "-c", _RUN, root, "adapter")
