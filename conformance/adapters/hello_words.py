"""The words of a hello that mean something, and those that look like them and mean nothing.

A feature that is misspelt leaves tests out without a word.  What resembles a word of the protocol
is taken for a slip of the pen; what resembles none may be of a later edition, and is remarked upon.
"""

from __future__ import annotations

from typing import AbstractSet, Any, Final, FrozenSet, Iterator, Mapping, NamedTuple, Tuple

from conformance.operations import CHAT, FEATURES, OPTIONAL_INPUT, OPTIONAL_OUTPUT

__all__ = ["fault_in_words", "unknown_words"]

_MEMBERS: Final = frozenset({
    "protocol", "implementation", "operations", "features", "inject", "reasons", "limits",
})  # fmt: skip
_INJECT: Final = frozenset({"rng", "clock", "base_url", "trust_anchors"})
_NONE: Final[FrozenSet[str]] = frozenset()
_RESEMBLES: Final = 0.7
"""Part of the letters that two words share, by which one is taken for the other."""
_SHOWN: Final = 60


class _Word(NamedTuple):
    """One word of a hello, and those that may stand in its place."""

    place: str
    text: str
    known: AbstractSet[str]


def fault_in_words(hello: Mapping[str, Any]) -> str:
    """Return what is wrong with the words of a hello, with what was meant; or nothing."""
    for name, options in _operations(hello):
        for member in ("without", "omits", "features"):
            if not _is_texts(options.get(member, [])):
                return f'"{member}" of {name} in hello is not an array of texts'
    for word in _words(hello):
        if word.text not in word.known:
            meant = _meant(word)
            if meant:
                return f'{word.place} of hello has "{word.text[:_SHOWN]}"; it is spelt "{meant}"'
    return ""


def unknown_words(hello: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return a remark on each word of a hello that nothing is known of, and that has no effect.

    Members beside those of the protocol are left alone: an adapter may say more of itself.
    """
    unknown = [word for word in _words(hello) if word.known and word.text not in word.known]
    return tuple(
        f'{word.place} of hello has "{word.text[:_SHOWN]}", which has no effect; known there:'
        f" {', '.join(sorted(word.known))}"
        for word in unknown
        if word.place != "the object"
    )


def _words(hello: Mapping[str, Any]) -> Iterator[_Word]:
    for name in hello:
        yield _Word("the object", str(name), _MEMBERS)
    features = hello.get("features", [])
    for text in features if _is_texts(features) else ():
        yield _Word('"features"', text, FEATURES)
    inject = hello.get("inject", {})
    for text in inject if isinstance(inject, dict) else ():
        yield _Word('"inject"', text, _INJECT)
    for name, options in _operations(hello):
        yield from _words_of(name, options)


def _words_of(operation: str, options: Mapping[str, Any]) -> Iterator[_Word]:
    known = {
        "without": OPTIONAL_INPUT.get(operation, _NONE),
        "omits": OPTIONAL_OUTPUT.get(operation, _NONE),
    }
    if operation == CHAT:
        known["features"] = FEATURES
    for member, value in options.items():
        yield _Word(f'"operations", {operation},', str(member), known.keys())
        for text in value if member in known and _is_texts(value) else ():
            yield _Word(f'"{member}" of {operation}', text, known[member])


def _operations(hello: Mapping[str, Any]) -> Iterator[Tuple[str, Mapping[str, Any]]]:
    operations = hello.get("operations")
    for name, options in operations.items() if isinstance(operations, dict) else ():
        if isinstance(options, dict):
            yield str(name), options


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _meant(word: _Word) -> str:
    """Return the known word that one resembles, if any."""
    import difflib  # noqa: PLC0415  # only where a word is unknown

    found = difflib.get_close_matches(word.text.lower(), sorted(word.known), 1, _RESEMBLES)
    return found[0] if found else ""
