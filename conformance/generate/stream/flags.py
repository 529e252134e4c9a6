"""The classes of mistakes that the files about streams look for."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import Flag

__all__ = [
    "BROKEN_ENVELOPE",
    "CUT_SHORT",
    "FOREIGN_FORM",
    "MIXED_ANSWERS",
    "NO_STREAM",
    "OPEN_MEMBER",
    "PASSED_THROUGH",
    "SERVER_ERRORS",
]

Named = Tuple[str, Flag]

_GUIDE: Final = "https://docs.venice.ai/guides/features/tee-e2ee-models"

CUT_SHORT: Final[Named] = (
    "CutShort",
    Flag(
        "TRUNCATION",
        "The stream ends without its end mark.",
        "Half an answer is taken for all of it: `do not` becomes `do`.",
        "Report the answer as incomplete unless an event with the data [DONE] was seen.",
        ("CWE-393",),
    ),
)

SERVER_ERRORS: Final[Named] = (
    "ErrorInStream",
    Flag(
        "TRUNCATION",
        "The server reports an error after the status 200, and then ends the stream properly.",
        "A client that reads `choices` only shows an empty or half answer as complete.",
        "Look at the member error and at the type of the event before anything else.",
        ("veniceai/skills, venice-errors", "veniceai/venice-mcp-server, pull request 42"),
    ),
)

FOREIGN_FORM: Final[Named] = (
    "ForeignForm",
    Flag(
        "MALFORMED",
        "The data of an event is not JSON, or not of the shape of a chunk.",
        "A client that skips it loses a piece of the answer, and an attacker chooses which.",
        "Refuse the answer; parse strictly, with members of one name refused.",
        ("RFC 8259, 4", "RFC 7493"),
    ),
)

MIXED_ANSWERS: Final[Named] = (
    "MixedAnswers",
    Flag(
        "AUTH_BYPASS",
        "A chunk is of another choice or of another answer.",
        "Two texts are mixed into one that nobody wrote.",
        "Take the first choice only, and keep to the id and the model of the first chunk.",
        (_GUIDE,),
    ),
)

NO_STREAM: Final[Named] = (
    "NoStream",
    Flag(
        "FUNCTIONALITY",
        "The media type of the answer is not that of an event stream.",
        "An error or a page of a proxy has no events and is shown as an empty answer.",
        "Compare the media type, without its parameters, before the body is read.",
        ("RFC 9110, 8.3.1", "WHATWG HTML, 9.2.5"),
    ),
)

PASSED_THROUGH: Final[Named] = (
    "PassedThrough",
    Flag(
        "AUTH_BYPASS",
        "A text of the answer is not encrypted.",
        "Whoever stands between client and enclave writes into the answer, and an operator who"
        " switches the encryption off is not noticed.",
        "Refuse every text that is not empty and does not open.",
        (_GUIDE, "veniceai/venice-cli, src/lib/e2ee.ts", "PyPI venice-py 2.9.0"),
    ),
)

OPEN_MEMBER: Final[Named] = (
    "OpenMember",
    Flag(
        "CONFIDENTIALITY",
        "A member that the servers leave unencrypted carries a part of the answer.",
        "It can be read and written on the way, and is acted upon as if the enclave had said it.",
        "Refuse the seven members where they are not empty.",
        ("nearai/inference-proxy, src/encryption.rs",),
    ),
)

BROKEN_ENVELOPE: Final[Named] = (
    "BrokenEnvelope",
    Flag(
        "AUTH_BYPASS",
        "A text looks like an envelope and does not open.",
        "A client that shows what it cannot open, or skips it, lets anyone change the answer.",
        "Refuse the answer at this place; nothing of the event and nothing after it is shown.",
        ("SP 800-38D, 7.2", "SEC 1, 3.2.2"),
    ),
)
