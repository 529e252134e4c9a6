"""The house stands on layers: DESIGN's table, held against the syntax trees.

A module imports only lower floors; packages of one floor do not import each other; only `net`,
`client` and `cli` touch the world; nothing comes from outside the standard library.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

FLOORS: Dict[str, int] = {
    "errors": 0, "model": 0, "spec": 0,
    "codec": 1, "crypto": 1,
    "pki": 2,
    "e2ee": 3, "evidence": 3, "receipts": 3,
    "attestation": 4, "transitions": 4,
    "session": 5,
    "net": 6,
    "client": 7,
    "cli": 8, "__main__": 9, "__init__": 9,
}  # fmt: skip

WORLDLY = {"net", "client", "cli", "__main__"}
"""What may touch sockets, clocks, files and the environment."""

WORLD = {
    "asyncio", "ftplib", "glob", "http", "logging", "multiprocessing", "os", "pathlib", "random",
    "select", "selectors", "shutil", "signal", "socket", "socketserver", "ssl", "subprocess",
    "tempfile", "threading", "time", "urllib",
}  # fmt: skip

EXCEPTIONS: Dict[str, Tuple[str, ...]] = {
    # One environment variable, read at import: it selects between two forms of one function.
    "venice_ref/crypto/twins.py": ("os",),
    # The default source of randomness, a parameter everywhere else.
    "venice_ref/crypto/ecdh.py": ("os",),
    "venice_ref/e2ee/envelope.py": ("os",),
    "venice_ref/e2ee/messages.py": ("os",),
    "venice_ref/session.py": ("os",),
}

TEXT_PARSERS = {"fromhex", "unhexlify", "b64decode", "urlsafe_b64decode", "a2b_base64"}
"""Decoders that accept more than one spelling; `codec/strict.py` alone may call them."""

PARSERS_OF_TEXT = {
    "venice_ref/codec/strict.py",
    # Checks every digit itself before it decodes: `crypto` stands beside `codec`, not above it.
    "venice_ref/crypto/address.py",
}


def sources(top: str) -> List[Path]:
    found = sorted((ROOT / top).rglob("*.py"))
    assert found, f"no source below {top}"
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), relative(path))


def imports(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield (line, dotted name) of each import, with the names of `from package import module`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno}: relative import"
            assert node.module is not None
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def part_of(path: Path) -> str:
    """Return the package or module of the house that a file belongs to."""
    inside = path.relative_to(ROOT / "venice_ref")
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


@pytest.mark.parametrize("path", sources("venice_ref"), ids=relative)
def test_a_module_imports_only_lower_floors(path: Path) -> None:
    part = part_of(path)
    assert part in FLOORS, f"{relative(path)} stands on no floor: enter {part} in FLOORS"
    for line, name in imports(path):
        top, _, inside = name.partition(".")
        if top != "venice_ref":
            continue
        other = inside.split(".")[0]
        if other not in FLOORS:
            other = "__init__"  # `from venice_ref import __version__`
            assert part in WORLDLY, f"{relative(path)}:{line}: imports {name}"
            continue
        allowed = other == part or FLOORS[other] < FLOORS[part]
        assert allowed, f"{relative(path)}:{line}: {part} imports {other}"


@pytest.mark.parametrize("path", sources("venice_ref"), ids=relative)
def test_only_the_upper_floors_touch_the_world(path: Path) -> None:
    if part_of(path) in WORLDLY:
        return
    excepted = EXCEPTIONS.get(relative(path), ())
    for line, name in imports(path):
        top = name.split(".")[0]
        assert top not in WORLD or top in excepted, f"{relative(path)}:{line}: imports {name}"
    for node in ast.walk(tree_of(path)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name):
            assert called.id not in {"open", "print", "input", "eval", "exec"}, (
                f"{relative(path)}:{node.lineno}: calls {called.id}"  # type: ignore[attr-defined]
            )
        if isinstance(called, ast.Attribute):
            assert called.attr not in {"now", "utcnow", "today"}, (
                f"{relative(path)}:{called.lineno}: reads a clock"
            )


def test_an_exception_is_still_needed() -> None:
    for name, modules in EXCEPTIONS.items():
        path = ROOT / name
        assert path.is_file(), f"{name} is gone: remove its exception"
        used = {imported.split(".")[0] for _, imported in imports(path)}
        assert set(modules) <= used, f"{name} no longer imports {set(modules) - used}"


@pytest.mark.parametrize("path", sources("venice_ref") + sources("conformance"), ids=relative)
def test_nothing_comes_from_outside(path: Path) -> None:
    ours = (
        {"venice_ref"}
        if path.is_relative_to(ROOT / "venice_ref")
        else {"venice_ref", "conformance"}
    )
    known = getattr(sys, "stdlib_module_names", None)
    if known is None:
        pytest.skip("sys.stdlib_module_names exists from Python 3.10 on")
    for line, name in imports(path):
        top = name.split(".")[0]
        assert top in ours or top in known or top == "__future__", (
            f"{relative(path)}:{line}: imports {name}"
        )


@pytest.mark.parametrize("path", sources("venice_ref"), ids=relative)
def test_peer_text_is_parsed_in_one_place(path: Path) -> None:
    if relative(path) in PARSERS_OF_TEXT:
        return
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        # Constants of the standards are written in hex, and that is not peer text.
        literal = all(isinstance(argument, (ast.Constant, ast.JoinedStr)) for argument in node.args)
        assert name not in TEXT_PARSERS or literal, (
            f"{relative(path)}:{node.lineno}: {name} outside codec/strict.py"
        )


@pytest.mark.parametrize("path", sources("venice_ref") + sources("conformance"), ids=relative)
def test_assert_never_validates(path: Path) -> None:
    """`python -O` removes `assert`; a check that must hold is an `if` and a `raise`."""
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Assert), f"{relative(path)}:{node.lineno}: assert"
