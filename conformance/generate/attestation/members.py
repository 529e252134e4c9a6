"""The types and forms of the members of an answer."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Tuple

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import NONCE, Tests, build, edited, outcome
from conformance.generate.builder import FileBuilder, Rebuilt

_TYPE: Final = "MemberType"
_FORM: Final = "MemberForm"
_KEYSET: Final = "attestation.workload_keyset.e2ee_public_keys"
_EVENT: Final = {"imr": 0, "event_type": 4, "digest": "00" * 48, "event": "", "event_payload": ""}

_Row = Tuple[str, Any]

_OPTIONAL: Final = (
    "request_nonce", "nonce_source", "signing_algo", "signing_address", "quote", "event_log",
    "nvidia_payload", "info", "vm_config", "server_verification", "attestation",
    "compose_manager_attestation",
)  # fmt: skip
"""Members that may be absent."""

_WRONG: Final[Tuple[_Row, ...]] = (
    ("model", 1),
    ("nonce", 0),
    ("request_nonce", False),
    ("nonce_source", ["client"]),
    ("signing_key", ["04"]),
    ("signing_public_key", {}),
    ("signing_address", 0),
    ("signing_algo", True),
    ("intel_quote", {"quote": ""}),
    ("quote", 4),
    ("info", "{}"),
    ("info.app_id", 1),
    ("info.compose_hash", ["00"]),
    ("info.device_id", False),
    ("info.instance_id", 0),
    ("info.mr_aggregated", {}),
    ("info.os_image_hash", 1),
    ("info.key_provider_info", ["kms"]),
    ("info.vm_config", 1),
    ("info.tcb_info.mrtd", 1),
    ("info.tcb_info.rtmr0", []),
    ("info.tcb_info.app_compose", {"name": "sample"}),
    ("vm_config", [1]),
    ("server_verification", "valid"),
    ("server_verification.nonceBinding", True),
    ("compose_manager_attestation", []),
    ("compose_manager_attestation.actions", {}),
    ("compose_manager_attestation.quote", 1),
    ("attestation", "dstack"),
    ("attestation.report_data", 1),
    ("attestation.evidence", []),
    ("attestation.evidence.quote", {}),
    ("attestation.workload_keyset", []),
    (_KEYSET, {}),
)
"""Members, and a value of another type."""


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/members`."""
    tests = Tests(builder, now="2026-01-01T12:00:04Z")
    tests.flag(
        _TYPE,
        "MALFORMED",
        "a member is of another type",
        "a loosely typed client compares, "
        "prints or concatenates something that no check was written for",
        "check the type of every member that is read, at every level",
    )
    tests.flag(
        _FORM,
        "INTEROP",
        "a member that comes in several forms is in none of them",
        "one client reads a string that another one takes for absent",
        "take JSON out of a string as often as the form allows, and not oftener",
    )
    tests.flag(
        "TooManyEntries",
        "RESOURCE",
        "an array has more entries than any honest one",
        "each entry costs the client hashes or signatures",
        "count before working",
    )
    tests.accept(
        "members",
        "The parent of this file: an ordinary answer.",
        build(),
        "ATT-16",
        "ATT-11",
        "ATT-22",
        "ATT-23",
    )
    _unknown(tests)
    _types(tests)
    _logs(tests)
    _payloads(tests)
    _texts_or_objects(tests)
    _limits(tests)


def _unknown(tests: Tests) -> None:
    answer = build()
    more: Dict[str, Any] = {
        "ohttp_key_config": {"a": [1, None]}, "candidates_available": "six", "Verified": False,
        "signing_address2": 7, "": None,
    }  # fmt: skip
    tests.accept(
        "unknown-members",
        "Servers add members; what is not read is not judged.",
        {**answer, **more},
        "ATT-23",
    )
    shown: Dict[str, Any] = {
        "upstream_model": 7,
        "tee_provider": None,
        "tee_hardware": [],
        "model_name": {},
    }
    tests.accept(
        "shown-members",
        "Members that are only shown may be of any type.",
        {**answer, **shown},
        "ATT-23",
        "ATT-16",
    )
    inside = edited(edited(answer, "info.app_cert", 1), "attestation.freshness", [])
    tests.accept(
        "unknown-members-inside", "The same inside of objects that are read.", inside, "ATT-23"
    )
    nulls = dict.fromkeys(_OPTIONAL)
    tests.accept(
        "null-members",
        "null is as good as absent, whatever the type.",
        {**answer, **nulls},
        "ATT-16",
        "ATT-19",
    )


def _types(tests: Tests) -> None:
    for path, value in _WRONG:
        slug = "type-" + path.lower().replace("_", "-").replace(".", "-")
        tests.reject(
            slug,
            f"{path} is of another type.",
            "members",
            edited(build(), path, value),
            "ATT-16",
            _TYPE,
            change=Rebuilt(path, "of its type, or absent", value),
        )
    for slug, why, path, value in (
        ("type-imr-text", "The register of an event is an integer.", "imr", "3"),
        ("type-imr-fraction", "1.0 is no integer.", "imr", 1.0),
        ("type-imr-boolean", "true is no integer, though Python says so.", "imr", True),
        ("type-event-digest", "The digest of an event is a text.", "digest", 0),
        ("type-event-payload", "The payload of an event is a text.", "event_payload", {}),
    ):
        log = [{**_EVENT, path: value}]
        tests.reject(slug, why, "members", edited(build(), "event_log", log), "ATT-16", _TYPE)
    for slug, why, value in (
        ("type-evidence-list", "The list of reports is an array.", {"evidence_list": {}}),
        ("type-gpu-nonce", "The nonce of the GPU evidence is a text.", {"nonce": 0}),
        ("type-gpu-report", "A report is a text.", {"evidence_list": [{"evidence": 1}]}),
    ):
        changed = edited(build(), "nvidia_payload", value)
        tests.reject(slug, why, "members", changed, "ATT-16", _TYPE)


