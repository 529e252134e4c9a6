"""Vectors of `compose_manager.verify`: the record of what was deployed, and its own quote."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.dstack.kit import (
    RUNTIME,
    ZERO,
    Entry,
    app_events,
    boot_event,
    compact,
    make_machine,
    registers,
    runtime_event,
    with_entry,
    without,
)
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import TEE_SGX, TEE_TDX
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData

__all__ = ["generate"]

FIXED: Final = (
    "timestamp", "action", "tag", "commit", "file", "file_sha256", "services", "container",
)  # fmt: skip

FLAGS: Final[Dict[str, Flag]] = {
    "OldRecord": Flag(
        "FRESHNESS",
        "REPORTDATA of the record's quote does not end in the client's nonce.",
        "A record from before the container that nobody shall see is served.",
        "Compare bytes 32 to 63 with the nonce of this fetch; copies beside the quote prove"
        " nothing.",
    ),
    "OtherActions": Flag(
        "AUTH_BYPASS",
        "The actions are not those whose hash the quote binds.",
        "A person is shown other containers than those that were started.",
        "Hash the compact JSON of the actions that are shown, in the three known orders.",
        ("https://github.com/nearai/compose-manager (src/main.rs)",),
    ),
    "CopyDiffers": Flag(
        "AUTH_BYPASS",
        "The record's own report_data or nonce is not what its quote says.",
        "A verifier that reads the copy believes what nobody signed.",
        "Compare the copies with the quote, or do not read them.",
    ),
    "OtherMachine": Flag(
        "AUTH_BYPASS",
        "The record's quote is of another trust domain than the model's.",
        "The record of a well-behaved machine is shown for one that is not.",
        "Compare all measurements and registers of the two quotes.",
    ),
    "RecordForm": Flag(
        "MALFORMED",
        "A member of the record is missing or not of its form.",
        "Half a record is taken for a record that says nothing bad.",
        "Refuse it.",
    ),
    "RecordLog": Flag(
        "AUTH_BYPASS",
        "The record's event log does not belong to the record's quote.",
        "The manager's own application is whatever the log says.",
        "Verify the log against the registers of the quote beside it.",
    ),
    "TooLarge": Flag(
        "RESOURCE",
        "There are more actions than the limit.",
        "A peer decides how much memory and time a verifier spends.",
        "Check the limit before the work.",
    ),
}

Action = Dict[str, Any]


def fixed(actions: Sequence[Action]) -> List[Action]:
    """Return actions whose members stand in the order of the manager's source."""
    return [{name: one[name] for name in FIXED if name in one} for one in actions]


