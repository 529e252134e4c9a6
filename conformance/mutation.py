"""The exact difference between two inputs, found, written down, and applied again.

    {"kind": "text", "at": "/envelope", "range": [148, 149], "from": "c", "to": "d"}
        the characters from..to of the string at this JSON pointer were replaced
    {"kind": "value", "at": "/model", "from": 1, "to": true}     a value was replaced
    {"kind": "add", "at": "/options/n", "to": 2}                  a member was added
    {"kind": "remove", "at": "/nonce", "from": "..."}             a member was removed
    {"kind": "rebuilt", "at": "quote.body.td_attributes", "from": "00..", "to": "01.."}
        this was changed, and everything that is signed or derived over it was made anew

`from` and `to` of a text are left out where they are longer than 256 characters: the range says
which they are.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

__all__ = ["Rebuilt", "apply_mutation", "find_mutation"]

LONGEST = 256
"""Characters of a text that a mutation repeats."""


class Rebuilt(NamedTuple):
    """What was changed before an input was signed or derived anew."""

    at: str
    """Name of the part, such as `quote.body.td_attributes`."""
    before: Any
    """JSON value of the part in the parent."""
    after: Any
    """JSON value of the part in this test."""


def find_mutation(
    parent: Mapping[str, Any], child: Mapping[str, Any], change: Optional[Rebuilt] = None
) -> Dict[str, Any]:
    """Return the mutation that makes `child` of `parent`.

    Raises:
        ValueError: the two are equal, or differ in more than one place and no change is named.
    """
    edits = list(_differences(parent, child, ""))
    if not edits:
        raise ValueError("the input does not differ from that of its parent")
    if change is not None:
        return {"kind": "rebuilt", "at": change.at, "from": change.before, "to": change.after}
    if len(edits) > 1:
        places = ", ".join(str(edit["at"]) for edit in edits)
        raise ValueError(f"the input differs from that of its parent in {places}")
    return edits[0]


def apply_mutation(parent: Mapping[str, Any], mutation: Mapping[str, Any]) -> Optional[Any]:
    """Return the input that a mutation makes of the parent's, or None where it cannot be made.

    It cannot where the input was rebuilt, or where the text is too long to be repeated.

    Raises:
        ValueError: the mutation does not fit the parent.
    """
    kind = mutation["kind"]
    if kind == "rebuilt" or (kind == "text" and "to" not in mutation):
        return None
    names = [_unescape(name) for name in str(mutation["at"]).split("/")[1:]]
    return _edited(parent, names, mutation)


def _differences(one: Any, other: Any, at: str) -> Iterator[Dict[str, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            here = f"{at}/{_escape(name)}"
            if name not in other:
                yield {"kind": "remove", "at": here, "from": one[name]}
            elif name not in one:
                yield {"kind": "add", "at": here, "to": other[name]}
            else:
                yield from _differences(one[name], other[name], here)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, yours) in enumerate(zip(one, other)):
            yield from _differences(mine, yours, f"{at}/{number}")
    elif isinstance(one, str) and isinstance(other, str):
        if one != other:
            yield _text_edit(one, other, at)
    elif type(one) is not type(other) or one != other:
        yield {"kind": "value", "at": at, "from": one, "to": other}


def _text_edit(one: str, other: str, at: str) -> Dict[str, Any]:
    shortest = min(len(one), len(other))
    start = next((n for n in range(shortest) if one[n] != other[n]), shortest)
    tail = 0
    while tail < shortest - start and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    end = len(one) - tail
    edit: Dict[str, Any] = {"kind": "text", "at": at, "range": [start, end]}
    before, after = one[start:end], other[start : len(other) - tail]
    if len(before) <= LONGEST:
        edit["from"] = before
    if len(after) <= LONGEST:
        edit["to"] = after
    return edit


def _edited(value: Any, names: List[str], mutation: Mapping[str, Any]) -> Any:
    if names:
        name: Any = int(names[0]) if isinstance(value, list) else names[0]
        copy = list(value) if isinstance(value, list) else dict(value)
        if len(names) == 1 and mutation["kind"] == "remove":
            if copy.pop(name) != mutation["from"]:
                raise ValueError("the mutation removes something else")
        elif len(names) == 1 and mutation["kind"] == "add":
            if name in copy:
                raise ValueError("the mutation adds what is there")
            copy[name] = mutation["to"]
        else:
            copy[name] = _edited(copy[name], names[1:], mutation)
        return copy
    if mutation["kind"] == "text":
        start, end = mutation["range"]
        if "from" in mutation and value[start:end] != mutation["from"]:
            raise ValueError("the mutation replaces another text")
        return value[:start] + mutation["to"] + value[end:]
    if value != mutation["from"]:
        raise ValueError("the mutation replaces another value")
    return mutation["to"]


def _escape(name: str) -> str:
    """RFC 6901, section 3."""
    return name.replace("~", "~0").replace("/", "~1")


def _unescape(name: str) -> str:
    return name.replace("~1", "/").replace("~0", "~")


def changed_places(parent: Mapping[str, Any], child: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return the JSON pointers at which two inputs differ."""
    return tuple(str(edit["at"]) for edit in _differences(parent, child, ""))
