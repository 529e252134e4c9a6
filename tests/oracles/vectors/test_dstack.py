"""The vectors of `vectors/dstack` judged a second time, by hashlib, json and struct alone.

Nothing here comes from the package or from the generators.  `judge_*` follow the steps of the
specification and return what an accepted input gives, or the code of a refusal.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pytest

from tests.oracles.vectors.plain_keccak import keccak_256
from tests.oracles.vectors.plain_text import (
    RefusedError,
    compact,
    is_integer,
    need,
    sha256,
    strict,
    unhex,
)  # fmt: skip

FOLDER = Path(__file__).resolve().parents[3] / "vectors" / "dstack"
RUNTIME = 0x08000001

Given = Dict[str, Any]


# --- The judges ---------------------------------------------------------------------------------


def preimage(version: int, name: str, payload: bytes) -> bytes:
    if version == 1:
        return struct.pack("<I", RUNTIME) + b":" + name.encode("utf-8") + b":" + payload
    return compact({"name": name, "payload": payload.hex(), "type": RUNTIME})


def name_of(given: Given) -> str:
    if "name_utf16" in given:
        return bytes.fromhex(given["name_utf16"]).decode("utf-16-be", "surrogatepass")
    return str(given["name"])


def judge_digest(given: Given) -> Dict[str, Any]:
    try:
        hashed = preimage(given["version"], name_of(given), bytes.fromhex(given["payload"]))
    except UnicodeEncodeError:
        raise RefusedError("digest") from None
    return {"digest": hashlib.sha384(hashed).hexdigest()}


Event = Dict[str, Any]


def parsed(log: Any) -> List[Event]:
    form = "event-form"
    log = strict(log, form) if isinstance(log, str) else log
    need(isinstance(log, list) and len(log) <= 4096, form)
    events = []
    for entry in log:
        need(isinstance(entry, dict), form)
        found = {name: value for name, value in entry.items() if value is not None}
        need(is_integer(found.get("imr"), 0, 3), form)
        need(is_integer(found.get("event_type"), 0, 2**32 - 1), form)
        need(is_integer(found.get("version", 1), 1, 2), form)
        name = found.get("event")
        need(isinstance(name, str) and len(str(name).encode("utf-8")) <= 1024, form)
        payload = unhex(found.get("event_payload"), form)
        need(len(payload) <= 65536, form)
        events.append(
            {
                "imr": found["imr"], "type": found["event_type"], "name": name, "payload": payload,
                "digest": unhex(found.get("digest", ""), form, 0, 48),
                "preimage": unhex(found.get("preimage", ""), form),
                "version": found.get("version", 1),
            }
        )  # fmt: skip
    return events


def proven(log: Any, rtmrs: List[str], scope: str = "all") -> List[Event]:
    """Return the events of a log that ends in the registers."""
    events, ends = parsed(log), [bytes(48)] * 4
    for event in events:
        runtime = event["imr"] == 3
        need((event["type"] == RUNTIME) == runtime, "event-type")
        if runtime:
            hashed = preimage(event["version"], event["name"], event["payload"])
            need(event["preimage"] in (b"", hashed), "digest")
            digest = hashlib.sha384(hashed).digest()
            need(event["digest"] in (b"", digest), "digest")
        else:
            need(event["version"] == 1 and not event["preimage"], "event-type")
            digest = event["digest"]
            need(len(digest) == 48 or scope == "rtmr3", "boot-digest")
        ends[event["imr"]] = hashlib.sha384(ends[event["imr"]] + digest).digest()
    for number in range(4) if scope == "all" else (3,):
        need(ends[number].hex() == rtmrs[number], "register")
    return events


def judge_log(given: Given) -> Dict[str, Any]:
    events = proven(given["event_log"], given["rtmrs"], given["scope"])
    runtime = [event for event in events if event["imr"] == 3]
    boot = len(events) - len(runtime)
    return {
        "boot_events": boot if given["scope"] == "all" else 0,
        "runtime_events": len(runtime),
        "stripped_digests": sum(not event["digest"] for event in runtime),
        "unproven_events": 0 if given["scope"] == "all" else boot,
    }


REQUIRED = {"app-id": (20,), "compose-hash": (32,), "instance-id": (0, 20), "key-provider": ()}
OPTIONAL = ("rootfs-hash", "mr-kms", "os-image-hash", "gpu-policy-hash")


def application(log: Any, rtmrs: List[str]) -> Dict[str, Any]:
    events = [event for event in proven(log, rtmrs) if event["imr"] == 3]
    names = [event["name"] for event in events]
    end = names.index("system-ready") if "system-ready" in names else len(names)
    boot = events[:end]
    need(not any(e["version"] == 1 and ":" in e["name"] for e in boot), "event-name")
    found: Dict[str, bytes] = {}
    for event in boot:
        name, payload = event["name"], event["payload"]
        if name in REQUIRED or name in OPTIONAL:
            need(name not in found, "event-count")
            sizes = REQUIRED.get(name, (32,))
            need(not sizes or len(payload) in sizes, "event-payload")
            found[name] = payload
    need(all(name in found for name in REQUIRED), "event-count")
    provider = strict(found["key-provider"], "key-provider")
    need(isinstance(provider, dict), "key-provider")
    need(provider.get("name") in ("none", "local-sgx", "kms", "tpm"), "key-provider")
    provider_id = unhex(provider.get("id"), "key-provider")
    optional = {name: found.get(name) for name in OPTIONAL}
    return {
        **{name.replace("-", "_"): found[name].hex() for name in list(REQUIRED)[:3]},
        **{k.replace("-", "_"): None if v is None else v.hex() for k, v in optional.items()},
        "key_provider": {"name": provider["name"], "id": provider_id.hex()},
        "system_ready": end < len(names),
        "later_events": max(0, len(names) - end - 1),
        "payload": found["key-provider"],
    }


def judge_application(given: Given) -> Dict[str, Any]:
    found = application(given["event_log"], given["rtmrs"])
    del found["payload"]
    return found


def config_id(kind: int, digest: bytes) -> str:
    return (bytes([kind]) + digest + bytes(15)).hex()


def judge_compose(given: Given) -> Dict[str, Any]:
    app = None
    if given.get("event_log") is not None:
        app = application(given["event_log"], given["rtmrs"])
    value: str = given["mr_config_id"]
    kind, hashes = int(value[:2], 16), {}
    if value != "00" * 48:
        need(kind in (1, 2, 3), "mr-config")
        hashes["mr_config_id"] = (
            kind_1(value) if kind == 1 else kind_2(value, app) if kind == 2
            else kind_3(value, app, given)
        )  # fmt: skip
    if app is not None:
        hashes["event_log"] = app["compose_hash"]
    need(bool(hashes), "unbound")
    text = given.get("app_compose")
    shown = set() if text is None else {sha256(text.encode("utf-8")).hex()}
    need(len({*hashes.values(), *shown}) == 1, "compose-hash")
    return {
        "compose_hash": next(iter(hashes.values())),
        "kind": kind,
        "bound_by": sorted(hashes),
        "text_matches": text is not None,
    }


App = Optional[Dict[str, Any]]


def kind_1(value: str) -> str:
    need(value == config_id(1, bytes.fromhex(value[2:66])), "mr-config")
    return value[2:66]


def kind_2(value: str, app: App) -> str:
    if app is None:
        raise RefusedError("unbound")
    provider = app["key_provider"]
    number = ("none", "local-sgx", "kms", "tpm").index(provider["name"])
    start = bytes.fromhex(app["compose_hash"] + app["app_id"]) + bytes([number])
    ids = {provider["id"], ""} if provider["name"] == "tpm" else {provider["id"]}
    allowed = [config_id(2, keccak_256(start + bytes.fromhex(one))) for one in ids]
    need(value in allowed, "mr-config")
    return str(app["compose_hash"])


def kind_3(value: str, app: App, given: Given) -> str:
    form, config = "mr-config-document", given.get("vm_config")
    if isinstance(config, str):
        need(len(config.encode("utf-8")) <= 65536, form)
        config = strict(config, form)
    need(config is None or isinstance(config, dict), form)
    document = (config or {}).get("mr_config")
    need(bool(document), "unbound")
    text = str(document).encode("utf-8")
    need(value == config_id(3, sha256(b"dstack-mr-config-v3:\0" + text)), "mr-config")
    need(len(text) <= 65536, form)
    node = strict(text, form)
    need(isinstance(node, dict), form)
    sizes: Dict[str, Tuple[int, ...]] = {
        "compose_hash": (32,), "app_id": (20,), "instance_id": (20,), "gpu_policy_hash": (32,),
        "key_provider_id": (),
    }  # fmt: skip
    need(set(node) <= {*sizes, "version", "key_provider", "init_script_hashes"}, form)
    need("version" not in node or is_integer(node["version"], 3, 3), form)
    need(node.get("key_provider") in ("none", "local", "kms", "tpm"), form)
    need("compose_hash" in node, form)
    pins = {n: unhex(node[n], form, *size).hex() for n, size in sizes.items() if n in node}
    if app is not None:
        log = {**app, "key_provider_id": app["key_provider"]["id"]}
        for name in set(pins) - {"compose_hash"}:
            need(log[name] is None or pins[name] == log[name], form)
        need(node["key_provider"] == app["key_provider"]["name"].replace("-sgx", ""), form)
    return pins["compose_hash"]


def judge_info(given: Given) -> Dict[str, Any]:
    td = given["registers"]
    rtmrs = [td[f"rtmr{number}"] for number in range(4)]
    app: App = None
    if given.get("event_log") is not None:
        app = application(given["event_log"], rtmrs)
    body = [bytes.fromhex(part) for part in (td["mr_td"], *rtmrs)]
    tail = [bytes.fromhex(td[name]) for name in ("mr_config_id", "mr_owner", "mr_owner_config")]
    values: Dict[str, Any] = {
        "mrtd": td["mr_td"],
        **{f"rtmr{number}": rtmr for number, rtmr in enumerate(rtmrs)},
        "mr_aggregated": sha256(*body, *(tail if any(map(any, tail)) else [])).hex(),
        "compose_hash": given.get("compose_hash"),
        **dict.fromkeys(("mr_system", "app_id", "instance_id", "os_image_hash")),
    }
    if app is not None:
        values.update({n: app[n] for n in ("app_id", "instance_id", "os_image_hash")})
        values["compose_hash"] = values["compose_hash"] or app["compose_hash"]
        values["mr_system"] = sha256(*body[:4], sha256(app["payload"])).hex()
    inner = given["info"].get("tcb_info")
    nested = strict(inner, "info") if isinstance(inner, str) else inner
    result: Dict[str, List[str]] = {"matched": [], "unchecked": []}
    for place, node in (("info", given["info"]), ("info.tcb_info", nested or {})):
        for name, state in claims(node, values, app, given):
            result[state].append(f"{place}.{name}")
    return {name: sorted(paths) for name, paths in result.items()}


def claims(
    node: Dict[str, Any], values: Dict[str, Any], app: App, given: Given
) -> Iterator[Tuple[str, str]]:
    for name, value in values.items():
        if node.get(name) is not None:
            if value is None:
                yield name, "unchecked"
                continue
            claim = unhex(node[name], "info").hex()
            need(claim in ("", value), "info")
            yield name, "matched" if claim == value else "unchecked"
    if node.get("device_id") is not None:
        device = unhex(node["device_id"], "info")
        names = [given["registers"]["user_data"], given.get("ppid")]
        known = [sha256(bytes.fromhex(one)) for one in names if one is not None]
        free = given.get("ppid") is None or device in (b"", sha256())
        need(device in known or free, "info")
        yield "device_id", "matched" if device in known else "unchecked"
    provider = node.get("key_provider_info")
    if provider is not None:
        if app is None or provider in ("", {}):
            yield "key_provider_info", "unchecked"
            return
        stated = strict(provider, "info") if isinstance(provider, str) else provider
        need(stated == json.loads(app["payload"]), "info")
        yield "key_provider_info", "matched"


FIXED = ("timestamp", "action", "tag", "commit", "file", "file_sha256", "services", "container")


def in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return list(map(in_order, value)) if isinstance(value, list) else value


def has_fraction(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, float) or any(map(has_fraction, inner))


def registers_of(quote: bytes) -> Dict[str, str]:
    """Return the registers of a TD by their fixed offsets."""
    start = 48 if struct.unpack_from("<H", quote)[0] == 4 else 54
    rtmrs = [f"rtmr{number}" for number in range(4)]
    names = ("mr_td", "mr_config_id", "mr_owner", "mr_owner_config", *rtmrs)
    td = {n: quote[start + 136 + 48 * i :][:48].hex() for i, n in enumerate(names)}
    return {**td, "user_data": quote[28:48].hex()}


def judge_manager(given: Given) -> Dict[str, Any]:
    form, record = "manager-form", strict(given["record"], "unknown")
    actions = record.get("actions")
    digest = unhex(record.get("actions_hash"), form, 32)
    need(isinstance(record.get("quote"), str), form)
    need(isinstance(actions, list) and len(actions) <= 10000, form)
    need(all(isinstance(action, dict) for action in actions), form)
    nonce, copy = record.get("nonce"), record.get("report_data")
    need(nonce is None or len(unhex(nonce, form, 32)) == 32, form)
    need(copy is None or len(unhex(copy, form, 64)) == 64, form)
    quote = unhex(record["quote"], "unknown")
    log = parsed_first(record.get("event_log"))
    version, tee_type = struct.unpack_from("<H2xI", quote)
    start = 48 if version == 4 else 54
    bound = digest.hex() + given["nonce"]
    at = start + (520 if tee_type == 0x81 else 320)
    need(quote[at : at + 64].hex() == bound, "manager-report-data")
    need(copy is None or copy.lower() == bound, "manager-report-data")
    need(nonce is None or nonce.lower() == given["nonce"], "manager-report-data")
    need(not has_fraction(actions), "actions-hash")
    texts = [actions, in_order(actions)]
    if all(set(action) <= set(FIXED) for action in actions):
        texts.append([{n: one[n] for n in FIXED if n in one} for one in actions])
    need(digest in [sha256(compact(text)) for text in texts], "actions-hash")
    need(tee_type == 0x81, "not a TD")
    td = registers_of(quote)
    app = application(log, [td[f"rtmr{n}"] for n in range(4)])
    need(td == given["registers"], "manager-td")
    return {"actions_hash": digest.hex(), "actions": len(actions), "app_id": app["app_id"],
            "compose_hash": app["compose_hash"]}  # fmt: skip


def parsed_first(log: Any) -> Any:
    """Refuse a log that is not of the form, before anything else of the record is judged."""
    parsed(log)
    return log


def judge_record(given: Given) -> Dict[str, Any]:
    """Judge the record in an answer, and nothing else of it."""
    answer = json.loads(given["answer"])
    record = answer["compose_manager_attestation"]
    if record.get("quote") or record.get("actions_hash"):
        td = registers_of(bytes.fromhex(answer["intel_quote"]))
        text = json.dumps(record)
        judge_manager({"record": text, "nonce": given["nonce"], "registers": td})
    return {}


# --- The comparison -----------------------------------------------------------------------------

JUDGES: Dict[str, Callable[[Given], Dict[str, Any]]] = {
    "digests": judge_digest,
    "event_log": judge_log,
    "event_log_form": judge_log,
    "application": judge_application,
    "compose": judge_compose,
    "info": judge_info,
    "compose_manager": judge_manager,
    "manager_quote": judge_record,
}

EXCEPTIONS = {
    "compose_manager.verify/quote-of-an-enclave": "the code is one of the quote, not of dstack",
}
"""Vectors whose code is not judged here, with the reason; the verdict is."""

NOT_JUDGED = {
    f"attestation.verify/manager-quote-{flaw}": "the flaw is one of the quote, not of dstack"
    for flaw in ("signature", "debug", "trailing")
}
"""Vectors whose verdict is not judged here, with the reason."""


def vectors_of(name: str) -> Iterator[Tuple[Dict[str, Any], Given]]:
    document = json.loads((FOLDER / f"{name}.json").read_bytes())
    for group in document["groups"]:
        for test in group["tests"]:
            yield test, {**group["params"], **test["in"]}


def verdict_of(name: str, given: Given) -> Tuple[str, Dict[str, Any]]:
    """Return the code of the refusal, or nothing and what an accepted input gives."""
    try:
        return "", JUDGES[name](given)
    except RefusedError as error:
        return str(error.args[0]), {}


def test_every_file_has_a_judge() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(JUDGES)


@pytest.mark.parametrize("name", sorted(JUDGES))
def test_verdicts_codes_and_outputs_are_derived_again(name: str) -> None:
    judged = 0
    for test, given in vectors_of(name):
        expect = test["expect"]
        code, found = verdict_of(name, given)
        wrong_verdict = (code == "") != (expect["verdict"] == "accept")
        assert wrong_verdict == (test["id"] in NOT_JUDGED), (test["id"], code)
        if not code:
            assert found == expect.get("out") or name == "manager_quote", test["id"]
        else:
            wrong_code = code not in expect["reason"]
            assert wrong_code == (test["id"] in EXCEPTIONS), (test["id"], code)
        judged += 1
    assert judged >= (9 if name == "manager_quote" else 20)


def test_intermediate_values_are_derived_again() -> None:
    derived = 0
    for test, given in vectors_of("digests"):
        if "mid" in test:
            hashed = preimage(given["version"], name_of(given), bytes.fromhex(given["payload"]))
            assert test["mid"] == {"preimage": hashed.hex()}, test["id"]
            derived += 1
    for name in ("event_log", "event_log_form"):
        for test, given in vectors_of(name):
            if "mid" not in test:
                continue
            register, digests = bytes(48), []
            for event in parsed(given["event_log"]):
                if event["imr"] == 3:
                    hashed = preimage(event["version"], event["name"], event["payload"])
                    digests.append(hashlib.sha384(hashed).digest())
                    register = hashlib.sha384(register + digests[-1]).digest()
            known = {"digests": [one.hex() for one in digests], "rtmr3": register.hex()}
            assert test["mid"] == {label: known[label] for label in test["mid"]}, test["id"]
            derived += 1
    assert derived >= 30


def test_keccak_is_that_of_ethereum() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"").hex() == empty
    # dstack's own test of MRCONFIGID (sdk/python, get_mr_config_id).
    hashed = bytes(range(32)) + bytes(range(20)) + b"\2" + bytes.fromhex("aabbccdd")
    expected = "e472ed80a08042f044ba63b53b798e98e3ea5219cd078007b1ac8b3dfc762b94"
    assert keccak_256(hashed).hex() == expected
