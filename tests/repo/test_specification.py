"""`SPEC.md` against the registry, the code, the vectors and itself."""

from __future__ import annotations

import ast
import importlib
import operator
import pkgutil
import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

import pytest

import venice_ref
import venice_ref.spec as constants
from conformance.requirements import load_requirements
from conformance.specification import encode_requirements, parse_specification
from conformance.vectors import Vector, load_files
from venice_ref.codec.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SPEC.md").read_text(encoding="utf-8")
KEYWORD = re.compile(r"\b(?:MUST|SHOULD|SHALL|REQUIRED|RECOMMENDED|MAY)\b")
SECTIONS = (
    "Conventions", "Overview", "Keys", "envelope", "Messages", "request", "event stream",
    "encrypted answer", "session", "Transport", "attestation answer", "Binding", "quote",
    "Certificates", "revocation", "Collateral", "TCB", "dstack", "GPU", "tokens", "signature",
    "Policy", "Errors", "Security considerations", "Privacy considerations",
)  # fmt: skip


def test_the_registry_is_what_the_text_says() -> None:
    rows = parse_specification(TEXT)
    assert rows == load_requirements(), "python3 -m conformance coverage --write"
    written = (ROOT / "conformance" / "requirements.json").read_bytes()
    assert written == encode_requirements(rows)


def test_every_section_is_there_and_numbered() -> None:
    headings = re.findall(r"(?m)^## ([0-9]+)\. (.+)$", TEXT)
    assert [int(number) for number, _ in headings] == list(range(1, len(headings) + 1))
    for word, (_, title) in zip(SECTIONS, headings):
        assert word.lower() in title.lower()
    assert len(headings) == len(SECTIONS)


def test_the_contents_name_every_section() -> None:
    sections = re.findall(r"(?m)^## (.+)$", TEXT)
    assert re.findall(r"(?m)^- \[(.+)\]\(#[^)]+\)$", TEXT)[: len(sections)] == sections


def test_key_words_stand_in_requirements_only() -> None:
    inside = False
    for number, line in enumerate(TEXT.splitlines(), 1):
        inside = line.startswith("- **[") or (inside and line.startswith("  "))
        if KEYWORD.search(line) and not inside:
            assert '"MUST", "MUST NOT"' in line, f"SPEC.md:{number}: {line}"


def test_ids_that_are_cited_exist() -> None:
    known = {row.id for row in load_requirements()}
    areas = {name.split("-")[0] for name in known}
    for name in re.findall(r"\b([A-Z]{3}-[1-9][0-9]{0,2})\b", TEXT):
        if name.split("-")[0] in areas:
            assert name in known, name


def test_lines_fit() -> None:
    """Tables, fenced blocks and the contents apart."""
    fenced = False
    for number, line in enumerate(TEXT.splitlines(), 1):
        fenced ^= line.startswith("```")
        loose = fenced or line.startswith(("|", "- ["))
        assert loose or len(line) <= 100, f"SPEC.md:{number} has {len(line)} characters"


def test_sections_that_are_named_exist() -> None:
    numbers = set(re.findall(r"(?m)^##+ ([0-9]+(?:\.[0-9]+)?)\.? ", TEXT))
    flat = re.sub(r"\s+", " ", re.sub(r"(?:RFC|FIPS|SP|SEC) [^;.)]*?section", "", TEXT))
    named = re.findall(r"\bsections? ([0-9]+(?:\.[0-9]+)?)(?: (?:and|to) ([0-9]+))?", flat)
    assert len(named) >= 60
    for pair in named:
        assert set(filter(None, pair)) <= numbers, pair


def test_paths_that_are_named_exist() -> None:
    named = set(re.findall(r"`(vectors/[a-z0-9_/{},-]+\.(?:json|md))`", TEXT))
    assert len(named) >= 10
    for name in named:
        match = re.match(r"(.*)\{(.+)\}(.*)\Z", name)
        names = (
            [match.group(1) + part + match.group(3) for part in match.group(2).split(",")]
            if match
            else [name]
        )
        for path in names:
            assert (ROOT / path).is_file(), path


# --- Numbers ------------------------------------------------------------------------------------

DERIVED = re.compile(r"(?<![\w.])(-?[0-9]+)(?: [a-z]+){0,2} \(= ([^()]*(?:\([^()]*\)[^()]*)*)\)")
OPERATORS: Dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow,
    ast.FloorDiv: operator.floordiv,
}  # fmt: skip


