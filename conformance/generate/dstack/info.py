"""Vectors of `info.verify`: the claims of `info` against quote, log and certificate."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, Optional, Sequence

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.dstack.kit import (
    ZERO,
    Entry,
    app_events,
    compact,
    make_machine,
    registers,
)

__all__ = ["generate"]

FLAGS: Final[Dict[str, Flag]] = {
    "FalseClaim": Flag(
        "AUTH_BYPASS",
        "A member of info is not what quote, log or certificate prove.",
        "A person is shown the measurements of a good machine beside the quote of another one.",
        "Compare every claim that is shown, in both objects.",
    ),
    "DerivedId": Flag(
        "AUTH_BYPASS",
        "A derived id is computed over other parts than dstack computes it over.",
        "Two machines that differ in a part that was left out have one id.",
        "Compute it as the specification says, with the configuration where it is set.",
        ("https://github.com/Dstack-TEE/dstack (dstack-attest, decode_app_info)",),
    ),
    "ClaimForm": Flag(
        "MALFORMED",
        "A claim that can be compared is not hexadecimal.",
        "A lenient decoder makes another value of it, or passes it over.",
        "Decode strictly; a claim that does not decode is no claim that holds.",
    ),
}

Members = Dict[str, Any]


def sha256(*parts: bytes) -> str:
    """Return SHA-256 of the parts, in hexadecimal."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/info`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _Info(builder)
    file.proven()
    file.unchecked()
    file.false_claims()
    file.derived()
    file.devices()
    file.providers()