def in_order(value: Any) -> Any:
    """Return a JSON value whose objects are sorted by ASCII names, on every level."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return [in_order(one) for one in value] if isinstance(value, list) else value


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/compose_manager`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _Manager(builder)
    file.orders()
    file.forms_that_hold()
    file.freshness()
    file.other_actions()
    file.machines()
    file.logs()
    file.wrong_forms()


class _Manager:
    """The vectors around one machine; nonce and registers of the model's quote are shared."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        random = builder.random("quote")
        self.machine = make_machine(builder.random("machine"))
        needed = ("app-id", "compose-hash", "instance-id", "key-provider")
        app = [entry for entry in app_events(self.machine) if entry["event"] in needed]
        self.log: List[Entry] = [*(boot_event(n, n) for n in range(3)), *app]
        self.nonce = random(32)
        self.td = {
            "mr_td": random(48).hex(),
            "mr_config_id": (b"\1" + self.machine.compose_hash + bytes(15)).hex(),
            "mr_owner": ZERO,
            "mr_owner_config": ZERO,
            **{f"rtmr{n}": end for n, end in enumerate(registers(self.log))},
            "user_data": random(20).hex(),
        }
        self.actions: List[Action] = [
            {
                "tag": "v1",
                "action": "compose_up",
                "timestamp": "2026-01-01T00:00:00+00:00",
                "file_sha256": hashlib.sha256(b"compose file").hexdigest(),
                "services": ["model", "größe"],
                "container": {"name": "sample", "image": "sample"},
            },
            {"action": "docker_clean", "timestamp": "2026-01-02T00:00:00+00:00"},
        ]
        self.digest = self.hash_of(fixed(self.actions))
        builder.group({"nonce": self.nonce.hex(), "registers": self.td})

    @staticmethod
    def hash_of(value: Any) -> bytes:
        """Return SHA-256 of a text, or of the compact JSON of a value."""
        text = value if isinstance(value, str) else compact(value)
        return hashlib.sha256(text.encode("utf-8")).digest()

    def quote(
        self,
        report_data: bytes,
        td: Optional[Dict[str, str]] = None,
        *,
        version: int = 4,
        sgx: bool = False,
    ) -> str:
        """Return a quote of the machine; its signatures are placeholders, which nobody judges."""
        td = self.td if td is None else {**self.td, **td}
        body = {name: bytes.fromhex(td[name]) for name in
                ("mr_td", "mr_config_id", "mr_owner", "mr_owner_config")}  # fmt: skip
        body.update({f"rt_mr{n}": bytes.fromhex(td[f"rtmr{n}"]) for n in range(4)})
        body["td_attributes"] = bytes.fromhex("0000001000000000")
        kind = "sgx" if sgx else "td-1.0" if version == 4 else "td-1.5"
        signed = encode_signed(
            version,
            header=header_fields(
                version, TEE_SGX if sgx else TEE_TDX, user_data=bytes.fromhex(td["user_data"])
            ),
            body_kind=kind,
            body=zero_body(kind, report_data=report_data, **({} if sgx else body)),
        )
        data = SignatureData(
            signature=bytes(64), attestation_key=bytes(64), qe_report=encode_sgx_report(),
            qe_report_signature=bytes(64), qe_authentication_data=b"",
            certification=CertificationData(5, b"-----BEGIN CERTIFICATE-----\0", {}),
        )  # fmt: skip
        return encode_quote(signed, data).hex()

    def record(self, digest: Optional[bytes] = None, /, **changes: Any) -> str:
        """Return the text of a record; a member that is `...` is left out."""
        found = self.digest if digest is None else digest
        bound = found + self.nonce
        members = {
            "actions": self.actions,
            "actions_hash": found.hex(),
            "nonce": self.nonce.hex(),
            "report_data": bound.hex(),
            "event_log": compact(self.log),
            "quote": self.quote(bound),
            **changes,
        }
        return json.dumps({k: v for k, v in members.items() if v is not ...})

    def accept(
        self, slug: str, why: str, req: Sequence[str], record: str, *, order: str = "fixed",
        digest: Optional[bytes] = None, actions: int = 2, **given: Any,
    ) -> None:  # fmt: skip
        found = self.digest if digest is None else digest
        machine = self.machine
        out = {"actions_hash": found.hex(), "actions": actions, "app_id": machine.app_id.hex(),
               "compose_hash": machine.compose_hash.hex()}  # fmt: skip
        mid = {"order": order, "report_data": (found + self.nonce).hex()}
        self.builder.accept(slug, why, req=req, given={"record": record, **given}, out=out, mid=mid)

    def reject(
        self, slug: str, why: str, breaks: str, flag: str, given: Dict[str, Any],
        change: Optional[Tuple[str, Any, Any]] = None, **keywords: Any,
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, why, parent=keywords.pop("parent", "fixed"), breaks=breaks, flags=(flag,),
            given=given, change=None if change is None else Rebuilt(*change),
            critical=flag not in ("RecordForm", "TooLarge"), **keywords,
        )  # fmt: skip

    def orders(self) -> None:
        actions = self.actions
        self.accept("fixed", "The order of the manager's source of 2026-04 is not known.",
                    ("DST-16", "DST-17", "DST-19", "DST-20", "DST-27"), self.record())  # fmt: skip
        for order, value, why in (
            ("served", actions, "The order of 2026-06-10, as the members stand, is not known."),
            ("sorted", in_order(actions), "The order of 2026-06-29 is not known."),
        ):  # fmt: skip
            digest = self.hash_of(value)
            self.accept(order, why, ("DST-17",), self.record(digest), order=order, digest=digest)
        none = self.hash_of("[]")
        self.accept(
            "no-actions",
            "A machine on which nothing was deployed is refused.",
            ("DST-17", "DST-27"),
            self.record(none, actions=[]),
            digest=none,
            actions=0,
        )
        more = [{"timestamp": "2026-01-01", "image": "x", "action": "pull"}]
        for order, value in (("served", more), ("sorted", in_order(more))):
            digest = self.hash_of(value)
            self.accept(f"unknown-member-{order}", "A member that is not known is left out.",
                        ("DST-17",), self.record(digest, actions=more), order=order,
                        digest=digest, actions=1)  # fmt: skip
        values = [
            {"action": '"\\/\b\x01\x7f\u2028<\U0001f600', "tag": None, "commit": [1, -2, True]}
        ]
        ordered = self.hash_of(in_order(values))
        self.accept("escapes-and-values", "JSON is written with other escapes.", ("DST-17",),
                    self.record(ordered, actions=values), order="sorted", digest=ordered,
                    actions=1)  # fmt: skip

    def forms_that_hold(self) -> None:
        bound = self.digest + self.nonce
        upper = {"actions_hash": self.digest.hex().upper(), "nonce": self.nonce.hex().upper(),
                 "report_data": bound.hex().upper(),
                 "quote": self.quote(bound).upper()}  # fmt: skip
        self.accept("without-copies", "The unsigned copies are demanded.", ("DST-20", "DST-27"),
                    self.record(nonce=..., report_data=...))  # fmt: skip
        self.accept("upper-case", "Values are compared as texts.", ("DST-29", "DST-20"),
                    self.record(**upper))  # fmt: skip
        self.accept("log-as-array", "Only a string is taken for a log.", ("DST-1",),
                    self.record(event_log=self.log))  # fmt: skip
        stripped = self.log[:3] + without(self.log[3:], "digest")
        self.accept("log-stripped", "A stripped log is refused.", ("DST-23",),
                    self.record(event_log=stripped))  # fmt: skip
        self.accept("quote-of-version-5", "Only quotes of version 4 are read.",
                    ("DST-16", "DST-19"),
                    self.record(quote=self.quote(bound, version=5)))  # fmt: skip

    def freshness(self) -> None:
        digest, nonce = self.digest, self.nonce
        hashed = hashlib.sha256(nonce).digest()
        for slug, why, report_data in (
            ("old-quote", "The nonce is compared with its copy in the record.",
             digest + bytes(32)),
            ("nonce-hashed", "SHA-256 of the nonce is taken for the nonce.", digest + hashed),
            ("nonce-first", "The halves are looked for anywhere.", nonce + digest),
            ("hash-of-other-actions", "The actions hash is compared with its copy in the record.",
             bytes(32) + nonce),
            ("zero", "A quote that binds nothing is taken.", bytes(64)),
        ):  # fmt: skip
            self.reject(
                slug, why, "DST-16", "OldRecord" if "hash-of" not in slug else "OtherActions",
                {"record": self.record(quote=self.quote(report_data))},
                ("quote.body.report_data", (digest + nonce).hex(), report_data.hex()),
            )  # fmt: skip
        old = bytes(32)
        self.reject(
            "old-record", "An old record that is consistent with itself is taken.", "DST-16",
            "OldRecord",
            {"record": self.record(nonce=old.hex(), report_data=(digest + old).hex(),
                                   quote=self.quote(digest + old))},
            ("nonce", nonce.hex(), old.hex()),
        )  # fmt: skip
        turned = nonce[:-1] + bytes([nonce[-1] ^ 1])
        self.reject("nonce-of-another-fetch", "The nonce is compared in part.", "DST-16",
                    "OldRecord", {"nonce": turned.hex()})  # fmt: skip
        for slug, why, changes in (
            ("copy-of-the-nonce", "The copy is shown and not compared.", {"nonce": old.hex()}),
            ("copy-of-report-data", "The copy is shown and not compared.",
             {"report_data": (digest + old).hex()}),
            ("copy-of-report-data-other-hash", "The second half of the copy is compared.",
             {"report_data": (old + nonce).hex()}),
        ):  # fmt: skip
            self.reject(slug, why, "DST-20", "CopyDiffers", {"record": self.record(**changes)})

    def other_actions(self) -> None:
        first, second = self.actions
        for slug, why, actions in (
            ("action-removed", "The list is shown and not hashed.", [first]),
            ("action-added", "Only the first actions are hashed.", [first, second, second]),
            ("actions-exchanged", "The order of the actions is no matter.", [second, first]),
            ("value-changed", "Values are not hashed.", [{**first, "tag": "v2"}, second]),
            ("nested-value-changed", "Nested values are not hashed.",
             [{**first, "container": {"name": "sample", "image": "other"}}, second]),
            ("member-added", "Members that are not known are left out of the hash.",
             [first, {**second, "image": "other"}]),
            ("member-removed", "An absent member is the same as any value.",
             [{k: v for k, v in first.items() if k != "services"}, second]),
            ("null-added", "null is the same as an absent member.",
             [first, {**second, "tag": None}]),
        ):  # fmt: skip
            self.reject(slug, why, "DST-17", "OtherActions",
                        {"record": self.record(actions=actions)},
                        ("actions", compact(self.actions), compact(actions)))  # fmt: skip
        ordered = fixed(self.actions)
        for slug, why, text in (
            ("hash-of-spaced-json", "JSON is hashed with the spaces of another encoder.",
             json.dumps(ordered, ensure_ascii=False)),
            ("hash-of-escaped-json", "Characters beyond ASCII are escaped before hashing.",
             json.dumps(ordered, separators=(",", ":"))),
            ("hash-of-lines", "The actions are hashed one by one.",
             "\n".join(map(compact, ordered))),
            ("hash-in-another-order", "Any order of members is tried.",
             compact([dict(reversed(list(one.items()))) for one in ordered])),
            ("hash-sorted-at-the-top", "Only the first level is sorted.",
             compact([dict(sorted(one.items())) for one in self.actions])),
            ("hash-of-the-object", "The hash covers more than the array.",
             compact({"actions": ordered})),
        ):  # fmt: skip
            digest = self.hash_of(text)
            self.reject(slug, why, "DST-17", "OtherActions", {"record": self.record(digest)},
                        ("actions_hash", self.digest.hex(), digest.hex()))  # fmt: skip
        fraction = [{"action": 1.5}]
        digest = self.hash_of(fraction)
        self.reject("fraction", "A number that has several texts is hashed in one of them.",
                    "DST-17", "OtherActions", {"record": self.record(digest, actions=fraction)},
                    ("actions", compact(self.actions), compact(fraction)))  # fmt: skip

    def machines(self) -> None:
        for name, value in self.td.items():
            turned = value[:-1] + f"{int(value[-1], 16) ^ 1:x}"
            self.reject(
                f"other-{name.replace('_', '-')}", f"{name} of the two quotes is not compared.",
                "DST-19", "OtherMachine", {"registers": {**self.td, name: turned}},
            )  # fmt: skip

    def logs(self) -> None:
        log = self.log
        bound = self.digest + self.nonce
        at = len(log) - 3
        cases: Tuple[Tuple[str, str, str, Any], ...] = (
            (
                "log-forged",
                "The manager's log is replayed by its given digests.",
                "DST-2",
                with_entry(log, at, event_payload="00" * 32),
            ),
            ("log-cut", "The manager's log is read and not replayed.", "DST-6", log[:-1]),
            (
                "log-without-boot",
                "Only register 3 of the manager's log is replayed.",
                "DST-6",
                log[3:],
            ),
            (
                "log-other-type",
                "Types in the manager's log are not looked at.",
                "DST-3",
                with_entry(log, at, event_type=RUNTIME + 1),
            ),
        )
        for slug, why, breaks, changed in cases:
            self.reject(
                slug, why, breaks, "RecordLog", {"record": self.record(event_log=compact(changed))},
                ("event_log", f"{len(log)} events", slug),
                or_breaks=("DST-4",) if breaks == "DST-2" else (),
            )  # fmt: skip
        named = [*log[:at], *log[at + 1 :]]
        ends = {f"rtmr{n}": end for n, end in enumerate(registers(named))}
        self.reject(
            "log-without-compose-hash", "The manager's own application is not looked up.", "DST-8",
            "RecordLog",
            {"record": self.record(event_log=compact(named), quote=self.quote(bound, ends)),
             "registers": {**self.td, **ends}},
            ("event_log.compose-hash", 1, 0),
        )  # fmt: skip
        late = [*log, runtime_event("later")]
        ends = {f"rtmr{n}": end for n, end in enumerate(registers(late))}
        self.reject(
            "extended-between-the-quotes", "Register 3 of the two quotes is not compared.",
            "DST-19", "OtherMachine",
            {"record": self.record(event_log=compact(late), quote=self.quote(bound, ends))},
            ("event_log", f"{len(log)} events", f"{len(late)} events"),
        )  # fmt: skip
        self.reject("quote-of-an-enclave", "A quote of an enclave has no registers.", "QUO-4",
                    "OtherMachine", {"record": self.record(quote=self.quote(bound, sgx=True))},
                    ("quote.header.tee_type", TEE_TDX, TEE_SGX))  # fmt: skip

    def wrong_forms(self) -> None:
        for slug, why, changes in (
            ("without-actions", "Absent actions count as none.", {"actions": ...}),
            ("null-actions", "null counts as no actions.", {"actions": None}),
            ("actions-object", "The values of an object are taken.", {"actions": {}}),
            ("actions-text", "A list in a string is parsed, or hashed as it is.",
             {"actions": compact(self.actions)}),
            ("action-text", "An action of another type is passed over.",
             {"actions": [*self.actions, "compose_up"]}),
            ("without-hash", "An absent hash is computed.", {"actions_hash": ...}),
            ("hash-of-31-bytes", "The beginning of a hash is compared.",
             {"actions_hash": self.digest[:31].hex()}),
            ("hash-0x", "A prefix is removed.", {"actions_hash": "0x" + self.digest.hex()}),
            ("without-quote", "The record of a manager without a quote is believed.",
             {"quote": ...}),
            ("nonce-of-31-bytes", "The beginning of a nonce is compared.",
             {"nonce": self.nonce[:31].hex()}),
            ("nonce-number", "A copy of another type counts as absent.", {"nonce": 0}),
            ("report-data-of-32-bytes", "The beginning of REPORTDATA is compared.",
             {"report_data": self.digest.hex()}),
        ):  # fmt: skip
            self.reject(
                slug, why, "DST-27", "RecordForm", {"record": self.record(**changes)},
                (f"record.{next(iter(changes))}", "of its form", slug),
            )  # fmt: skip
        self.reject("without-log", "An absent log proves the application.", "DST-1", "RecordForm",
                    {"record": self.record(event_log=...)},
                    ("record.event_log", "of its form", "absent"))  # fmt: skip
        most: List[Action] = [{}] * 10000
        digest = self.hash_of(most)
        self.accept("most-actions", "The limit is one too low.", ("DST-27",),
                    self.record(digest, actions=most), digest=digest, actions=10000)  # fmt: skip
        more = [*most, {}]
        self.reject("more-actions", "The number of actions has no limit.", "DST-27", "TooLarge",
                    {"record": self.record(self.hash_of(more), actions=more)},
                    ("record.actions", 10000, 10001), parent="most-actions")  # fmt: skip
