"""The test vectors, read from `vectors/`; the form is described in `vectors/FORMAT.md`.

A file holds the tests of one operation, in groups that share parameters.  A test is an input, what
is expected of it, and why it exists.  What an implementation is given is the parameters of the
group and the members of `in` over them: `Vector.given`.  Nothing else of a test is shown to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Final, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from conformance.requirements import SuiteError
from conformance.resources import ROOT, read_files

__all__ = [
    "BUGS",
    "SCHEMA",
    "Expectation",
    "NoVectorsError",
    "Vector",
    "VectorFile",
    "file_paths",
    "find_folder",
    "load_file",
    "load_files",
    "parse_file",
]

SCHEMA: Final = "venice-vectors-1"
"""The form of a file."""

BUGS: Final = (
    "AUTH_BYPASS",  # something unauthenticated is taken for authentic
    "CONFIDENTIALITY",  # plaintext or a key reaches somebody who must not have it
    "DOWNGRADE",  # a weaker protection is taken without a word
    "FRESHNESS",  # something old is taken for new
    "TRUNCATION",  # something incomplete is called complete
    "EDGE_CASE",  # a rare valid input is refused or misread
    "MALFORMED",  # an invalid encoding is taken for a valid one
    "INTEROP",  # two honest implementations do not understand each other
    "RESOURCE",  # a peer decides how much memory or time is used
    "FUNCTIONALITY",  # the ordinary case does not work
)
"""The closed set of bug classes."""


class NoVectorsError(SuiteError):
    """There are no files of vectors: a package that was installed carries none."""


class Expectation(NamedTuple):
    """What an implementation has to answer."""

    verdict: str
    """`accept` or `reject`."""
    out: Mapping[str, Any]
    """What an accepted input gives; every member has to be equal."""
    stage: str
    """Where a rejected input fails: one of `conformance.requirements.STAGES`."""
    reasons: Tuple[str, ...]
    """Codes of refusal, any one of which is right."""
    released: Optional[Any]
    """What was shown before a stream failed; absent elsewhere."""


class Vector(NamedTuple):
    """One test."""

    id: str
    """`operation/slug`; never renamed and never used again."""
    op: str
    why: str
    """Which mistake it finds."""
    req: Tuple[str, ...]
    """Ids of the requirements that it tests."""
    given: Mapping[str, Any]
    """The input: parameters of the group, with the members of the test over them."""
    expect: Expectation
    mid: Mapping[str, Any]
    """Intermediate values, for people who look for their mistake."""
    flags: Tuple[str, ...]
    """Names of bug classes that the file describes."""
    parent: str
    """Id of the accepted test that a rejected one differs from by one mutation."""
    mutation: Mapping[str, Any]
    importance: str
    """`critical` where a failure costs secrecy or authenticity, else `normal`."""
    features: Tuple[str, ...]
    """Optional features that it needs."""


class VectorFile(NamedTuple):
    """One file."""

    name: str
    """Path below `vectors/` without the ending, such as `envelope/open`."""
    op: str
    about: str
    flags: Mapping[str, Mapping[str, Any]]
    vectors: Tuple[Vector, ...]
    document: Mapping[str, Any]
    """The whole JSON value."""


def find_folder() -> Path:
    """Return the folder `vectors/`, which stands beside this package; in an archive it is none."""
    return ROOT / "vectors"


def load_files(folder: Optional[Path] = None) -> Tuple[VectorFile, ...]:
    """Return every file of vectors, in the order of their names.

    Without a folder they are those that belong to this package, also from inside an archive.

    Raises:
        NoVectorsError: there is no file.
        SuiteError: one is not of the form.
    """
    if folder is None:
        files = tuple(_load(name, content) for name, content in _carried())
    else:
        files = tuple(load_file(path, folder) for path in file_paths(folder))
    if not files:
        raise NoVectorsError(
            f"there are no vectors in {folder or find_folder()}; an installed package carries none:"
            " run this in a copy of the repository, or the file venice-conformance.pyz"
        )
    return files


def _carried() -> Iterator[Tuple[str, bytes]]:
    """Yield name without ending, and content, of the files that belong to this package."""
    for name, content in read_files("vectors", ".json").items():
        folder, _, rest = name.partition("/")
        if rest and "/" not in rest and folder != "schema":
            yield name[: -len(".json")], content


def file_paths(root: Path) -> Tuple[Path, ...]:
    """Return the paths of the files of vectors below a folder; `schema/` holds none."""
    return tuple(path for path in sorted(root.glob("*/*.json")) if path.parent.name != "schema")


def load_file(path: Path, root: Path) -> VectorFile:
    """Return one file of vectors.

    Raises:
        SuiteError: it is not JSON, or not of the form.
    """
    return _load(path.relative_to(root).with_suffix("").as_posix(), path.read_bytes())


def _load(name: str, content: bytes) -> VectorFile:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise SuiteError(f"vectors/{name}.json is not JSON: {error}") from None
    return parse_file(document, name)


def parse_file(document: Any, name: str) -> VectorFile:
    """Return the file that a JSON value describes.

    Raises:
        SuiteError: another schema, or a member is missing or of another type.
    """
    if not isinstance(document, dict) or (SCHEMA, name) != (
        document.get("schema"),
        document.get("file"),
    ):
        raise SuiteError(f"vectors/{name}.json is not {name} of the schema {SCHEMA}")
    try:
        return VectorFile(
            name=name,
            op=document["op"],
            about=document["about"],
            flags=document["flags"],
            vectors=tuple(_vectors(document)),
            document=document,
        )
    except KeyError as error:
        raise SuiteError(f"vectors/{name}.json has no member {error}") from None
    except (AttributeError, TypeError) as error:
        raise SuiteError(f"vectors/{name}.json is not of the form: {error}") from None


def _vectors(document: Mapping[str, Any]) -> Iterator[Vector]:
    for group in document["groups"]:
        for test in group["tests"]:
            expect: Dict[str, Any] = test["expect"]
            reasons: List[str] = expect.get("reason", [])
            yield Vector(
                id=test["id"],
                op=document["op"],
                why=test["why"],
                req=tuple(test["req"]),
                given={**group["params"], **test["in"]},
                expect=Expectation(
                    verdict=expect["verdict"],
                    out=expect.get("out", {}),
                    stage=expect.get("stage", ""),
                    reasons=tuple(reasons),
                    released=expect.get("released"),
                ),
                mid=test.get("mid", {}),
                flags=tuple(test.get("flags", ())),
                parent=test.get("parent", ""),
                mutation=test.get("mutation", {}),
                importance=test.get("importance", "normal"),
                features=tuple(test.get("features", ())),
            )
