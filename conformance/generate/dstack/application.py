"""Vectors of `application.verify`: which application a log names."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Optional, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.dstack.kit import (
    Entry,
    Machine,
    app_events,
    index_of,
    make_machine,
    registers,
    runtime_event,
    with_entry,
)

__all__ = ["generate"]

REQUIRED: Final = ("app-id", "compose-hash", "instance-id", "key-provider")
OPTIONAL: Final = ("rootfs-hash", "mr-kms", "os-image-hash", "gpu-policy-hash")

FLAGS: Final[Dict[str, Flag]] = {
    "AfterSystemReady": Flag(
        "AUTH_BYPASS",
        "An event with the name of a boot event follows system-ready.",
        "The application itself says which application it is: it can extend register 3 freely.",
        "Look names up before the first system-ready only.",
        ("https://github.com/Dstack-TEE/dstack (dstack-util, system_setup.rs)",),
    ),
    "EventCount": Flag(
        "AUTH_BYPASS",
        "An event that is looked up is missing, or occurs twice.",
        "Two verifiers choose different events, and one of them is deceived.",
        "Count the events of each name; exactly one of the four, at most one of the others.",
    ),
    "PayloadSize": Flag(
        "MALFORMED",
        "The payload of an event is not of its size.",
        "A value that is cut or padded is compared with one that is not.",
        "Check the exact size before the value is used.",
    ),
    "KeyProvider": Flag(
        "MALFORMED",
        "The payload of key-provider is not an object with a known name and a hexadecimal id.",
        "Who gives the application its keys is unknown, and is reported as somebody.",
        "Parse strictly; four names, exact spelling.",
    ),
    "MovedColon": Flag(
        "AUTH_BYPASS",
        "The name of an event of version 1 has a colon: its digest is that of a shorter name too.",
        "An event is hidden, or shown under another name, and the register still fits.",
        "Refuse such a name before system-ready; compare whole names.",
    ),
}


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/application`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    builder.group()
    file = _Applications(builder)
    file.ordinary()
    file.providers()
    file.after_system_ready()
    file.counts()
    file.sizes()
    file.wrong_providers()
    file.colons()


class _Applications:
    """The vectors around one machine."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.machine: Machine = make_machine(builder.random("machine"))
        self.log = app_events(self.machine)

    def out(self, **changes: Any) -> Dict[str, Any]:
        """Return what the ordinary log gives, with changes."""
        machine = self.machine
        return {
            "app_id": machine.app_id.hex(),
            "compose_hash": machine.compose_hash.hex(),
            "instance_id": machine.instance_id.hex(),
            "key_provider": {"name": "kms", "id": machine.kms_id.hex()},
            "rootfs_hash": None,
            "mr_kms": None,
            "os_image_hash": machine.os_image_hash.hex(),
            "gpu_policy_hash": None,
            "system_ready": True,
            "later_events": 0,
            **changes,
        }

    def accept(
        self, slug: str, why: str, req: Tuple[str, ...], log: List[Entry], **changes: Any
    ) -> None:
        self.builder.accept(
            slug, why, req=req, given={"event_log": log, "rtmrs": registers(log)},
            out=self.out(**changes),
        )  # fmt: skip

    def reject(
        self, slug: str, why: str, breaks: str, log: List[Entry], flag: str,
        change: Tuple[str, Any, Any], **keywords: Any,
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, why, parent=keywords.pop("parent", "ordinary"), breaks=breaks, flags=(flag,),
            given={"event_log": log, "rtmrs": registers(log)}, change=Rebuilt(*change),
            **keywords,
        )  # fmt: skip

    def replaced(self, name: str, payload: bytes, version: int = 1) -> List[Entry]:
        """Return the log with another payload in one event."""
        log = list(self.log)
        log[index_of(log, name)] = runtime_event(name, payload, version)
        return log

    def removed(self, *names: str) -> List[Entry]:
        return [entry for entry in self.log if entry["event"] not in names]

    def ordinary(self) -> None:
        log, machine = self.log, self.machine
        self.accept("ordinary", "The ordinary log of a machine with a key service.",
                    ("DST-7", "DST-8", "DST-9", "DST-21", "DST-22"), log)  # fmt: skip
        self.accept("version-2", "Events of version 2 are not looked up.", ("DST-8",),
                    app_events(machine, 2))  # fmt: skip
        self.accept("only-the-required-events", "An optional event is demanded.",
                    ("DST-8", "DST-22"), self.removed("system-preparing", "boot-mr-done",
                                                      "os-image-hash"),
                    os_image_hash=None)  # fmt: skip
        self.accept("before-system-ready", "A log that ends in the middle of the boot is refused,"
                    " or called ready.", ("DST-7",), log[:-1], system_ready=False)  # fmt: skip
        self.accept("empty-instance-id", "An empty instance id is an error.", ("DST-9",),
                    self.replaced("instance-id", b""), instance_id="")  # fmt: skip
        derived = machine.compose_hash[:20]
        self.accept("app-id-of-the-compose-file", "The id is expected to be registered.",
                    ("DST-9",), self.replaced("app-id", derived), app_id=derived.hex())  # fmt: skip
        self.accept("other-order", "Events are looked up by their place.", ("DST-8",),
                    [*reversed(log[:-1]), log[-1]])  # fmt: skip
        for name in OPTIONAL:
            if name != "os-image-hash":
                value = self.builder.random(name)(32)
                self.accept(
                    f"with-{name}", "The event is not looked up.", ("DST-22", "DST-8"),
                    [runtime_event(name, value), *log],
                    **{name.replace("-", "_"): value.hex()},
                )  # fmt: skip
        twice = [runtime_event("init-script-hash", bytes(32))] * 2
        self.accept("unknown-event-twice", "Every name has to be unique.", ("DST-8",),
                    [*twice, *log])  # fmt: skip
        cased = runtime_event("Compose-Hash", bytes(32))
        self.accept("name-in-another-case", "Names are compared without case.", ("DST-8",),
                    [cased, *log])  # fmt: skip

    def providers(self) -> None:
        for name in ("none", "local-sgx", "tpm"):
            provider_id = b"" if name == "none" else self.machine.kms_id
            payload = self.machine.key_provider(name, provider_id=provider_id)
            self.accept(f"key-provider-{name}", "The provider is not known.", ("DST-21",),
                        self.replaced("key-provider", payload),
                        key_provider={"name": name, "id": provider_id.hex()})  # fmt: skip
        for slug, why, text in (
            ("with-spaces", "The payload is compared as text.", ' {"id" : "AB",\n"name":"tpm"} '),
            ("with-more-members", "An unknown member makes the provider unknown.",
             '{"name":"tpm","id":"ab","more":[1]}'),
            ("with-escapes", "The name is compared as it is written.",
             '{"name":"\\u0074pm","id":"ab"}'),
        ):  # fmt: skip
            self.accept(f"key-provider-{slug}", why, ("DST-21",),
                        self.replaced("key-provider", text.encode("utf-8")),
                        key_provider={"name": "tpm", "id": "ab"})  # fmt: skip

    def after_system_ready(self) -> None:
        log = self.log
        forged = [runtime_event(name, bytes(20)) for name in REQUIRED]
        self.accept("forged-events-after-system-ready", "The last event of a name is taken.",
                    ("DST-7", "DST-8"), log + forged, later_events=4)  # fmt: skip
        second = [runtime_event("system-ready"), runtime_event("compose-hash", bytes(32))]
        self.accept("second-system-ready", "The boot ends at the last system-ready.", ("DST-7",),
                    log + second, later_events=2)  # fmt: skip
        self.accept("colon-after-system-ready", "A colon in an event of the application is an"
                    " error.", ("DST-10", "DST-7"), [*log, runtime_event("a:b")],
                    later_events=1)  # fmt: skip
        for name in REQUIRED:
            entry = log[index_of(log, name)]
            self.reject(
                f"{name}-after-system-ready", "Names are looked up in the whole log.", "DST-7",
                [*self.removed(name), entry], "AfterSystemReady",
                (f"event_log.{name}", "before system-ready", "after system-ready"),
                or_breaks=("DST-8",), critical=True,
            )  # fmt: skip
        self.reject(
            "system-ready-first", "A log whose boot is over at once is looked up as a whole.",
            "DST-7", [log[-1], *log[:-1]], "AfterSystemReady",
            ("event_log.system-ready", "last", "first"), or_breaks=("DST-8",), critical=True,
        )  # fmt: skip

    def counts(self) -> None:
        log = self.log
        for name in REQUIRED:
            self.reject(
                f"without-{name}", "A missing event is reported as an empty value.", "DST-8",
                self.removed(name), "EventCount", (f"event_log.{name}", 1, 0),
            )  # fmt: skip
        for name in (*REQUIRED, *OPTIONAL):
            known = [entry for entry in log if entry["event"] == name]
            entry = known[0] if known else runtime_event(name, bytes(32))
            twice = [entry, *([] if known else [entry]), *log]
            self.reject(
                f"{name}-twice", "The first or the last of two events is taken.", "DST-8", twice,
                "EventCount", (f"event_log.{name}", len(known), 2), critical=name in REQUIRED,
            )  # fmt: skip
        for slug, place in (("first", 0), ("last", len(log) - 1)):
            forged = [*log[:place], runtime_event("compose-hash", bytes(32)), *log[place:]]
            self.reject(
                f"other-compose-hash-{slug}", f"The {slug} of two different events is taken.",
                "DST-8", forged, "EventCount", ("event_log.compose-hash", 1, 2), critical=True,
            )  # fmt: skip
        spaced = list(log)
        at = index_of(log, "app-id")
        spaced[at] = runtime_event("app-id ", self.machine.app_id)
        self.reject("app-id-with-a-space", "Names are trimmed.", "DST-8", spaced, "EventCount",
                    ("event_log.app-id.event", "app-id", "app-id "))  # fmt: skip
        self.reject("no-events", "A log without events names an empty application.", "DST-8", [],
                    "EventCount", ("event_log", len(log), 0))  # fmt: skip

    def sizes(self) -> None:
        machine = self.machine
        cases: Tuple[Tuple[str, bytes, Tuple[int, ...]], ...] = (
            ("app-id", machine.app_id, (0, 19, 21, 32)),
            ("compose-hash", machine.compose_hash, (0, 20, 31, 33)),
            ("instance-id", machine.instance_id, (1, 19, 21)),
            ("os-image-hash", machine.os_image_hash, (0, 31, 33)),
        )
        for name, value, sizes in cases:
            breaks = "DST-9" if name in REQUIRED else "DST-22"
            for size in sizes:
                payload = value[:size].ljust(size, b"\0")
                self.reject(
                    f"{name}-of-{size}-bytes", "A value of another size is padded, cut or taken.",
                    breaks, self.replaced(name, payload), "PayloadSize",
                    (f"event_log.{name}.event_payload", value.hex(), payload.hex()),
                )  # fmt: skip
        text = machine.compose_hash.hex().encode("ascii")
        self.reject("compose-hash-in-hexadecimal", "The payload is decoded once more.", "DST-9",
                    self.replaced("compose-hash", text), "PayloadSize",
                    ("event_log.compose-hash.event_payload", machine.compose_hash.hex(),
                     text.hex()))  # fmt: skip
        for name in OPTIONAL:
            if name != "os-image-hash":
                self.reject(
                    f"{name}-of-31-bytes", "The size of an optional value is not looked at.",
                    "DST-22", [runtime_event(name, bytes(31)), *self.log], "PayloadSize",
                    (f"event_log.{name}.event_payload", "00" * 32, "00" * 31),
                    parent=f"with-{name}",
                )  # fmt: skip

    def wrong_providers(self) -> None:
        known = self.machine.key_provider()
        for slug, why, payload in (
            ("empty", "An empty payload is taken for no provider.", b""),
            ("not-json", "A bare name is taken for the provider.", b"kms"),
            ("not-utf-8", "Bytes that are no text are replaced.",
             b'{"name":"kms","id":"","x":"\xff"}'),
            ("array", "The first entry of an array is taken.", b'["kms",""]'),
            ("member-twice", "The last of two equal members wins.",
             b'{"name":"none","name":"kms","id":""}'),
            ("more-behind", "What follows the object is not looked at.",
             b'{"name":"kms","id":""}{}'),
            ("byte-order-mark", "A byte order mark is skipped.",
             b'\xef\xbb\xbf{"name":"kms","id":""}'),
            ("without-name", "An absent name is taken for none.", b'{"id":""}'),
            ("without-id", "An absent id is taken for an empty one.", b'{"name":"none"}'),
            ("null-id", "null is taken for an empty id.", b'{"name":"none","id":null}'),
            ("name-in-upper-case", "Names are compared without case.", b'{"name":"KMS","id":""}'),
            ("unknown-name", "An unknown provider is taken for none.",
             b'{"name":"vault","id":""}'),
            ("local", "The name of MRCONFIGID's document is taken in the log.",
             b'{"name":"local","id":""}'),
            ("name-number", "The number of a provider is taken for its name.",
             b'{"name":2,"id":""}'),
            ("id-odd", "The last digit of an odd number is dropped.", b'{"name":"kms","id":"abc"}'),
            ("id-0x", "A prefix is removed.", b'{"name":"kms","id":"0xab"}'),
            ("id-base64", "The id is taken as text.", b'{"name":"kms","id":"q80="}'),
            ("id-number", "A number is converted.", b'{"name":"kms","id":12}'),
        ):  # fmt: skip
            self.reject(
                f"key-provider-{slug}", why, "DST-21", self.replaced("key-provider", payload),
                "KeyProvider", ("event_log.key-provider.event_payload", known.hex(), payload.hex()),
            )  # fmt: skip

    def colons(self) -> None:
        log, at = self.log, index_of(self.log, "key-provider")
        text = self.machine.key_provider()
        head, _, tail = (b"key-provider:" + text).rpartition(b":")
        moved: Optional[str] = head.decode("ascii")
        hidden = with_entry(log, at, event=moved, event_payload=tail.hex())
        self.accept("colon-in-version-2", "A colon is refused where the digest says where the name"
                    " ends.", ("DST-10",), [runtime_event("a:b", b"", 2), *log])  # fmt: skip
        both = [*hidden[: at + 1], runtime_event("key-provider", text), *hidden[at + 1 :]]
        for slug, why, changed, change in (
            ("key-provider-hidden", "The event is hidden under a longer name with its own digest.",
             hidden, ("event_log.key-provider.event", "key-provider", moved)),
            ("second-key-provider-hidden", "Of two events the one with a moved colon is not seen.",
             both, ("event_log.key-provider", 1, 2)),
            ("colon-in-unknown-name", "Only names that begin like a known one are looked at.",
             [runtime_event("x:y"), *log], ("event_log", "without x:y", "with x:y")),
            ("name-is-a-colon", "A colon at the end or alone is not seen.",
             [runtime_event(":"), *log], ("event_log", "without :", "with :")),
        ):  # fmt: skip
            self.reject(slug, why, "DST-10", changed, "MovedColon", change,
                        or_breaks=("DST-8",) if slug == "key-provider-hidden" else (),
                        critical=True)  # fmt: skip