def value_of(node: ast.AST) -> int:
    if isinstance(node, ast.Expression):
        return value_of(node.body)
    if isinstance(node, ast.BinOp):
        return int(OPERATORS[type(node.op)](value_of(node.left), value_of(node.right)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value_of(node.operand)
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value


def test_derived_numbers_are_right() -> None:
    flat = re.sub(r"\s+", " ", TEXT)
    found = DERIVED.findall(flat)
    assert len(found) >= 20
    assert len(found) == flat.count("(= "), "a derivation is not of the form `93 (= 65 + 12 + 16)`"
    for number, formula in found:
        tree = ast.parse(formula.replace("^", "**").replace("/", "//"), mode="eval")
        assert value_of(tree) == int(number), f"{number} (= {formula})"


def rows_below(caption: str) -> Iterator[Tuple[str, List[List[str]]]]:
    """Yield (match of the caption, cells of the rows) of each table that follows a caption."""
    lines = TEXT.splitlines()
    for start, line in enumerate(lines):
        if re.match(caption, line):
            at = start + 1
            while at < len(lines) and not lines[at].startswith("|"):
                assert not lines[at].strip(), f"no table follows {line!r}"
                at += 1
            cells = []
            while at < len(lines) and lines[at].startswith("|"):
                cells.append([cell.strip() for cell in lines[at].strip("|").split("|")])
                at += 1
            yield line, cells[2:]


def layouts() -> Dict[str, List[Layout]]:
    """Return the layouts of the code by name; a header may have one for each version."""
    found: Dict[str, List[Layout]] = {}
    for info in pkgutil.walk_packages(venice_ref.__path__, "venice_ref."):
        if info.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Layout) and value not in found.setdefault(value.name, []):
                found[value.name].append(value)
    return found


def test_layouts_are_those_of_the_code() -> None:
    known = layouts()
    seen: Set[Any] = set()
    for caption, rows in rows_below(r"Layout `"):
        match = re.match(r"Layout `([a-z0-9_.]+)`, ([0-9]+) bytes", caption)
        assert match, caption
        printed = [(int(row[0]), int(row[1]), row[2].strip("`")) for row in rows]
        same = [
            layout
            for layout in known[match.group(1)]
            if layout.size == int(match.group(2)) and list(map(tuple, layout.fields)) == printed
        ]
        assert same, f"{caption} is not as the code has it"
        seen.update(map(id, same))
    missing = [one.name for some in known.values() for one in some if id(one) not in seen]
    assert not missing, "a layout of the code is not in the text"


def literal(text: str) -> object:
    inside = re.match(r"`(.*)`", text)
    assert inside, text
    value = inside.group(1)
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def constant_rows() -> Iterator[Tuple[str, str]]:
    """Yield name and printed value of each row of each table of constants."""
    inside = False
    for line in TEXT.splitlines():
        inside = line.startswith("| constant | value |") or (inside and line.startswith("|"))
        match = re.match(r"\| `([A-Z][A-Z0-9_]+)` \| (.+?) \|", line) if inside else None
        if match:
            yield match.group(1), match.group(2)


def test_constants_are_those_of_the_code() -> None:
    seen: Set[Any] = set()
    for name, printed in constant_rows():
        value = getattr(constants, name)
        expected = value.decode("ascii") if isinstance(value, bytes) else value
        if isinstance(expected, tuple):
            expected = ", ".join(map(str, expected))
        assert literal(printed) == expected, name
        seen.add(name)
    limits = {name for name in vars(constants) if name.startswith("MAX_")}
    assert limits <= seen, f"limits that the text does not have: {sorted(limits - seen)}"


# --- Worked examples ----------------------------------------------------------------------------


def examples() -> List[Tuple[str, str, str]]:
    return re.findall(r"(?ms)^```vector (\S+) (\S+)\n(.*?)^```$", TEXT)


def find_vector(file: str, name: str) -> Vector:
    for loaded in load_files():
        if loaded.name == file:
            return next(vector for vector in loaded.vectors if vector.id == name)
    raise AssertionError(f"there is no vectors/{file}.json")


@pytest.mark.parametrize("example", examples(), ids=lambda example: example[1])
def test_worked_examples_are_vectors(example: Tuple[str, str, str]) -> None:
    file, name, body = example
    vector = find_vector(file, name)
    values: Dict[str, Any] = {**vector.given, **vector.mid, **vector.expect.out}
    joined = re.sub(r"\n +", "", body)
    lines = [line for line in joined.splitlines() if line.strip()]
    assert lines
    for line in lines:
        label, printed = (part.strip() for part in line.split("=", 1))
        value = values[label]
        whole = value if isinstance(value, str) else str(value)
        if "…" in printed:
            first, last = printed.split("…")
            assert whole.startswith(first), label
            assert whole.endswith(last), label
            assert len(whole) > len(first) + len(last), label
        else:
            assert whole == printed, label


def test_there_are_worked_examples() -> None:
    assert len(examples()) >= 8