class _Info:
    """The vectors around one machine, whose registers, log and PPID are shared by the group."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        random = builder.random("quote")
        self.machine = make_machine(builder.random("machine"))
        self.log: List[Entry] = app_events(self.machine)
        self.ppid, self.user_data = random(16), random(20)
        self.td: Dict[str, str] = {
            "mr_td": random(48).hex(),
            "mr_config_id": (b"\1" + self.machine.compose_hash + bytes(15)).hex(),
            "mr_owner": ZERO,
            "mr_owner_config": ZERO,
            **{f"rtmr{n}": random(48).hex() for n in range(3)},
            "rtmr3": "",
            "user_data": self.user_data.hex(),
        }
        # The log has events of register 3 only, so that registers 0 to 2 of this TD are zero.
        self.td.update({f"rtmr{n}": end for n, end in enumerate(registers(self.log))})
        self.claims = self._claims()
        builder.group(
            {"registers": self.td, "event_log": self.log, "ppid": self.ppid.hex()}
        )  # fmt: skip

    def _claims(self) -> Dict[str, str]:
        machine, td = self.machine, self.td
        body = [td["mr_td"], *(td[f"rtmr{n}"] for n in range(4)), td["mr_config_id"], ZERO, ZERO]
        parts = [bytes.fromhex(part) for part in body]
        provider = machine.key_provider()
        return {
            "mrtd": td["mr_td"],
            **{f"rtmr{n}": td[f"rtmr{n}"] for n in range(4)},
            "mr_aggregated": sha256(*parts),
            "mr_system": sha256(*parts[:4], hashlib.sha256(provider).digest()),
            "compose_hash": machine.compose_hash.hex(),
            "app_id": machine.app_id.hex(),
            "instance_id": machine.instance_id.hex(),
            "os_image_hash": machine.os_image_hash.hex(),
            "key_provider_info": provider.decode(),
            "device_id": sha256(self.ppid),
        }

    def accept(
        self, slug: str, why: str, info: Members, *, matched: Sequence[str] = (),
        unchecked: Sequence[str] = (), req: Sequence[str] = ("DST-15",), **given: Any,
    ) -> None:  # fmt: skip
        out = {"matched": sorted(f"info.{name}" for name in matched),
               "unchecked": sorted(f"info.{name}" for name in unchecked)}  # fmt: skip
        self.builder.accept(slug, why, req=req, given={"info": info, **given}, out=out)

    def reject(
        self, slug: str, why: str, parent: str, info: Members, flag: str = "FalseClaim",
        change: Optional[Rebuilt] = None, **keywords: Any,
    ) -> None:  # fmt: skip
        given = {"info": info, **keywords.pop("given", {})}
        self.builder.reject(slug, why, parent=parent, breaks="DST-15", flags=(flag,), given=given,
                            change=change, critical=flag != "ClaimForm", **keywords)  # fmt: skip

    def proven(self) -> None:
        claims = self.claims
        self.accept("all", "The claims of an honest machine are refused.",
                    {**claims, "app_name": "sample"}, matched=list(claims))  # fmt: skip
        nested = [f"tcb_info.{name}" for name in claims]
        self.accept("all-in-tcb-info", "The claims of tcb_info are not compared.",
                    {"tcb_info": dict(claims)}, matched=nested)  # fmt: skip
        self.accept("tcb-info-as-text", "tcb_info in a string is not looked at.",
                    {"tcb_info": compact(claims)}, matched=nested)  # fmt: skip
        upper = {k: v.upper() for k, v in claims.items() if k != "key_provider_info"}
        self.accept("upper-case", "Claims are compared as texts.", upper, matched=list(upper),
                    req=("DST-29", "DST-15"))  # fmt: skip

    def unchecked(self) -> None:
        claims = self.claims
        empty = dict.fromkeys(claims, "")
        self.accept("empty-claims", "An empty claim is a false one, or a proven one.", empty,
                    unchecked=list(claims), req=("DST-28",))  # fmt: skip
        self.accept("nothing-claimed", "A machine that hides its info is refused.", {},
                    req=("DST-28",))  # fmt: skip
        quoted = ["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mr_aggregated"]
        rest = [name for name in claims if name not in quoted]
        self.accept("without-log-and-certificate", "What nothing proves is called proven.",
                    dict(claims), matched=quoted, unchecked=rest, req=("DST-28", "DST-15"),
                    event_log=None, ppid=None)  # fmt: skip
        self.accept("compose-hash-by-mr-config-id", "A compose hash is proven by a log only.",
                    {"compose_hash": claims["compose_hash"]}, matched=["compose_hash"],
                    event_log=None, compose_hash=claims["compose_hash"])  # fmt: skip
        self.reject("other-compose-hash-by-mr-config-id", "The claim is compared with a log only.",
                    "compose-hash-by-mr-config-id", {"compose_hash": "00" * 32})  # fmt: skip
        self.accept("no-event-for-the-claim", "What the log lacks is compared with nothing.",
                    {"os_image_hash": "00" * 32}, unchecked=["os_image_hash"], req=("DST-28",),
                    event_log=self.log[:5] + self.log[6:],
                    registers=self._td_of(self.log[:5] + self.log[6:]))  # fmt: skip
        log = app_events(self.machine, instance_id=b"")
        given: Members = {"event_log": log, "registers": self._td_of(log)}
        self.accept("proven-to-be-empty", "A value that is proven to be empty is not proven.",
                    {"instance_id": ""}, matched=["instance_id"], **given)  # fmt: skip
        self.reject("claimed-and-proven-to-be-empty", "A proven empty value counts as absent.",
                    "proven-to-be-empty", {"instance_id": "00"})  # fmt: skip

    def _td_of(self, log: Sequence[Entry], **changes: str) -> Dict[str, str]:
        """Return the registers of a TD with another log."""
        return {**self.td, "rtmr3": registers(log)[3], **changes}

    def false_claims(self) -> None:
        for name, value in self.claims.items():
            turned = value[:-1] + f"{int(value[-1], 16) ^ 1:x}" if value[-1] != "}" else ""
            wrong = turned or value.replace("kms", "tpm")
            self.reject(f"false-{name.replace('_', '-')}", f"{name} is shown and not compared.",
                        "all", {**self.claims, "app_name": "sample", name: wrong})  # fmt: skip
            if name in ("mrtd", "rtmr3", "compose_hash"):
                self.reject(
                    f"false-{name.replace('_', '-')}-in-tcb-info",
                    f"{name} is compared in one of its two places.", "all-in-tcb-info",
                    {"tcb_info": {**self.claims, name: wrong}},
                )  # fmt: skip
        td = self.td["mr_td"]
        for slug, why, value in (
            ("cut", "A claim is compared as far as it goes.", td[:-2]),
            ("longer", "What follows the value is not looked at.", td + "00"),
        ):
            self.reject(f"mrtd-{slug}", why, "all",
                        {**self.claims, "app_name": "sample", "mrtd": value})  # fmt: skip
        for slug, why, value in (
            ("0x", "A prefix is removed.", "0x" + td),
            ("odd", "The last digit is dropped.", td + "0"),
            ("not-hex", "A claim that does not decode counts as absent.", "unknown"),
        ):
            self.reject(f"mrtd-{slug}", why, "all",
                        {**self.claims, "app_name": "sample", "mrtd": value},
                        "ClaimForm")  # fmt: skip

    def derived(self) -> None:
        td, claims = self.td, self.claims
        parts = [bytes.fromhex(td[name]) for name in ("mr_td", "rtmr0", "rtmr1", "rtmr2", "rtmr3")]
        provider = hashlib.sha256(self.machine.key_provider()).digest()
        for slug, why, name, value in (
            ("aggregated-without-configuration", "MRCONFIGID is left out where it is set.",
             "mr_aggregated", sha256(*parts)),
            ("aggregated-without-owner", "Zero owner fields are left out beside MRCONFIGID.",
             "mr_aggregated", sha256(*parts, bytes.fromhex(td["mr_config_id"]))),
            ("system-with-register-3", "Register 3, which is the application's, is in the id.",
             "mr_system", sha256(*parts, provider)),
            ("system-with-raw-provider", "The payload is not hashed before it is hashed.",
             "mr_system", sha256(*parts[:4], self.machine.key_provider())),
        ):  # fmt: skip
            self.reject(slug, why, "all", {**claims, "app_name": "sample", name: value},
                        "DerivedId")  # fmt: skip
        zero = {**td, "mr_config_id": ZERO}
        short = sha256(*parts)
        self.accept("aggregated-of-zero-configuration", "Zero fields are part of the id.",
                    {"mr_aggregated": short}, matched=["mr_aggregated"],
                    registers=zero)  # fmt: skip
        self.reject("aggregated-with-zero-configuration", "Zero fields are part of the id.",
                    "aggregated-of-zero-configuration",
                    {"mr_aggregated": sha256(*parts, bytes(144))}, "DerivedId")  # fmt: skip
        for name in ("mr_owner", "mr_owner_config"):
            owned = {**zero, name: "00" * 47 + "01"}
            behind = [bytes.fromhex(owned[part]) for part in
                      ("mr_config_id", "mr_owner", "mr_owner_config")]  # fmt: skip
            slug = f"aggregated-with-{name.replace('_', '-')}-only"
            self.accept(slug, f"{name} alone does not make the configuration set.",
                        {"mr_aggregated": sha256(*parts, *behind)}, matched=["mr_aggregated"],
                        registers=owned)  # fmt: skip

    def devices(self) -> None:
        by_data = {"device_id": sha256(self.user_data)}
        self.accept("device-by-user-data", "Only the PPID names a device.", by_data,
                    matched=["device_id"])  # fmt: skip
        self.accept("device-by-user-data-without-ppid", "The PPID is demanded.", by_data,
                    matched=["device_id"], ppid=None)  # fmt: skip
        self.accept("device-without-ppid", "A device that may be the PPID's is refused.",
                    {"device_id": sha256(self.ppid)}, unchecked=["device_id"], req=("DST-28",),
                    ppid=None)  # fmt: skip
        nothing = {"device_id": sha256()}
        self.accept("device-of-nothing", "The hash of nothing is a false claim, or a proven one.",
                    nothing, unchecked=["device_id"], req=("DST-28",))  # fmt: skip
        self.reject("device-as-the-ppid", "The PPID itself is taken for the id.",
                    "device-by-user-data", {"device_id": self.ppid.hex()})  # fmt: skip

    def providers(self) -> None:
        members = json.loads(self.claims["key_provider_info"])
        name = "key_provider_info"
        for slug, why, value in (
            ("object", "An object is not compared with a text.", members),
            ("with-spaces", "JSON is compared as text.", json.dumps(members, indent=1)),
            ("in-another-order", "The order of members is compared.",
             dict(reversed(list(members.items())))),
        ):  # fmt: skip
            self.accept(f"provider-{slug}", why, {name: value}, matched=[name])
        self.accept("provider-empty-object", "An empty object is a false claim.", {name: {}},
                    unchecked=[name], req=("DST-28",))  # fmt: skip
        for slug, why, value in (
            ("more", "Members of the claim that are not measured are shown.",
             {**members, "more": 1}),
            ("less", "Only the members of the claim are compared.", {"name": "kms"}),
        ):  # fmt: skip
            self.reject(f"provider-{slug}", why, "provider-object", {name: value},
                        change=Rebuilt(f"info.{name}", members, value))  # fmt: skip
        self.reject("provider-not-json", "A claim that does not parse counts as absent.",
                    "provider-with-spaces", {name: "kms"})  # fmt: skip
