"""Reading a page of HTML as a browser would, without one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Dict, List, NamedTuple, Optional, Tuple

VOID = ("meta", "col", "input", "br")


class Element(NamedTuple):
    tag: str
    attributes: Dict[str, Optional[str]]
    path: Tuple[str, ...]


class Page(HTMLParser):
    """The elements, the texts and the ids of a page; it fails where elements are not nested."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: List[Element] = []
        self.texts: List[str] = []
        self._open: List[str] = []
        self.feed(source)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append(Element(tag, dict(attrs), tuple(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    def all(self, tag: str) -> List[Element]:
        return [element for element in self.elements if element.tag == tag]

    @property
    def ids(self) -> List[str]:
        return [element.attributes["id"] or "" for element in self.elements if "id" in
                element.attributes]  # fmt: skip

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))
