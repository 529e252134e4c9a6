"""What the failing tests of the four implementations mean: one row for each finding.

A row names the tests that show it.  `op:REQ` are the vectors of an operation whose first
requirement this is; `op:~TEXT` those of its failures whose detail contains a text; anything else is
an id, in which `*` stands for any characters.  `NAME|` before it makes it one of that
implementation.  An id goes before a detail, and a detail before a requirement.  A test that is
inconclusive belongs to the finding of its control.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Tuple

__all__ = [
    "ALL",
    "AXLABS",
    "GUIDE",
    "IMPLEMENTATIONS",
    "JAVASCRIPT",
    "NPM",
    "PYTHON",
    "VENICE",
    "Finding",
    "Implementation",
]


class Implementation(NamedTuple):
    """One implementation that the suite is run on."""

    name: str
    """As it calls itself in hello."""
    file: str
    """Name of its files in this folder."""
    command: str
    """How its adapter is started."""
    about: str
    right: str
    """What it does as the specification says, in sentences."""


class Finding(NamedTuple):
    """One departure from the specification."""

    key: str
    title: str
    req: Tuple[str, ...]
    """The requirements that it misses, the chief one first."""
    of: Tuple[str, ...]
    """Names of the implementations that the row is about."""
    tests: Tuple[str, ...]
    happens: str
    gains: str


_FOLDER: Final = "python3 conformance/adapters/examples"

PYTHON: Final = "guide-python"
JAVASCRIPT: Final = "guide-javascript"
AXLABS: Final = "@axlabs/venice-e2ee"
VENICE: Final = "venice-e2ee"

GUIDE: Final = (PYTHON, JAVASCRIPT)
NPM: Final = (AXLABS, VENICE)
ALL: Final = (*GUIDE, *NPM)

IMPLEMENTATIONS: Final = (
    Implementation(
        PYTHON,
        "guide-python",
        f"{_FOLDER}/guide_python.py",
        "The Python sample of the vendor's guide to TEE and E2EE models.",
        "It seals and opens envelopes as the reference does, draws a fresh"
        " ephemeral key and nonce for each message, refuses points that are not on the curve and"
        " tags that do not match in its single-step functions, refuses texts that are not UTF-8,"
        " asks for evidence with a fresh nonce of 32 bytes, and takes `verified` and `nonce` of"
        " the answer for what they have to be.",
    ),
    Implementation(
        JAVASCRIPT,
        "guide-javascript",
        f"{_FOLDER}/guide_javascript.py",
        "The JavaScript sample of the vendor's guide to TEE and E2EE models.",
        "It seals and opens envelopes as the reference does, draws a fresh"
        " ephemeral key and nonce for each message, refuses tags that do not match in its"
        " single-step functions, asks for evidence with a fresh nonce of 32 bytes, and takes"
        " `verified` and `nonce` of the answer for what they have to be.",
    ),
    Implementation(
        AXLABS,
        "axlabs-venice-e2ee",
        f"{_FOLDER}/npm.py @axlabs/venice-e2ee",
        "The npm package @axlabs/venice-e2ee 0.2.0, used as in its README; where a test asks for"
        " the assurance `dcap`, with its own `dcap` entry and @phala/dcap-qvl 0.3.9.",
        "It encrypts the content of every role, sends the three headers and enable_e2ee, compares"
        " address and nonce with REPORTDATA by itself, refuses a TD in debug mode, refuses what a"
        " server says of itself where it contradicts its own result, refuses points that are not on"
        " the curve and pieces whose tag does not match, ignores what follows the end mark, and"
        " with its `dcap` entry refuses forged quotes and platforms that are out of date.",
    ),
    Implementation(
        VENICE,
        "venice-e2ee",
        f"{_FOLDER}/npm.py venice-e2ee",
        "The npm package venice-e2ee 0.5.3, used as in its README; where a test asks for the"
        " assurance `dcap`, with its own `dcap` entry and @phala/dcap-qvl 0.3.9.",
        "It does what @axlabs/venice-e2ee does, and refuses plaintext content by default, compares"
        " the model of the answer and its nonce, refuses an answer whose `verified` is false, reads"
        " quotes in base64, and accepts the states of a platform that it knows and no others.",
    ),
)