def _logs(tests: Tests) -> None:
    value: Any
    answer = build()
    log = json.dumps([_EVENT])
    for slug, why, value in (
        ("log-array", "The form of near-ai servers.", [_EVENT]),
        ("log-string", "The form of phala servers: JSON in a string.", log),
        ("log-empty-string", "dstack writes an empty string where the log is hidden.", ""),
        ("log-empty", "An array without entries.", []),
        ("log-null-string", "The text null in a string.", "null"),
    ):
        tests.accept(slug, why, edited(answer, "event_log", value), "ATT-11")
    for slug, why, value in (
        ("log-number", "A number is no log.", 7),
        ("log-object", "An object is no log.", {"events": []}),
        ("log-of-texts", "An entry that is no object.", ["event"]),
        ("log-string-of-string", "A log is wrapped once at most.", json.dumps(log)),
        ("log-string-cut-off", "The JSON in the string is not whole.", log[:-1]),
        (
            "log-string-duplicate",
            "What is in the string is strict JSON as well.",
            '[{"imr":0,"imr":3}]',
        ),
        ("log-string-object", "The string holds an object.", "{}"),
    ):
        tests.reject(slug, why, "members", edited(answer, "event_log", value), "ATT-11", _FORM)


def _payloads(tests: Tests) -> None:
    value: Any
    answer = build()
    payload = {"arch": "HOPPER", "nonce": NONCE.hex(), "evidence_list": [{}]}
    once = json.dumps(payload)
    one = outcome(gpu_count=1)
    for slug, why, value, out in (
        ("payload-object", "GPU evidence as an object.", payload, one),
        ("payload-string", "GPU evidence as a string, as NVIDIA's service takes it.", once, one),
        ("payload-string-of-string", "GPU evidence that was put into a string twice.",
         json.dumps(once), one),
        ("payload-empty-string", "A machine without GPUs.", "", outcome()),
        ("payload-empty-array", "A machine without GPUs, in another form.", [], outcome()),
        ("payload-empty-array-string", "The same in a string.", "[]", outcome()),
    ):  # fmt: skip
        tests.accept(slug, why, edited(answer, "nvidia_payload", value), "ATT-11", "GPU-1", out=out)
    for slug, why, value in (
        ("payload-three-strings", "GPU evidence is wrapped twice at most.",
         json.dumps(json.dumps(once))),
        ("payload-number", "A number is no evidence.", 1),
        ("payload-array", "An array with entries is no evidence.", [payload]),
        ("payload-garbage", "A string that holds no JSON.", "evidence"),
        ("payload-duplicate", "What is in the string is strict JSON as well.",
         '{"evidence_list":[],"evidence_list":[{}]}'),
    ):  # fmt: skip
        changed = edited(answer, "nvidia_payload", value)
        tests.reject(slug, why, "members", changed, "ATT-11", _FORM)


def _texts_or_objects(tests: Tests) -> None:
    value: Any
    answer = build()
    config = {"cpu_count": 8}
    for name in ("key-provider-info", "vm-config"):
        path = "info." + name.replace("-", "_")
        for form, value in (
            ("object", config),
            ("string", json.dumps(config)),
            ("text", "none"),
            ("empty", ""),
        ):
            tests.accept(
                f"{name}-{form}",
                f"{path} as {form}: an object, or a text of any kind.",
                edited(answer, path, value),
                "ATT-11",
            )
    members = answer["info"]["tcb_info"]
    for slug, why, value in (
        ("tcb-info-string", "TCB info in a string, as phala servers have it.", json.dumps(members)),
        ("tcb-info-empty", "dstack writes an empty string where TCB info is hidden.", ""),
    ):
        tests.accept(slug, why, edited(answer, "info.tcb_info", value), "ATT-11")
    for slug, why, value in (
        ("tcb-info-array", "An array is no TCB info.", [members]),
        ("tcb-info-garbage", "A string that holds no JSON.", "mrtd"),
        (
            "tcb-info-string-of-string",
            "TCB info is wrapped once at most.",
            json.dumps(json.dumps(members)),
        ),
    ):
        tests.reject(slug, why, "members", edited(answer, "info.tcb_info", value), "ATT-11", _FORM)


def _limits(tests: Tests) -> None:
    answer = build()
    own = kit.key_hex(kit.enclave().key)[2:]
    entry = {"algo": "ecdsa", "public_key": own}
    for name, path, limit in (
        ("events", "event_log", 4096),
        ("gpus", "nvidia_payload.evidence_list", 64),
        ("keys", _KEYSET, 64),
    ):
        parent = f"{limit}-{name}"
        base = answer
        if name == "keys":
            base = edited(build(shape="aci"), _KEYSET, [])
            filler: Any = {"algo": "x"}
        else:
            filler = {}
        last = [entry] if name == "keys" else [{}]
        out = {"gpus": outcome(gpu_count=64), "keys": outcome(key_source="keyset")}
        tests.accept(
            parent,
            f"{limit} {name} are within the limit.",
            edited(base, path, [filler] * (limit - 1) + last),
            "ATT-22",
            out=out.get(name),
        )
        tests.reject(
            f"{limit + 1}-{name}",
            f"{limit + 1} {name} are one too many.",
            parent,
            edited(base, path, [filler] * limit + last),
            "ATT-22",
            "TooManyEntries",
            change=Rebuilt(path, limit, limit + 1),
        )
