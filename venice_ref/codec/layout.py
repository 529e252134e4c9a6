"""Binary structures as printed tables, proof-read when they are imported.

A `Layout` is a list of fields with offset, size and name, as a standard prints it.  The offsets are
redundant on purpose: a gap, an overlap or a wrong total is an error at import.  One table serves to
parse (`split`), to build (`join`), to name the place in an error, and to be compared with the table
in the specification.

A `Reader` walks the parts of variable length.  `exactly(n)` bounds a nested part and refuses bytes
that nobody read, which is how every length in a quote is consumed to the byte.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Dict, Iterator, Mapping, NamedTuple, Tuple

from venice_ref.errors import MalformedError, UsageError

__all__ = ["Field", "Layout", "Reader"]


class Field(NamedTuple):
    """`size` bytes at `offset`, counted from the start of the structure."""

    offset: int
    size: int
    name: str


class Layout:
    """A structure of fixed size, checked for gaps, overlaps and its total when it is made."""

    __slots__ = ("fields", "name", "size")

    def __init__(self, name: str, size: int, fields: Tuple[Field, ...]) -> None:
        end = 0
        for field in fields:
            if field.offset != end or field.size <= 0:
                raise UsageError(f"layout {name}: {field.name} is at {field.offset}, not {end}")
            end += field.size
        if end != size:
            raise UsageError(f"layout {name}: the fields take {end} bytes, not {size}")
        if len({field.name for field in fields}) != len(fields):
            raise UsageError(f"layout {name}: a field name occurs twice")
        self.name = name
        self.size = size
        self.fields = fields

    def split(self, raw: bytes, *, rule: str = "") -> Dict[str, bytes]:
        """Return the fields of exactly `size` bytes, by name."""
        if len(raw) != self.size:
            raise MalformedError(
                f"{len(raw)} bytes, required {self.size}", rule=rule, where=self.name
            )
        return {field.name: raw[field.offset : field.offset + field.size] for field in self.fields}

    def join(self, values: Mapping[str, bytes]) -> bytes:
        """Return the bytes of a structure; the inverse of `split`."""
        if set(values) != {field.name for field in self.fields}:
            raise UsageError(f"layout {self.name}: the names do not match")
        for field in self.fields:
            if len(values[field.name]) != field.size:
                raise UsageError(
                    f"layout {self.name}: {field.name} has {len(values[field.name])} bytes,"
                    f" not {field.size}"
                )
        return b"".join(values[field.name] for field in self.fields)


class Reader:
    """A cursor over bytes that never reads past its bound."""

    __slots__ = ("_end", "_position", "_raw", "_rule", "_where")

    def __init__(self, raw: bytes, *, where: str = "", rule: str = "") -> None:
        self._raw = raw
        self._position = 0
        self._end = len(raw)
        self._where = where
        self._rule = rule

    @property
    def remaining(self) -> int:
        """Bytes left before the innermost bound."""
        return self._end - self._position

    @property
    def position(self) -> int:
        """Bytes read since the start."""
        return self._position

    def take(self, size: int, name: str) -> bytes:
        """Return the next `size` bytes; `name` is what they are."""
        if not 0 <= size <= self.remaining:
            raise MalformedError(
                f"{name} needs {size} bytes, {self.remaining} are left",
                rule=self._rule,
                where=self._where,
            )
        start = self._position
        self._position += size
        return self._raw[start : self._position]

    def integer_le(self, size: int, name: str) -> int:
        """Return the next `size` bytes as an unsigned little-endian integer."""
        return int.from_bytes(self.take(size, name), "little")

    def layout(self, layout: Layout) -> Dict[str, bytes]:
        """Return the fields of the next structure."""
        return layout.split(self.take(layout.size, layout.name), rule=self._rule)

    @contextmanager
    def exactly(self, size: int, name: str) -> Iterator[None]:
        """Bound the reads of a `with` block to `size` bytes, all of which must be read."""
        if not 0 <= size <= self.remaining:
            raise MalformedError(
                f"{name} claims {size} bytes, {self.remaining} are left",
                rule=self._rule,
                where=self._where,
            )
        outer, self._end = self._end, self._position + size
        yield
        if self.remaining:
            raise MalformedError(
                f"{name} has {self.remaining} bytes after its last field",
                rule=self._rule,
                where=self._where,
            )
        self._end = outer

    def rest(self) -> bytes:
        """Return all bytes up to the innermost bound."""
        return self.take(self.remaining, "the rest")

    def finish(self) -> None:
        """Refuse bytes that nobody read."""
        if self.remaining:
            raise MalformedError(
                f"{self.remaining} bytes after the end", rule=self._rule, where=self._where
            )
