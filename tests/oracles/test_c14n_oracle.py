"""Canonical XML against libxml2 (the wheel `lxml`), on random documents and on real manifests."""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nvidia.real import samples
from venice_ref.evidence.nvidia.c14n import XmlElement, canonicalize, parse_xml

NAMES = st.sampled_from(["a", "b", "c"])
PREFIXES = st.sampled_from(["", "p", "q"])
URIS = st.sampled_from(["urn:1", "urn:2", "http://example.org/"])
TEXTS = st.text("ab &<>\"'\t\n\r\u00e9\u4e00]", max_size=6)


def escaped(text: str) -> str:
    """Return text that means itself in an attribute and in content."""
    return "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)


@st.composite
def elements(draw: Any, depth: int = 0) -> str:
    """Return an element of random names, whose prefixes are declared on the document element."""
    prefix = draw(PREFIXES)
    name = f"{prefix}:{draw(NAMES)}" if prefix else draw(NAMES)
    declared = draw(st.dictionaries(PREFIXES, URIS, max_size=2))
    if depth == 0:
        declared = {"p": "urn:1", "q": "urn:2", **declared}
    attributes = draw(st.dictionaries(st.sampled_from(["x", "y", "p:x", "z"]), TEXTS, max_size=3))
    parts = [f' xmlns{":" if p else ""}{p}="{uri}"' for p, uri in declared.items()]
    parts += [f' {key}="{escaped(value)}"' for key, value in attributes.items()]
    inside: List[str] = []
    if depth < 3:
        inside = draw(st.lists(st.one_of(elements(depth + 1), TEXTS.map(escaped)), max_size=3))
    return f"<{name}{''.join(parts)}>{''.join(inside)}<!-- c --></{name}>"


def first_inner(tree: XmlElement) -> Tuple[XmlElement, List[int]]:
    """Return the innermost first element, and how many steps down it is."""
    steps: List[int] = []
    while tree.elements:
        tree = tree.elements[0]
        steps.append(0)
    return tree, steps


@settings(max_examples=300, deadline=None)
@given(elements())
def test_random_documents(text: str) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml, the oracle, is not installed")
    ours, theirs = parse_xml(text.encode()), etree.fromstring(text.encode())
    assert canonicalize(ours) == etree.tostring(theirs, method="c14n", with_comments=False)
    inner, steps = first_inner(ours)
    part = theirs
    for _ in steps:
        part = next(child for child in part if isinstance(child.tag, str))
    expected = etree.tostring(part, method="c14n", with_comments=False, with_tail=False)
    assert canonicalize(inner) == expected


def test_real_manifests() -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml, the oracle, is not installed")
    for path in samples(".swidtag"):
        raw = path.read_bytes()
        ours, theirs = parse_xml(raw), etree.fromstring(raw)
        assert canonicalize(ours) == etree.tostring(theirs, method="c14n", with_comments=False)
        info = etree.tostring(theirs[-1][0], method="c14n", with_comments=False)
        assert canonicalize(ours.elements[-1].elements[0]) == info
