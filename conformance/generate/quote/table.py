"""Vectors of scenes by tables: which value is changed, and what comes of it.

    Table(builder, Scene(builder.random("scene")))
        .accept("tdx", "...", req=["QUO-12"])
        .reject("qe-signature", "...", "QUO-12", [("signers.qe_report", "other")], flag)

A path leads through attributes, members and indices of a scene.  What is changed there is what the
mutation of the vector says; the rest of the scene is built and signed over it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.quote.kit import Scene, rfc3339

__all__ = ["Edits", "Table", "edited"]

Edits = Sequence[Tuple[str, Any]]
"""(path, new value) pairs; a value `...` removes a member."""


class Table:
    """One file of vectors of scenes, whose base is the group's parameters."""

    def __init__(
        self,
        builder: FileBuilder,
        scene: Scene,
        *,
        quote: bool = True,
        settings: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.builder = builder
        self.scene = scene
        self._quote = quote
        self.base = {**scene.inputs(quote=quote), **(settings or {})}
        builder.group(self.base)
        self._accepted: Dict[str, Dict[str, Any]] = {}
        self.parent = ""
        """The accepted vector that rejected ones are derived from unless they name another."""

    def accept(
        self,
        slug: str,
        why: str,
        *,
        req: Sequence[str],
        edits: Edits = (),
        given: Optional[Mapping[str, Any]] = None,
        out: Optional[Mapping[str, Any]] = None,
        mid: Optional[Mapping[str, Any]] = None,
        flags: Sequence[str] = (),
        critical: bool = False,
    ) -> str:
        """Add an accepted vector; `out` changes the usual output."""
        scene = edited(self.scene, edits)
        inputs = {**self.base, **scene.inputs(quote=self._quote), **(given or {})}
        own = {name: value for name, value in inputs.items() if self.base.get(name) != value}
        self.builder.accept(
            slug, why, req=req, given=own, out={**self.usual(scene), **(out or {})}, mid=mid,
            flags=flags, critical=critical,
        )  # fmt: skip
        self._accepted[slug] = inputs
        self.parent = self.parent or slug
        return slug

    def reject(
        self,
        slug: str,
        why: str,
        breaks: str,
        edits: Edits = (),
        *flags: str,
        parent: str = "",
        given: Optional[Mapping[str, Any]] = None,
        also: Sequence[str] = (),
        or_breaks: Sequence[str] = (),
        base: Edits = (),
        change: Optional[Rebuilt] = None,
        critical: bool = False,
    ) -> str:
        """Add a rejected vector: `edits` over those of its parent, `base`, or other inputs."""
        parent = parent or self.parent
        before = self._accepted[parent]
        changes: Dict[str, Any] = dict(given or {})
        if edits:
            scene = edited(self.scene, [*base, *edits])
            made = scene.inputs(quote=self._quote)
            old = edited(self.scene, base)
            path = edits[0][0]
            changes = {
                **{name: value for name, value in made.items() if before.get(name) != value
                   and name != "now"},
                **changes,
            }  # fmt: skip
            change = change or Rebuilt(path, _shown(_value(old, path)), _shown(edits[0][1]))
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, given=changes, flags=flags, also=also,
            or_breaks=or_breaks, change=change, critical=critical,
        )  # fmt: skip
        return slug

    def usual(self, scene: Scene) -> Dict[str, Any]:
        """Return the output of `quote.verify` for the platform at its best."""
        return {
            "tcb_status": "UpToDate",
            "advisory_ids": [],
            "tcb_date": "2026-01-14T00:00:00Z",
            "fmspc": scene.pck["fmspc"].hex(),
            "ppid": scene.pck["ppid"].hex(),
        }


def edited(scene: Scene, edits: Edits) -> Scene:
    """Return a copy of a scene with other values at some paths."""
    if not edits:
        return scene
    scene = scene.copy()
    for path, value in edits:
        _set(scene, path.split("."), value)
    return scene


def _set(node: Any, names: List[str], value: Any) -> None:
    for name in names[:-1]:
        node = _step(node, name)
    last = names[-1]
    if isinstance(node, list):
        node[int(last)] = value
    elif not isinstance(node, dict):
        setattr(node, last, value)
    elif value is ...:
        del node[last]
    else:
        node[last] = value


def _step(node: Any, name: str) -> Any:
    if isinstance(node, (list, tuple)):
        return node[int(name)]
    return node[name] if isinstance(node, dict) else getattr(node, name)


def _value(scene: Scene, path: str) -> Any:
    node: Any = scene
    for name in path.split("."):
        if isinstance(node, dict) and name not in node:
            return None
        node = _step(node, name)
    return node


_LONGEST = 96
"""Bytes that a mutation shows."""

_SHOW: Sequence[Tuple[type, Callable[[Any], Any]]] = (
    (bytes, bytes.hex),
    (datetime, rfc3339),
    (tuple, lambda value: [_shown(item) for item in value]),
    (list, lambda value: [_shown(item) for item in value]),
    (dict, lambda value: {str(name): _shown(item) for name, item in value.items()}),
)


def _shown(value: Any) -> Any:
    """Return a value as JSON has it; what was removed, or is not there, is null."""
    if value is ...:
        return None
    if isinstance(value, bytes) and len(value) > _LONGEST:
        return f"{len(value)} bytes"
    for kind, show in _SHOW:
        if isinstance(value, kind):
            return show(value)
    return value
