"""Sizes, names and habits of the source."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import List

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted([*(ROOT / "venice_ref").rglob("*.py"), *(ROOT / "conformance").rglob("*.py")])
MAX_LINES = 500
MAX_FUNCTION = 60


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> List[Path]:
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_a_file_has_one_noun_and_a_docstring(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES, "split it"
    assert ast.get_docstring(ast.parse(text)), "say what it is"


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_a_function_fits_a_page(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
        assert lines <= MAX_FUNCTION, f"{relative(path)}:{node.lineno}: {node.name} has {lines}"


@pytest.mark.parametrize("path", [p for p in PRODUCT if p.name == "__init__.py"], ids=relative)
def test_a_package_file_has_no_logic(path: Path) -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        lazy = isinstance(node, ast.FunctionDef) and node.name in {"__getattr__", "__dir__"}
        guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        assert isinstance(node, allowed) or lazy or guard, f"{relative(path)}:{node.lineno}"


def test_no_open_ends_and_no_paths_of_one_machine() -> None:
    # Built in pieces, so that this file does not find itself.
    open_end = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X:"]) + ")")
    machine = re.compile(r"(?<![A-Za-z0-9_.])/(?:" + "|".join(["wo" + "rk", "ro" + "ot"]) + ")/")
    for path in tracked():
        if path.suffix in {".png", ".lock"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            place = f"{relative(path)}:{number}: {line[:80]}"
            assert not machine.search(line), place
            if path.suffix == ".py":
                assert not open_end.search(line), place


def test_nothing_real_is_committed() -> None:
    """Captured evidence is read from beside the repository and never copied into it."""
    for path in tracked():
        assert path.stat().st_size < 1024 * 1024, relative(path)
        assert (
            "939a7233f79c4ca9940a0db3957f06073c768e1b"
            not in path.read_text(encoding="utf-8", errors="replace")
            or path == Path(__file__).resolve()
        ), relative(path)
