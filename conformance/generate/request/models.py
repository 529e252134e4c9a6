"""Vectors of `model.check`: whether the service says that a model takes encrypted requests."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Mapping, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag

NAME: Final = "e2ee-mock"
CAPABILITY: Final = "NotTheBooleanTrue"
ABSENT: Final = "NotInTheList"
NO_LIST: Final = "NoList"

FLAGS: Final[Mapping[str, Flag]] = {
    CAPABILITY: Flag(
        "DOWNGRADE",
        "The list does not say, by the boolean true, that the model takes encrypted requests.",
        "The service ignores the headers and answers in plaintext, or there is no key to use.",
        "Compare with true; neither truthiness nor the text of a value is a capability.",
    ),
    ABSENT: Flag(
        "DOWNGRADE",
        "The model is not in the list under exactly this id.",
        "The capability of another model is taken for that of this one.",
        "Compare ids character by character; a model that is not listed has no capability.",
    ),
    NO_LIST: Flag(
        "MALFORMED",
        "The answer is not the list of models.",
        "A lenient reader makes a list of it in which an intermediary has the last word.",
        "Parse strictly: one JSON object, no member twice, `data` an array of objects with ids.",
        ("RFC 8259, section 4",),
    ),
}


def _row(name: str = NAME, **capabilities: Any) -> Dict[str, Any]:
    return {"id": name, "type": "text", "model_spec": {"capabilities": capabilities}}


def _list(*rows: Any) -> str:
    return json.dumps({"object": "list", "data": list(rows)}, separators=(",", ":"))


ABLE: Final = _row(supportsE2EE=True)
RULES: Final = ("REQ-8", "REQ-17")


_ABLE: Final = _list(ABLE)

_CAPABILITIES: Final[Tuple[Tuple[str, str, str], ...]] = (
    ("false", _list(_row(supportsE2EE=False)), "That the member is there is enough."),
    (
        "text-true",
        _list(_row(supportsE2EE="true")),
        "A text that is not empty counts as true.",
    ),
    ("number-1", _list(_row(supportsE2EE=1)), "1 counts as true."),
    (
        "null",
        _list(_row(supportsE2EE=None)),
        "Null counts as unknown, and unknown as able.",
    ),
    (
        "array",
        _list(_row(supportsE2EE=[])),
        "An empty array counts as true, as in JavaScript.",
    ),
    (
        "absent",
        _list(_row()),
        "An absent capability counts as unknown, and unknown as able.",
    ),
    (
        "other-case",
        _list(_row(supportsE2ee=True)),
        "Names are compared without their case.",
    ),
    (
        "attestation-only",
        _list(_row(supportsTeeAttestation=True)),
        ("A model that runs in an enclave is taken for one that takes encrypted requests."),
    ),
    (
        "no-capabilities",
        _list({"id": NAME, "model_spec": {}}),
        ("What is absent breaks the client, or counts as able."),
    ),
    (
        "capabilities-a-list",
        _list({"id": NAME, "model_spec": {"capabilities": ["supportsE2EE"]}}),
        "The name is looked for in whatever is there.",
    ),
    (
        "no-model-spec",
        _list({"id": NAME, "supportsE2EE": True}),
        ("The capability is taken from wherever it stands."),
    ),
    (
        "twice-able-and-not",
        _list(ABLE, _row(supportsE2EE=False)),
        ("The first entry of an id decides."),
    ),
    (
        "twice-not-and-able",
        _list(_row(supportsE2EE=False), ABLE),
        ("The last entry of an id decides."),
    ),
)

_ABSENT_IDS: Final[Tuple[Tuple[str, str, str], ...]] = (
    ("empty-list", _list(), "An empty list says nothing, and nothing stops the request."),
    (
        "id-in-other-case",
        _list(_row("E2EE-mock", supportsE2EE=True)),
        ("Ids are compared without their case."),
    ),
    (
        "id-longer",
        _list(_row("e2ee-mock-p", supportsE2EE=True)),
        ("The beginning of an id is compared."),
    ),
    ("id-with-space", _list(_row("e2ee-mock ", supportsE2EE=True)), "Ids are trimmed."),
)

_NO_LISTS: Final[Tuple[Tuple[str, str, str], ...]] = (
    ("empty", "", "An empty answer is an empty list, or breaks the client."),
    ("html", "<html>Bad gateway</html>", "A page of an intermediary breaks the client."),
    (
        "error-object",
        '{"error":"Rate limit exceeded."}',
        ("An error with the status 200 is a list without models."),
    ),
    ("bare-array", f"[{json.dumps(ABLE)}]", "A list without its object is read as well."),
    (
        "data-object",
        json.dumps({"data": {NAME: ABLE}}),
        "An object is searched like an array.",
    ),
    ("data-null", '{"data":null}', "Null is an empty list, or breaks the client."),
    ("entry-text", _list(NAME, ABLE), "An entry that is a text is skipped, or is an id."),
    (
        "entry-without-id",
        _list({"model_spec": {}}, ABLE),
        "An entry without an id is skipped.",
    ),
    ("id-number", _list({"id": 7}, ABLE), "An id that is no text is made one."),
    ("id-empty", _list({"id": ""}, ABLE), "An empty id is an id."),
    (
        "model-spec-text",
        _list(ABLE, {"id": "b", "model_spec": "x"}),
        ("A member of another type breaks the client."),
    ),
    (
        "capability-twice",
        _ABLE.replace('"supportsE2EE":true', '"supportsE2EE":false,"supportsE2EE":true'),
        "Of a member that stands twice the last one counts.",
    ),
    (
        "data-twice",
        _ABLE.replace('"data":', '"data":[],"data":'),
        ("Of a member that stands twice the last one counts, also at the top."),
    ),
    (
        "trailing-comma",
        _ABLE.replace("}]}", "},]}"),
        "The JSON of configuration files is read.",
    ),
    ("two-texts", _ABLE + _ABLE, "What follows the first JSON text is not looked at."),
    (
        "not-a-number",
        _ABLE.replace('"object":"list"', '"object":NaN'),
        "NaN is read as a number.",
    ),
    ("cut", _ABLE[:-1], "A cut answer is completed."),
    (
        "escaped-half-surrogate",
        _ABLE.replace('"list"', '"\\ud800"'),
        ("Half a surrogate pair comes in by its escape."),
    ),
    (
        "byte-order-mark",
        "\ufeff" + _ABLE,
        "A byte order mark is skipped, which JSON has none of.",
    ),
)


def generate(builder: FileBuilder) -> None:
    """Fill `request/models`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    builder.group({"model": NAME})
    accepted: Tuple[Tuple[str, str, str], ...] = (
        ("able", _list(ABLE), "The ordinary entry."),
        (
            "among-others",
            _list(_row("a"), _row("e2ee-mock-2", supportsE2EE=False), ABLE, _row("b")),
            "The first or the last entry is looked at, or all have to be able.",
        ),
        (
            "unknown-members",
            _list(
                {
                    **ABLE,
                    "created": 1,
                    "owned_by": None,
                    "model_spec": {
                        **ABLE["model_spec"],
                        "traits": [],
                        "pricing": {"input": {"usd": 0.5}},
                    },
                }
            ),
            "A list with members that are not known is refused.",
        ),
        (
            "twice-and-able",
            _list(ABLE, ABLE),
            "An id that stands twice is refused without a reason.",
        ),
        ("white-space", " \n" + _list(ABLE) + "\r\n", "White space around the JSON is refused."),
        (
            "without-attestation",
            _list(_row(supportsE2EE=True, supportsTeeAttestation=False)),
            "Another capability is asked for as well; the evidence itself decides about that.",
        ),
    )
    for slug, models, why in accepted:
        builder.accept(slug, why, req=RULES, given={"models": models}, out={"supported": True})
    _reject(builder, "REQ-8", CAPABILITY, _CAPABILITIES)
    _reject(builder, "REQ-8", ABSENT, _ABSENT_IDS)
    _reject(builder, "REQ-17", NO_LIST, _NO_LISTS)


def _reject(
    builder: FileBuilder, breaks: str, flag: str, rows: Sequence[Tuple[str, str, str]]
) -> None:
    for slug, models, why in rows:
        builder.reject(
            slug,
            why,
            parent="able",
            breaks=breaks,
            given={"models": models},
            flags=(flag,),
            critical=flag == CAPABILITY,
        )
