"""What a kind of failure means and how it is mended, whatever the test is that found it.

A test knows what an attacker gains where it fails in the way that it looks for.  It can fail in
another way, and then its own words would be about something that did not happen.
"""

from __future__ import annotations

from typing import Final, Mapping, Tuple

__all__ = ["BY_REQUIREMENT", "BY_SUBTYPE"]

BY_SUBTYPE: Final[Mapping[str, Tuple[str, str]]] = {
    "leak": (
        (
            "Whoever reads the place that was found has the secret: the service in between, its"
            " logs, or whoever collects what the client prints."
        ),
        (
            "Find where the secret leaves the client: encrypt every message, put the API key into"
            " the header Authorization only, and print nothing but the answer."
        ),
    ),
    "released_early": (
        "Somebody acts on text that nobody has vouched for, or misses text that was in order.",
        "Show exactly what was verified and opened before the failure, and nothing after it.",
    ),
    "incomplete": (
        "A part is taken for the whole: whoever cuts the connection decides what is left out.",
        "Claim success only where the data [DONE] came without an error before it.",
    ),
    "wrong_requests": (
        (
            "The service, or somebody else, is sent what it must not get, or is asked more often"
            " than it may be."
        ),
        "Compare the requests that are attached with what was found to be wrong with them.",
    ),
}
"""Subtype of a failure -> impact and hint."""

BY_REQUIREMENT: Final[Mapping[str, Tuple[str, str]]] = {
    "ENV-7": (
        (
            "Under a key and a nonce that come again, whoever sees two ciphertexts learns how their"
            " texts differ and can forge others; an ephemeral key that is constant betrays every"
            " message once it is known."
        ),
        (
            "Draw the ephemeral key and the nonce from the random source of the system for each"
            " envelope: no constant, no seed, no key that is kept."
        ),
    ),
    "MSG-1": (
        "Everybody between the client and the enclave reads the message.",
        "Encrypt the content of every message, and send nothing that is not encrypted.",
    ),
}
"""Requirement that a finding names -> impact and hint."""
