"""Vectors of `compose.verify`: event log, MRCONFIGID and text of the compose file."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, Optional, Sequence

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.dstack.documents import FLAGS, document_cases
from conformance.generate.dstack.kit import (
    ZERO,
    Entry,
    app_events,
    compact,
    make_machine,
    registers,
    runtime_event,
)
from venice_ref.crypto.keccak import keccak_256

__all__ = ["generate"]

PROVIDERS: Final = {"none": 0, "local-sgx": 1, "kms": 2, "tpm": 3}


def mr_config_id(kind: int, digest: bytes) -> str:
    """Return MRCONFIGID of a kind."""
    return (bytes([kind]) + digest).ljust(48, b"\0").hex()


def kind_2(compose: bytes, app_id: bytes, provider: int, provider_id: bytes) -> str:
    """Return MRCONFIGID of kind 2."""
    return mr_config_id(2, keccak_256(compose + app_id + bytes([provider]) + provider_id))


def kind_3(document: str) -> str:
    """Return MRCONFIGID of kind 3."""
    hashed = b"dstack-mr-config-v3:\0" + document.encode("utf-8")
    return mr_config_id(3, hashlib.sha256(hashed).digest())


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/compose`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _Compose(builder)
    file.ordinary()
    file.texts()
    file.unknown_kinds()
    file.second_kind()
    file.third_kind()
    file.documents()
    file.withheld()
    file.limits()


class _Compose:
    """The vectors around one machine; log and text of the machine are shared by the group."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.machine = make_machine(builder.random("machine"))
        self.policy = builder.random("GPU policy")(32)
        self.log = self.log_of()
        self.kind_1 = mr_config_id(1, self.machine.compose_hash)
        builder.group({"event_log": self.log, "rtmrs": registers(self.log)})

    def log_of(self, **payloads: bytes) -> List[Entry]:
        """Return a short log of the machine."""
        names = ("app-id", "compose-hash", "instance-id", "key-provider", "system-ready")
        events = app_events(self.machine, **payloads)
        return [
            runtime_event("gpu-policy-hash", self.policy),
            *(entry for entry in events if entry["event"] in names),
        ]

    def accept(
        self, slug: str, why: str, req: Sequence[str], given: Dict[str, Any], kind: int,
        **changes: Any,
    ) -> None:  # fmt: skip
        bound = [name for name, there in (
            ("event_log", given.get("event_log", True) is not None), ("mr_config_id", kind)
        ) if there]  # fmt: skip
        text = given.get("app_compose", "")
        compose = self.machine.compose_hash
        out = {"compose_hash": compose.hex(), "kind": kind, "bound_by": bound,
               "text_matches": bool(text), **changes}  # fmt: skip
        self.builder.accept(slug, why, req=req, given=given, out=out)

    def reject(
        self, slug: str, why: str, parent: str, breaks: str, flag: str, given: Dict[str, Any],
        *, change: Optional[Rebuilt] = None, **keywords: Any,
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, flags=(flag,), given=given, change=change,
            **keywords,
        )  # fmt: skip

    def ordinary(self) -> None:
        text = self.machine.compose
        one = {"mr_config_id": self.kind_1}
        three = ("DST-11", "DST-12", "DST-14")
        self.accept("kind-1", "The ordinary machine: log, MRCONFIGID and text agree.", three,
                    {**one, "app_compose": text}, 1)  # fmt: skip
        self.accept("kind-1-without-text", "The text is demanded.", ("DST-11", "DST-14"), one, 1)
        zero = {"mr_config_id": ZERO}
        self.accept("zero", "MRCONFIGID that is not set is an unknown kind.", three,
                    {**zero, "app_compose": text}, 0)  # fmt: skip
        self.accept("zero-without-text", "The log alone is called no proof.", ("DST-14", "DST-12"),
                    zero, 0)  # fmt: skip
        config = {"vm_config": {"mr_config": "not JSON", "cpu_count": 4}}
        self.accept("kind-1-with-a-document", "A document that nothing refers to is parsed.",
                    ("DST-13",), {**one, **config}, 1)  # fmt: skip

    def texts(self) -> None:
        text = self.machine.compose
        one = {"mr_config_id": self.kind_1, "app_compose": text}
        for slug, why, other in (
            ("text-with-a-newline", "The text is trimmed before it is hashed.", text + "\n"),
            ("text-with-a-space", "The text is trimmed before it is hashed.", " " + text),
            ("text-of-another-image", "The text is shown and not hashed.",
             text.replace("image: sample", "image: Sample")),
            ("text-written-anew", "The file is parsed and serialised before it is hashed.",
             compact(json.loads(text))),
            ("text-with-crlf", "Line ends are normalised.", text.replace("\n", "\r\n")),
        ):  # fmt: skip
            for parent, config in (("kind-1", self.kind_1), ("zero", ZERO)):
                if parent == "kind-1" or "image" in slug:
                    self.reject(
                        slug if parent == "kind-1" else f"{slug}-by-the-log-alone", why, parent,
                        "DST-11", "OtherText", {"mr_config_id": config, "app_compose": other},
                        critical=True,
                    )  # fmt: skip
        self._measured_texts(text)
        self._other_hashes(one)

    def _measured_texts(self, text: str) -> None:
        for slug, why, other in (
            ("text-beyond-ascii", "The text is hashed in another encoding than UTF-8.",
             text.replace("sample", "größe\U0001f600")),
            ("text-not-json", "The file is parsed before it is hashed.", "# YAML\n\r\n\t"),
            ("text-with-newline-measured", "The text is trimmed before it is hashed.", text + "\n"),
        ):  # fmt: skip
            digest = hashlib.sha256(other.encode("utf-8")).digest()
            log = self.log_of(compose_hash=digest)
            given = {"event_log": log, "rtmrs": registers(log), "app_compose": other,
                     "mr_config_id": mr_config_id(1, digest)}  # fmt: skip
            self.accept(slug, why, ("DST-11",), given, 1, compose_hash=digest.hex())

    def _other_hashes(self, one: Dict[str, Any]) -> None:
        log = self.log_of(compose_hash=bytes(32))
        change = Rebuilt("event_log.compose-hash.event_payload", self.machine.compose_hash.hex(),
                         "00" * 32)  # fmt: skip
        forged = {"event_log": log, "rtmrs": registers(log)}
        self.reject(
            "event-of-another-file",
            "The event log is not compared with MRCONFIGID.",
            "kind-1",
            "DST-11",
            "HashesDiffer",
            forged,
            change=change,
            critical=True,
        )
        self.reject("event-of-another-file-without-text", "Only the text is compared.",
                    "kind-1-without-text", "DST-11", "HashesDiffer", forged, change=change,
                    critical=True)  # fmt: skip
        self.reject(
            "event-of-another-file-alone",
            "The text is not compared with the log.",
            "zero",
            "DST-11",
            "OtherText",
            forged,
            change=change,
            critical=True,
        )
        other = mr_config_id(1, self.machine.compose_hash[::-1])
        self.reject(
            "kind-1-of-another-file",
            "MRCONFIGID is not compared with the log.",
            "kind-1",
            "DST-11",
            "HashesDiffer",
            {**one, "mr_config_id": other},
            critical=True,
        )

    def unknown_kinds(self) -> None:
        digest = self.machine.compose_hash
        for slug, why, value in (
            ("kind-4", "A later kind is not checked.", mr_config_id(4, digest)),
            ("kind-255", "The kind is read as signed.", mr_config_id(255, digest)),
            ("kind-0-with-a-hash", "The first byte alone says that nothing is set.",
             mr_config_id(0, digest)),
            ("kind-0-with-a-last-byte", "Only the first 33 bytes are looked at.", "00" * 47 + "01"),
            ("hash-without-a-kind", "The hash is expected at the start.",
             digest.hex().ljust(96, "0")),
            ("kind-1-with-a-last-byte", "The bytes behind the hash are not looked at.",
             self.kind_1[:-2] + "01"),
            ("kind-1-with-a-byte-behind-the-hash", "The bytes behind the hash are not looked at.",
             self.kind_1[:66] + "01" + self.kind_1[68:]),
        ):  # fmt: skip
            self.reject(slug, why, "kind-1", "DST-12", "MrConfigId", {"mr_config_id": value},
                        critical=True)  # fmt: skip

    def second_kind(self) -> None:
        machine, compose = self.machine, self.machine.compose_hash
        for name, number in PROVIDERS.items():
            known = b"" if name == "none" else machine.kms_id
            log = self.log_of(key_provider=machine.key_provider(name, provider_id=known))
            given = {"event_log": log, "rtmrs": registers(log), "app_compose": machine.compose,
                     "mr_config_id": kind_2(compose, machine.app_id, number, known)}  # fmt: skip
            self.accept(f"kind-2-{name}", f"The byte of the provider is not {number}.",
                        ("DST-12", "DST-14"), given, 2)  # fmt: skip
            if name == "tpm":
                later = kind_2(compose, machine.app_id, number, b"")
                self.accept("kind-2-tpm-without-id", "The value of later versions is refused.",
                            ("DST-26", "DST-12"), {**given, "mr_config_id": later}, 2)  # fmt: skip
        right = kind_2(compose, machine.app_id, 2, machine.kms_id)
        hashed = compose + machine.app_id + b"\2" + machine.kms_id
        for slug, why, value in (
            ("other-file", "The compose hash is not part of it.",
             kind_2(bytes(32), machine.app_id, 2, machine.kms_id)),
            ("other-app", "The application id is not part of it.",
             kind_2(compose, bytes(20), 2, machine.kms_id)),
            ("other-provider", "The provider is not part of it.",
             kind_2(compose, machine.app_id, 0, machine.kms_id)),
            ("other-provider-id", "The id of the provider is not part of it.",
             kind_2(compose, machine.app_id, 2, bytes(32))),
            ("without-provider-id", "What later versions do for a TPM is done for all.",
             kind_2(compose, machine.app_id, 2, b"")),
            ("provider-id-as-text", "The id is hashed as hexadecimal.",
             kind_2(compose, machine.app_id, 2, machine.kms_id.hex().encode())),
            ("sha3", "SHA3-256 is used for Keccak-256.",
             mr_config_id(2, hashlib.sha3_256(hashed).digest())),
            ("sha256", "The hash of the other kinds is used.",
             mr_config_id(2, hashlib.sha256(hashed).digest())),
            ("compose-hash", "Kind 2 is read as kind 1.", mr_config_id(2, compose)),
            ("last-byte", "The bytes behind the hash are not looked at.", right[:-2] + "01"),
        ):  # fmt: skip
            self.reject(
                f"kind-2-{slug}", why, "kind-2-kms", "DST-12", "MrConfigId",
                {"mr_config_id": value}, critical=True,
            )  # fmt: skip

    # --- Kind 3 ---------------------------------------------------------------------------------

    def document(self, **changes: Any) -> str:
        """Return the document of the machine; `None` leaves a member out."""
        machine = self.machine
        members: Dict[str, Any] = {
            "app_id": machine.app_id.hex(),
            "compose_hash": machine.compose_hash.hex(),
            "gpu_policy_hash": self.policy.hex(),
            "init_script_hashes": [],
            "instance_id": machine.instance_id.hex(),
            "key_provider": "kms",
            "key_provider_id": machine.kms_id.hex(),
            "version": 3,
            **changes,
        }
        return compact({name: value for name, value in members.items() if value is not None})

    def config(self, document: str) -> Dict[str, Any]:
        return {"mr_config_id": kind_3(document), "vm_config": {"mr_config": document}}

    def third_kind(self) -> None:
        document, text = self.document(), {"app_compose": self.machine.compose}
        whole = {**self.config(document), **text}
        self.accept("kind-3", "The document of the machine agrees with log and text.",
                    ("DST-11", "DST-12", "DST-13", "DST-14"), whole, 3)  # fmt: skip
        self.accept("kind-3-without-log", "The log is demanded.", ("DST-13", "DST-14"),
                    {**whole, "event_log": None}, 3)  # fmt: skip
        outer = json.dumps({"cpu_count": 4, "mr_config": document}, indent=1)
        self.accept("kind-3-config-as-text", "Only an object is taken.", ("DST-13", "DST-25"),
                    {**whole, "vm_config": outer}, 3)  # fmt: skip
        optional = ("app_id", "gpu_policy_hash", "init_script_hashes", "instance_id",
                    "key_provider_id", "version")  # fmt: skip
        least = self.document(**dict.fromkeys(optional))
        self.accept("kind-3-least", "A member that may be absent is demanded.", ("DST-13",),
                    {**self.config(least), **text}, 3)  # fmt: skip
        spaced = json.dumps(json.loads(document), indent=2) + "\n"
        self.accept("kind-3-with-spaces", "The document is parsed and written anew.", ("DST-12",),
                    {**self.config(spaced), **text}, 3)  # fmt: skip
        upper = self.document(app_id=self.machine.app_id.hex().upper())
        self.accept("kind-3-upper-case", "Values are compared as texts.", ("DST-13",),
                    {**self.config(upper), **text}, 3)  # fmt: skip
        for name, shown in (("none", "none"), ("local-sgx", "local"), ("tpm", "tpm")):
            log = self.log_of(key_provider=self.machine.key_provider(name))
            changed = self.config(self.document(key_provider=shown))
            self.accept(
                f"kind-3-{name}",
                f"{shown} in the document is not {name} in the log.",
                ("DST-13",),
                {**changed, "event_log": log, "rtmrs": registers(log)},
                3,
            )
        log = self.log[1:]
        self.accept(
            "kind-3-policy-in-the-document-only", "A value that the log lacks is a contradiction.",
            ("DST-13",), {**whole, "event_log": log, "rtmrs": registers(log)}, 3,
        )  # fmt: skip
        right = whole["mr_config_id"]
        plain = hashlib.sha256(document.encode()).digest()
        no_nul = hashlib.sha256(b"dstack-mr-config-v3:" + document.encode()).digest()
        for slug, why, value in (
            ("without-domain", "The document is hashed without its prefix.",
             mr_config_id(3, plain)),
            ("without-nul", "The zero byte of the prefix is left out.", mr_config_id(3, no_nul)),
            ("last-byte", "The bytes behind the hash are not looked at.", right[:-2] + "01"),
            ("compose-hash", "Kind 3 is read as kind 1.",
             mr_config_id(3, self.machine.compose_hash)),
        ):  # fmt: skip
            self.reject(f"kind-3-{slug}", why, "kind-3", "DST-12", "MrConfigId",
                        {"mr_config_id": value}, critical=True)  # fmt: skip
        for slug, why, other in (
            ("other-document", "The document is read and not hashed.", self.document(app_id=None)),
            ("document-written-anew", "The document is parsed and written anew.", spaced),
            ("document-trimmed", "The document is trimmed.", document + "\n"),
        ):  # fmt: skip
            self.reject(f"kind-3-{slug}", why, "kind-3", "DST-12", "MrConfigId",
                        {"vm_config": {"mr_config": other}}, critical=True)  # fmt: skip

    def documents(self) -> None:
        machine = self.machine
        known = json.loads(self.document())
        for slug, why, changes, flag in document_cases(machine):
            ((name, value),) = changes.items()
            self._reject_document(
                slug, why, "DST-13", flag, self.document(**changes),
                Rebuilt(f"mr_config.{name}", known.get(name), value),
            )  # fmt: skip
        text = self.document()
        for slug, why, other in (
            ("array", "The first entry of an array is taken.", f"[{text}]"),
            ("cut", "What parses of a cut text is taken.", text[:-1]),
            ("member-twice", "The last of two equal members wins.",
             text.replace('"version":3', '"version":3,"version":3')),
            ("more-behind", "What follows the object is not looked at.", text + "{}"),
        ):  # fmt: skip
            self._reject_document(slug, why, "DST-13", "Document", other,
                                  Rebuilt("mr_config", text, other))  # fmt: skip
        other = self.document(compose_hash="00" * 32)
        change = Rebuilt("mr_config.compose_hash", machine.compose_hash.hex(), "00" * 32)
        self._reject_document("other-file", "compose_hash of the document is not compared with the"
                              " log.", "DST-11", "HashesDiffer", other, change)  # fmt: skip
        self._reject_document("other-file-without-log", "compose_hash of the document is not"
                              " compared with the text.", "DST-11", "OtherText", other, change,
                              parent="kind-3-without-log")  # fmt: skip
        for slug, provider in (("unknown-provider", "vault"), ("provider-of-the-log", "local-sgx")):
            self._reject_document(
                f"{slug}-without-log", "The provider is judged by comparison with the log only.",
                "DST-13", "Document", self.document(key_provider=provider),
                Rebuilt("mr_config.key_provider", "kms", provider), parent="kind-3-without-log",
            )  # fmt: skip
        for slug, why, config in (
            ("config-array", "A configuration of another type counts as absent.", "[]"),
            ("config-cut", "A configuration that does not parse counts as absent.", '{"mr_config"'),
        ):  # fmt: skip
            self.reject(
                f"kind-3-{slug}", why, "kind-3-config-as-text", "DST-13", "Document",
                {"vm_config": config}, or_breaks=("DST-14",),
            )  # fmt: skip

    def _reject_document(
        self, slug: str, why: str, breaks: str, flag: str, document: str, change: Rebuilt,
        parent: str = "kind-3",
    ) -> None:  # fmt: skip
        self.reject(f"kind-3-{slug}", why, parent, breaks, flag, self.config(document),
                    change=change, critical=flag != "Document")  # fmt: skip

    def withheld(self) -> None:
        none: Dict[str, Any] = {"event_log": None}
        self.accept(
            "kind-1-without-log", "The log is demanded where MRCONFIGID proves the file.",
            ("DST-14", "DST-11"),
            {"mr_config_id": self.kind_1, "app_compose": self.machine.compose, **none}, 1,
        )  # fmt: skip
        self.reject("nothing", "A text beside a quote is called bound.", "zero", "DST-14",
                    "Unbound", none, critical=True)  # fmt: skip
        self.reject(
            "text-of-another-image-by-mr-config-id-alone",
            "The text is compared with the log only.",
            "kind-1-without-log",
            "DST-11",
            "OtherText",
            {"app_compose": self.machine.compose + " "},
            critical=True,
        )
        self.reject("kind-2-without-log", "MRCONFIGID that cannot be computed is passed over.",
                    "kind-2-kms", "DST-14", "Unbound", none, critical=True)  # fmt: skip
        for slug, why, config in (
            ("document", "MRCONFIGID that cannot be computed is passed over.", ...),
            ("mr-config", "An absent document is passed over.", {"cpu_count": 4}),
            ("text-of-the-document", "An empty document is passed over.", {"mr_config": ""}),
        ):  # fmt: skip
            self.reject(f"kind-3-without-{slug}", why, "kind-3", "DST-14", "Unbound",
                        {"vm_config": config}, change=Rebuilt("vm_config", "a document", slug),
                        critical=True)  # fmt: skip

    def limits(self) -> None:
        empty = self.document(init_script_hashes=[""])

        def filled(size: int, tail: str = "") -> str:
            filling = "x" * (size - len(empty.encode()) - len(tail.encode())) + tail
            return empty.replace('[""]', f'["{filling}"]')

        most = filled(65536)
        self.accept(
            "kind-3-longest", "The limit is one too low.", ("DST-25",), self.config(most), 3
        )
        for slug, why, document in (
            ("longer", "The document has no limit.", filled(65537)),
            ("longer-in-bytes", "The limit counts characters.", filled(65537, "ü")),
        ):
            self._reject_document(slug, why, "DST-25", "TooLarge", document,
                                  Rebuilt("mr_config", "65536 bytes", "65537 bytes"),
                                  parent="kind-3-longest")  # fmt: skip
