"""What can be wrong with a compose file, and with the document of MRCONFIGID."""

from __future__ import annotations

from typing import Any, Dict, Final, Tuple

from conformance.generate.builder import Flag
from conformance.generate.dstack.kit import Machine

__all__ = ["FLAGS", "DocumentCase", "document_cases"]

DocumentCase = Tuple[str, str, Dict[str, Any], str]
"""Slug, the mistake that it finds, the one member that is changed, and the flag."""

FLAGS: Final[Dict[str, Flag]] = {
    "OtherText": Flag(
        "AUTH_BYPASS",
        "The text of the compose file is not the measured one.",
        "A person is shown other containers than those that run.",
        "Hash the exact text that is shown, before it is parsed.",
    ),
    "HashesDiffer": Flag(
        "AUTH_BYPASS",
        "Event log and MRCONFIGID, or the document behind it, prove different compose files.",
        "The verifier picks the one that it likes.",
        "Compare all that are present; refuse where two differ.",
    ),
    "MrConfigId": Flag(
        "AUTH_BYPASS",
        "MRCONFIGID is of an unknown kind, or not the value of this application.",
        "What is not understood is not compared: the first byte switches the check off.",
        "Compute all 48 bytes for the known kinds; refuse every other value but zero.",
        ("https://github.com/Dstack-TEE/dstack (dstack-util, config_id_verifier.rs)",),
    ),
    "Document": Flag(
        "MALFORMED",
        "The document of MRCONFIGID is not of its form.",
        "It means something else to its writer than to its reader.",
        "Parse strictly; known members only, each of its form.",
        ("https://github.com/Dstack-TEE/dstack (dstack-types, mr_config.rs)",),
    ),
    "Contradiction": Flag(
        "AUTH_BYPASS",
        "The document of MRCONFIGID names another application than the event log.",
        "The pins that were set when the machine was made are passed over.",
        "Compare each member that both of them have.",
    ),
    "Unbound": Flag(
        "DOWNGRADE",
        "Nothing proves the compose file, or the input of the stronger proof is withheld.",
        "A text that nobody measured is called bound.",
        "Say that it is not bound; compute MRCONFIGID or refuse.",
    ),
    "TooLarge": Flag(
        "RESOURCE",
        "A document is one byte above its limit.",
        "A peer decides how much memory and time a verifier spends.",
        "Count bytes before the text is parsed.",
    ),
}


def document_cases(machine: Machine) -> Tuple[DocumentCase, ...]:
    """Return the documents of kind 3 with one member that is wrong; None leaves it out."""
    return (
        ("other-app", "app_id is not compared.", {"app_id": "00" * 20}, "Contradiction"),
        ("other-instance", "instance_id is not compared.", {"instance_id": "00" * 20},
         "Contradiction"),
        ("other-provider", "key_provider is not compared.", {"key_provider": "local"},
         "Contradiction"),
        ("other-provider-id", "key_provider_id is not compared.",
         {"key_provider_id": "00" * 32}, "Contradiction"),
        ("empty-provider-id", "An empty id counts as absent.", {"key_provider_id": ""},
         "Contradiction"),
        ("other-policy", "gpu_policy_hash is not compared.", {"gpu_policy_hash": "00" * 32},
         "Contradiction"),
        ("unknown-member", "Members that are not known are ignored.", {"debug": True},
         "Document"),
        ("version-2", "The version is not looked at.", {"version": 2}, "Document"),
        ("version-text", "The version is converted.", {"version": "3"}, "Document"),
        ("without-compose-hash", "An absent hash agrees with every file.",
         {"compose_hash": None}, "Document"),
        ("compose-hash-of-31-bytes", "The beginning of a hash is compared.",
         {"compose_hash": machine.compose_hash[:31].hex()}, "Document"),
        ("compose-hash-0x", "A prefix is removed.",
         {"compose_hash": "0x" + machine.compose_hash.hex()}, "Document"),
        ("without-provider", "An absent provider is taken for none.", {"key_provider": None},
         "Document"),
        ("provider-of-the-log", "The name of the log is taken in the document.",
         {"key_provider": "local-sgx"}, "Document"),
        ("app-id-of-19-bytes", "The beginning of an id is compared.",
         {"app_id": machine.app_id[:19].hex()}, "Document"),
        ("empty-instance-id", "An empty id counts as absent.", {"instance_id": ""}, "Document"),
        ("provider-id-odd", "The last digit of an odd number is dropped.",
         {"key_provider_id": machine.kms_id.hex() + "0"}, "Document"),
        ("app-id-number", "A number counts as absent.", {"app_id": 0}, "Document"),
    )  # fmt: skip
