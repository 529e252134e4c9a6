"""Vectors of `event_log.verify`: logs that are of the form, against the registers of a quote."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final, List, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.dstack.kit import (
    RUNTIME,
    ZERO,
    Entry,
    boot_event,
    compact,
    index_of,
    make_machine,
    preimage,
    registers,
    runtime_event,
    with_entry,
    without,
)

__all__ = ["FLAGS", "base_log", "generate", "outcome"]

FLAGS: Final[Dict[str, Flag]] = {
    "ForgedPayload": Flag(
        "AUTH_BYPASS",
        "The payload or the name is forged and the genuine digest stands beside it.",
        "The log names any application and any compose file, and still ends in the register.",
        "Compute the digest of every event of register 3; never replay the one that is given.",
        ("https://github.com/Dstack-TEE/dstack (cc-eventlog)",),
    ),
    "ForeignDigest": Flag(
        "AUTH_BYPASS",
        "A digest or a preimage that came along is not that of the event.",
        "Tampering, or a formula that is not understood, passes without a word.",
        "Compare what is given with what is computed, byte for byte.",
    ),
    "TypeAndRegister": Flag(
        "AUTH_BYPASS",
        "Type and register of an event contradict each other.",
        "An event is taken for one of the guest system whose digest nobody recomputes.",
        "Demand type 134217729 in register 3 and nowhere else.",
    ),
    "BootWithoutDigest": Flag(
        "AUTH_BYPASS",
        "An event of registers 0 to 2 has no digest.",
        "A log that proves nothing of firmware and kernel is called complete.",
        "Refuse it, or say that registers 0 to 2 are not proven.",
    ),
    "RegisterMismatch": Flag(
        "AUTH_BYPASS",
        "The digests do not end in the register that the quote signs.",
        "Another list of events is taken for what happened.",
        "Extend 48 zero bytes with every digest of the register, in order, and compare all four.",
        ("Intel TDX Module Base Specification, TDG.MR.RTMR.EXTEND",),
    ),
}


def base_log(random: Any, version: int = 1) -> List[Entry]:
    """Return boot events of three registers, mixed, and four events of register 3."""
    machine = make_machine(random)
    boot = [boot_event(register, n) for n, register in enumerate((0, 0, 1, 2, 1, 2))]
    return [
        *boot,
        runtime_event("app-id", machine.app_id, version),
        runtime_event("compose-hash", machine.compose_hash, version),
        runtime_event("key-provider", machine.key_provider(), version),
        runtime_event("system-ready", b"", version),
    ]


def outcome(log: List[Entry], *, stripped: int = 0, unproven: int = 0) -> Dict[str, int]:
    """Return what an accepted log gives."""
    runtime = sum(entry["imr"] == 3 for entry in log)
    return {
        "boot_events": len(log) - runtime - unproven,
        "runtime_events": runtime,
        "stripped_digests": stripped,
        "unproven_events": unproven,
    }


def middle(log: List[Entry]) -> Dict[str, Any]:
    """Return the intermediate values of a log whose entries have their digests."""
    digests = [entry["digest"] for entry in log if entry["imr"] == 3]
    return {"digests": digests, "rtmr3": registers(log)[3]}


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/event_log`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    _Logs(builder).fill()


class _Logs:
    """The vectors, in groups that share registers."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.log = base_log(builder.random("machine"))
        self.compose = index_of(self.log, "compose-hash")

    def fill(self) -> None:
        """Add all groups."""
        self._example()
        self._forms()
        self._version_2()
        self._wrong_events()
        self._order()
        self._registers()
        self._scope()
        self._many()

    def _accept(
        self, slug: str, why: str, req: Tuple[str, ...], log: List[Entry], **keywords: Any
    ) -> None:
        given = {"event_log": keywords.pop("sent", log), **keywords.pop("given", {})}
        self.builder.accept(
            slug, why, req=req, given=given, out=outcome(log, **keywords), mid=middle(log)
        )

    def _example(self) -> None:
        one = [runtime_event("storage-fs", b"zfs")]
        self.builder.group({"scope": "all", "rtmrs": registers(one)})
        self._accept(
            "one-event", "The register is extended as digest || register, or not from zero bytes.",
            ("DST-2", "DST-6"), one,
        )  # fmt: skip
        self.builder.group({"scope": "all", "rtmrs": [ZERO] * 4})
        self._accept("no-event", "A register that was never extended is not 48 zero bytes.",
                     ("DST-6",), [])  # fmt: skip

    def _forms(self) -> None:
        log = self.log
        self.builder.group({"scope": "all", "rtmrs": registers(log)})
        boot, runtime = log[:6], log[6:]
        named = with_entry(log, 0, event="acpi-tables", event_payload="ff", event_type=7)
        unknown = with_entry(log, self.compose, note={"x": 1}, IMR=0)
        upper = [{k: v.upper() if k == "digest" else v for k, v in e.items()} for e in log]
        both = with_entry(
            log, self.compose, version=1,
            preimage=preimage(1, "compose-hash", bytes.fromhex(log[self.compose]["event_payload"]))
            .hex(),
        )  # fmt: skip
        empty = with_entry(log, self.compose, digest=None, version=None, preimage=None)
        accept = self._accept
        accept("array", "The ordinary log, as NEAR sends it.", ("DST-1", "DST-2", "DST-4", "DST-6"),
               log)  # fmt: skip
        accept("string", "Only an array is taken, and not the string that others send.",
               ("DST-1", "DST-6"), log, sent=compact(log))  # fmt: skip
        accept("stripped-digests", "The empty digests of honest guest agents are replayed.",
               ("DST-2", "DST-4", "DST-23"), log, stripped=4,
               sent=boot + [{**entry, "digest": ""} for entry in runtime])  # fmt: skip
        accept("no-digests", "A digest that is absent is an error where an empty one is none.",
               ("DST-2", "DST-23"), log, stripped=4,
               sent=boot + without(runtime, "digest"))  # fmt: skip
        accept("null-members", "null is taken for a value.", ("DST-1", "DST-23"), log, stripped=1,
               sent=empty)  # fmt: skip
        accept("upper-case", "Digests are compared as texts.", ("DST-29", "DST-4"), log,
               sent=upper)  # fmt: skip
        accept("unknown-members", "Members that nobody reads make the log an error.", ("DST-24",),
               log, sent=unknown)  # fmt: skip
        accept("version-and-preimage-of-version-1", "Only version 2 is expected to name them.",
               ("DST-4", "DST-1"), log, sent=both)  # fmt: skip
        accept("interleaved", "Only a log in the order of time is taken.", ("DST-6",), log,
               sent=runtime + boot)  # fmt: skip
        accept("boot-event-with-other-text", "Name, type and payload of a boot event are taken for"
               " proven, or hashed.", ("DST-5", "DST-3"), log, sent=named)  # fmt: skip

    def _version_2(self) -> None:
        log = base_log(self.builder.random("machine"), 2)
        at = index_of(log, "compose-hash")
        self.builder.group({"scope": "all", "rtmrs": registers(log)})
        boot, runtime = log[:6], log[6:]
        self._accept("version-2", "Version 2 is hashed by the formula of version 1.",
                     ("DST-2", "DST-4", "DST-6"), log)  # fmt: skip
        self._accept("version-2-without-preimages", "The preimage is demanded, not computed.",
                     ("DST-2", "DST-4"), log, sent=without(log, "preimage"))  # fmt: skip
        self._accept("version-2-stripped", "What is given is hashed instead of what is computed.",
                     ("DST-2", "DST-23"), log, stripped=4,
                     sent=boot + without(runtime, "preimage", "digest"))  # fmt: skip
        payload, forged = log[at]["event_payload"], "00" * 32
        other = preimage(2, "compose-hash", bytes.fromhex(forged)).hex()
        turned = compact({"type": RUNTIME, "name": "compose-hash", "payload": payload})
        upper = compact({"name": "compose-hash", "payload": payload.upper(), "type": RUNTIME})
        spaced = preimage(2, "compose-hash", bytes.fromhex(payload)).replace(b":", b": ")
        for slug, why, breaks, members in (
            ("version-2-forged-payload", "The preimage is hashed, the payload beside it shown.",
             "DST-2", {"event_payload": forged}),
            ("version-2-forged-name", "The preimage is hashed and the name beside it is shown.",
             "DST-2", {"event": "compose-hasx"}),
            ("version-2-foreign-preimage", "A preimage that is present is ignored.", "DST-4",
             {"preimage": other}),
            ("version-2-preimage-in-other-order", "The preimage is compared as a JSON value.",
             "DST-4", {"preimage": turned.encode().hex()}),
            ("version-2-preimage-in-upper-case", "The preimage is compared by its meaning.",
             "DST-4", {"preimage": upper.encode().hex()}),
            ("version-2-preimage-with-spaces", "The preimage is parsed and written anew.", "DST-4",
             {"preimage": spaced.hex()}),
            ("version-2-called-version-1", "The version is guessed from the digest.", "DST-2",
             {"version": 1}),
        ):  # fmt: skip
            self.builder.reject(
                slug, why, parent="version-2", breaks=breaks, or_breaks=("DST-4",),
                given={"event_log": with_entry(log, at, **members)},
                flags=("ForgedPayload" if breaks == "DST-2" else "ForeignDigest",),
                critical=breaks == "DST-2",
            )  # fmt: skip
        mixed = [*self.log[:7], log[at], *self.log[8:]]
        self.builder.group({"scope": "all", "rtmrs": registers(mixed)})
        self._accept("versions-mixed", "The version of the first event is used for all.",
                     ("DST-2",), mixed)  # fmt: skip

    def _wrong_events(self) -> None:
        log, at = self.log, self.compose
        self.builder.group({"scope": "all", "rtmrs": registers(log)})
        digest, provider = log[at]["digest"], index_of(log, "key-provider")
        last = f"{int(digest[-1], 16) ^ 1:x}"
        app_id = index_of(log, "app-id")
        Case = Tuple[str, str, str, List[Entry]]
        cases: Tuple[Case, ...] = (
            ("forged-compose-hash", "The given digest is replayed and the forged payload shown.",
             "DST-2", with_entry(log, at, event_payload="00" * 32)),
            ("forged-app-id", "Only some payloads are recomputed.",
             "DST-2", with_entry(log, app_id, event_payload="00" * 20)),
            ("forged-key-provider", "Payloads that are JSON are compared as JSON, or not at all.",
             "DST-2", with_entry(log, provider, event_payload=b'{"name":"none","id":""}'.hex())),
            ("payload-emptied", "An empty payload is taken for a stripped one.",
             "DST-2", with_entry(log, at, event_payload="")),
            ("forged-name", "The name is not part of what is recomputed.",
             "DST-2", with_entry(log, at, event="compose-hasx")),
            ("name-of-another-event", "An event is renamed to one that is looked up.",
             "DST-2", with_entry(log, len(log) - 1, event="compose-hash")),
            ("called-version-2", "The version is not part of what is recomputed.",
             "DST-2", with_entry(log, at, version=2)),
            ("digest-last-bit", "Only the beginning of a digest is compared.",
             "DST-4", with_entry(log, at, digest=digest[:-1] + last)),
            ("digest-first-byte", "A given digest is ignored where the payload is there.",
             "DST-4", with_entry(log, at, digest=f"{int(digest[:2], 16) ^ 0x80:02x}" + digest[2:])),
            ("digest-zero", "48 zero bytes are taken for a stripped digest.",
             "DST-4", with_entry(log, at, digest=ZERO)),
            ("foreign-preimage", "A preimage beside version 1 is not looked at.",
             "DST-4", with_entry(log, at, preimage="00")),
            ("other-type", "Only events of the right type are recomputed; the others are replayed.",
             "DST-3", with_entry(log, at, event_type=1)),
            ("type-in-the-other-byte-order", "The type is compared after a conversion.",
             "DST-3", with_entry(log, at, event_type=0x01000008)),
            ("boot-event-of-the-runtime-type", "The type alone says whose event it is.",
             "DST-3", with_entry(log, 0, event_type=RUNTIME)),
            ("boot-event-of-the-runtime-type-in-register-2", "Only register 0 is looked at.",
             "DST-3", with_entry(log, 3, event_type=RUNTIME)),
            ("boot-event-of-version-2", "A boot event with a version is recomputed or passed over.",
             "DST-3", with_entry(log, 0, version=2)),
            ("boot-event-with-a-preimage", "A preimage of a boot event is shown as proven.",
             "DST-3", with_entry(log, 0, preimage="00")),
            ("boot-event-in-register-3", "A boot event is moved into register 3 with its digest.",
             "DST-3", with_entry(log, 5, imr=3)),
            ("runtime-event-in-register-2", "Names are looked up in all registers.",
             "DST-3", with_entry(log, at, imr=2)),
            *(
                (f"no-digest-in-register-{number}", "An event without its digest is left out.",
                 "DST-5", with_entry(log, index, digest=""))
                for number, index in ((0, 0), (1, 4), (2, 5))
            ),
            ("absent-digest-in-register-0", "Only an empty digest counts as none.",
             "DST-5", with_entry(log, 0, digest=...)),
        )  # fmt: skip
        self._refuse_events(cases)

    def _refuse_events(self, cases: Tuple[Tuple[str, str, str, List[Entry]], ...]) -> None:
        log, at = self.log, self.compose
        flags = {"DST-2": "ForgedPayload", "DST-4": "ForeignDigest", "DST-3": "TypeAndRegister",
                 "DST-5": "BootWithoutDigest"}  # fmt: skip
        for slug, why, breaks, changed in cases:
            self.builder.reject(
                slug, why, parent="array", breaks=breaks, given={"event_log": changed},
                or_breaks=("DST-4",) if breaks == "DST-2" else (),
                flags=(flags[breaks],), critical=breaks in ("DST-2", "DST-3"),
            )  # fmt: skip
        self.builder.reject(
            "relabelled-as-boot-event",
            "A runtime event is hidden among the boot events, where nobody recomputes it.",
            parent="array", breaks="DST-6", flags=("RegisterMismatch",),
            given={"event_log": with_entry(log, at, imr=2, event_type=1)},
            change=Rebuilt(f"event_log[{at}]", {"imr": 3, "event_type": RUNTIME},
                           {"imr": 2, "event_type": 1}),
        )  # fmt: skip
        stripped = with_entry(log, at, digest="", event_payload="00" * 32)
        self.builder.reject(
            "forged-and-stripped",
            "A stripped event is taken at its word because there is no digest to compare.",
            parent="array", breaks="DST-6", also=("DST-2",), flags=("ForgedPayload",),
            given={"event_log": stripped}, critical=True,
            change=Rebuilt(f"event_log[{at}]", log[at], stripped[at]),
        )  # fmt: skip

    def _order(self) -> None:
        log, at = self.log, self.compose
        self.builder.group({"scope": "all", "rtmrs": registers(log)})
        extra = runtime_event("compose-hash", bytes(32))
        swapped = [*log[:at], log[at + 1], log[at], *log[at + 2 :]]
        booted = [log[1], log[0], *log[2:]]
        for slug, why, changed in (
            ("removed-first", "The first event of a register is left out of the replay.",
             [*log[:6], *log[7:]]),
            ("removed-last", "The end of the log is cut, system-ready with it.", log[:-1]),
            ("removed-boot-event-of-register-0", "Registers 0 to 2 are not replayed.", log[1:]),
            ("removed-boot-event-of-register-1", "Register 1 is not replayed.",
             [*log[:4], *log[5:]]),
            ("removed-boot-event-of-register-2", "Register 2 is not replayed.",
             [*log[:5], *log[6:]]),
            ("appended", "What follows the last event that is looked up is not replayed.",
             [*log, extra]),
            ("inserted-first", "A forged event in front of the genuine one is found by name.",
             [*log[:6], extra, *log[6:]]),
            ("repeated", "Equal events are replayed once.", [*log[: at + 1], *log[at:]]),
            ("swapped", "Events are replayed in the order of their names.", swapped),
            ("swapped-boot-events", "The order within a boot register is no matter.", booted),
            ("boot-event-in-another-register", "Boot events are replayed in one register.",
             with_entry(log, 0, imr=1)),
            ("boot-digest-last-bit", "Digests of boot events are compared in part.",
             with_entry(log, 5, digest=log[5]["digest"][:-1]
                        + f"{int(log[5]['digest'][-1], 16) ^ 1:x}")),
            ("all-removed", "An empty log proves everything.", []),
        ):  # fmt: skip
            self.builder.reject(
                slug, why, parent="string", breaks="DST-6", flags=("RegisterMismatch",),
                given={"event_log": compact(changed)}, critical=True,
            )  # fmt: skip

    def _registers(self) -> None:
        log = self.log
        ends = registers(log)
        self.builder.group({"scope": "all", "rtmrs": ends})
        for number, end in enumerate(ends):
            turned = end[:-1] + f"{int(end[-1], 16) ^ 1:x}"
            for slug, why, wrong in (
                ("last-bit", f"Register {number} is compared in part, or not at all.", turned),
                ("zero", f"Register {number} is passed over where the quote has zero.", ZERO),
            ):
                rtmrs = [*ends[:number], wrong, *ends[number + 1 :]]
                self.builder.reject(
                    f"register-{number}-{slug}", why, parent="array", breaks="DST-6",
                    flags=("RegisterMismatch",), given={"rtmrs": rtmrs}, critical=True,
                )  # fmt: skip
        exchanged = [ends[1], ends[0], *ends[2:]]
        self.builder.reject(
            "registers-exchanged", "The registers are compared as a set.", parent="array",
            breaks="DST-6", flags=("RegisterMismatch",), given={"rtmrs": exchanged},
            change=Rebuilt("rtmrs", "RTMR0, RTMR1", "RTMR1, RTMR0"),
        )  # fmt: skip

    def _scope(self) -> None:
        log, at = self.log, self.compose
        ends = registers(log)
        self.builder.group({"scope": "rtmr3", "rtmrs": ends})
        boot, runtime = log[:6], log[6:]
        stripped = [{**entry, "digest": ""} for entry in boot] + runtime
        self._accept("only-register-3-without-boot", "The caller cannot ask for register 3 alone.",
                     ("DST-5",), runtime)  # fmt: skip
        self._accept("only-register-3-with-boot", "Boot events without digests are proven.",
                     ("DST-5",), log, sent=stripped, unproven=6)  # fmt: skip
        parent = "only-register-3-with-boot"
        cases = (
            ("only-register-3-forged", "The narrow scope leaves the recomputation out.", "DST-2",
             with_entry(stripped, at, event_payload="00" * 32), "ForgedPayload"),
            ("only-register-3-other-type", "The narrow scope leaves the types out.", "DST-3",
             with_entry(stripped, at, event_type=1), "TypeAndRegister"),
            ("only-register-3-boot-in-register-3", "A boot event is passed over in register 3.",
             "DST-3", with_entry(stripped, 0, imr=3), "TypeAndRegister"),
        )  # fmt: skip
        for slug, why, breaks, changed, flag in cases:
            self.builder.reject(
                slug, why, parent=parent, breaks=breaks, flags=(flag,), critical=True,
                or_breaks=("DST-4",) if breaks == "DST-2" else (), given={"event_log": changed},
            )  # fmt: skip
        self.builder.reject(
            "only-register-3-mismatch", "The narrow scope replays no register.", parent=parent,
            breaks="DST-6", flags=("RegisterMismatch",), critical=True,
            given={"rtmrs": [*ends[:3], ZERO]},
        )  # fmt: skip
        self.builder.reject(
            "all-without-boot", "A log without boot events is judged in the narrow scope unasked.",
            parent="only-register-3-without-boot", breaks="DST-6", also=("DST-5",),
            flags=("BootWithoutDigest",), given={"scope": "all"}, critical=True,
        )  # fmt: skip

    def _many(self) -> None:
        random = self.builder.random("many")
        log: List[Entry] = []
        for number in range(200):
            size = random(1)[0]
            name = "".join(chr(0x20 + byte % 0x5F) for byte in random(number % 12))
            log.append(runtime_event(name, random(size % 40), 1 + size % 2))
        sent = compact(without(log, "digest", "preimage"))
        self.builder.group({"scope": "all", "rtmrs": registers(log)})
        given = {"event_log": sent}
        self.builder.accept(
            "accumulated",
            "200 seeded events of both versions end in one register: what no single case has.",
            req=("DST-2", "DST-6", "DST-23"), given=given, out=outcome(log, stripped=200),
            mid={"rtmr3": registers(log)[3]},
        )  # fmt: skip
        last = hashlib.sha256(b"colon").digest()
        moved = [runtime_event("a", b"b:" + last)]
        shown = [{**moved[0], "event": "a:b", "event_payload": last.hex()}]
        self.builder.group({"scope": "all", "rtmrs": registers(moved)})
        self._accept("colon-moved", "A moved colon is called a forgery where nothing is looked up.",
                     ("DST-2",), moved, sent=shown)  # fmt: skip
