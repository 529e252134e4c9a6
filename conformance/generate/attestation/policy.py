"""Policy files: their form, their values, and demands that nobody would judge."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, List, Tuple

from conformance.generate.attestation.kit import Document, policy
from conformance.generate.builder import FileBuilder, Flag

_FORM: Final = "PolicyForm"
_VALUE: Final = "PolicyValue"
_VACUOUS: Final = "VacuousPolicy"
_UNJUDGED: Final = "UnjudgedDemand"

_A: Final = "3d" * 48
_HASH: Final = "5a" * 32
_DEFAULT_STATUSES: Final = [
    "ConfigurationAndSWHardeningNeeded", "ConfigurationNeeded", "SWHardeningNeeded", "UpToDate",
]  # fmt: skip

_FLAGS: Final = {
    _FORM: Flag("MALFORMED", "the file is not of the form", "a demand is misspelt or misread, and "
                "dropped without a word", "refuse what is not known, and every other type"),
    _VALUE: Flag("DOWNGRADE", "a member has a value that there is not",
                 "a demand that can never fail, or a level that means nothing",
                 "compare with the closed set"),
    _VACUOUS: Flag("AUTH_BYPASS", "pins that demand nothing",
                   "an empty list of demands holds of every machine",
                   "refuse emptiness at every depth", ("sigstore-python: an empty AllOf fails",)),
    _UNJUDGED: Flag("DOWNGRADE", "a demand that the levels of the policy do not judge",
                    "a file with pins looks like a pinned policy and is none",
                    "refuse it; name the level that judges it"),
}  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/policy`."""
    for name, flag in _FLAGS.items():
        builder.flag(name, flag)
    _accepted(builder)
    _whole(builder)
    _extremes(builder)
    _form(builder)
    _values(builder)
    _pins(builder)
    _unjudged(builder)


def _out(**members: Any) -> Document:
    found: Document = {
        "assurance": "dcap",
        "gpu": "report",
        "nonce_binding": "raw",
        "tcb_statuses": _DEFAULT_STATUSES,
        "rejected_advisories": [],
        "min_tcb_evaluation_number": 0,
        "allow_service_td": False,
        "pinned": [],
        "gpu_fleet": {
            "gpu_count": None, "driver_versions": [], "vbios_versions": [], "modes": [],
        },
    }  # fmt: skip
    return {**found, **members}


def _accept(builder: FileBuilder, slug: str, why: str, document: Any, *req: str,
            **members: Any) -> None:  # fmt: skip
    text = document if isinstance(document, str) else json.dumps(document)
    builder.accept(slug, why, req=req, given={"policy": text}, out=_out(**members))


def _reject(builder: FileBuilder, slug: str, why: str, document: Any, breaks: str, flag: str,
            parent: str = "defaults", or_breaks: Tuple[str, ...] = ()) -> None:  # fmt: skip
    text = document if isinstance(document, str) else json.dumps(document)
    builder.reject(slug, why, parent=parent, breaks=breaks, or_breaks=or_breaks,
                   given={"policy": text}, flags=(flag,), critical=flag != _FORM)  # fmt: skip


def _measured(pins: Any) -> Document:
    return policy(assurance="measured", measurements=pins)


def _fleet(**members: Any) -> Document:
    return {"gpu_count": None, "driver_versions": [], "vbios_versions": [], "modes": [], **members}


def _nested(depth: int) -> Any:
    pins: Any = {"mr_td": _A}
    for _ in range(depth):
        pins = {"all_of": [pins]}
    return pins


def _accepted(builder: FileBuilder) -> None:
    _accept(
        builder,
        "defaults",
        "A file that names nothing but its format has every default.",
        policy(),
        "POL-1",
        "POL-4",
        "POL-10",
        "POL-16",
        "POL-6",
    )
    _accept(
        builder,
        "lowest-levels",
        "The lowest level of each axis that a policy may ask for.",
        policy(assurance="binding", gpu="ignore"),
        "POL-2",
        "POL-4",
        assurance="binding",
        gpu="ignore",
    )
    _accept(
        builder,
        "no-order-of-members",
        "The format may stand last, with white space around.",
        ' {"gpu": "nras",\n "assurance": "dcap", "format": "venice-ref-policy-1"}\n',
        "POL-10",
        "POL-4",
        gpu="nras",
    )


def _whole(builder: FileBuilder) -> None:
    everything = policy(
        assurance="measured", gpu="measured", nonce_binding="raw-or-sha256",
        tcb_statuses=["UpToDate", "TDRelaunchAdvised"], rejected_advisories=["INTEL-SA-00837"],
        min_tcb_evaluation_number=18, allow_service_td=True,
        measurements={"mr_td": _A, "compose_hash": [_HASH, _HASH.upper()]},
        gpu_fleet={"gpu_count": 8, "driver_versions": ["570.172.08"],
                   "vbios_versions": ["96.00.CF.00.02"], "modes": ["PPCIE", "SPT"]},
    )  # fmt: skip
    _accept(
        builder,
        "everything",
        "Every member at once.",
        everything,
        "POL-5",
        "POL-6",
        "POL-10",
        "POL-16",
        "BND-4",
        assurance="measured",
        gpu="measured",
        nonce_binding="raw-or-sha256",
        tcb_statuses=["TDRelaunchAdvised", "UpToDate"],
        rejected_advisories=["INTEL-SA-00837"],
        min_tcb_evaluation_number=18,
        allow_service_td=True,
        pinned=["compose_hash", "mr_td"],
        gpu_fleet=_fleet(
            gpu_count=8,
            driver_versions=["570.172.08"],
            vbios_versions=["96.00.CF.00.02"],
            modes=["PPCIE", "SPT"],
        ),
    )


def _extremes(builder: FileBuilder) -> None:
    statuses = [
        "OutOfDate",
        "OutOfDateConfigurationNeeded",
        "TDRelaunchAdvised",
        "TDRelaunchAdvisedConfigurationNeeded",
        *_DEFAULT_STATUSES,
    ]
    _accept(
        builder,
        "all-statuses",
        "Every status but Revoked may be named.",
        policy(tcb_statuses=statuses),
        "POL-16",
        tcb_statuses=sorted(statuses),
    )
    _accept(
        builder,
        "greatest-numbers",
        "The greatest values of both numbers.",
        policy(min_tcb_evaluation_number=4294967295, gpu="signed", gpu_fleet={"gpu_count": 64}),
        "POL-16",
        min_tcb_evaluation_number=4294967295,
        gpu="signed",
        gpu_fleet=_fleet(gpu_count=64),
    )
    sizes = {"mr_owner": 48, "td_attributes": 8, "app_id": 20, "mr_aggregated": 32}
    pins = {name: "0a" * size for name, size in sizes.items()}
    _accept(
        builder,
        "pins-of-each-size",
        "Measurements have four sizes.",
        _measured(pins),
        "POL-5",
        assurance="measured",
        pinned=sorted(pins),
    )
    _accept(
        builder,
        "pins-nested-8",
        "Pins may nest eight deep.",
        _measured(_nested(8)),
        "POL-5",
        assurance="measured",
        pinned=["mr_td"],
    )


def _form(builder: FileBuilder) -> None:
    plain = json.dumps(policy())
    rows: Tuple[Tuple[str, str, Any], ...] = (
        ("file-empty", "An empty file is no policy, and not the default one.", ""),
        ("file-array", "An array is no policy.", f"[{plain}]"),
        ("file-cut-off", "The file is not whole.", plain[:-1]),
        ("file-duplicate", "Two values of one member, of which either may hold.",
         '{"format":"venice-ref-policy-1","assurance":"dcap","assurance":"binding"}'),
        ("format-absent", "Without a format nobody knows what the members mean.", {}),
        ("format-null", "null is no format.", {"format": None}),
        ("format-later", "A later format may have demands that this one does not know.",
         {"format": "venice-ref-policy-2"}),
        ("member-unknown", "A misspelt demand must not be dropped.", policy(measurement={})),
        ("member-debug", "No policy accepts a debuggable machine.", policy(allow_debug=True)),
        ("member-capitals", "Names have one spelling.", policy(Assurance="binding")),
        ("assurance-null", "null is no level.", policy(assurance=None)),
        ("assurance-number", "A level is a text.", policy(assurance=2)),
        ("statuses-text", "One text is no set; in Python it is a set of letters.",
         policy(tcb_statuses="UpToDate")),
        ("statuses-empty", "An empty set accepts nothing, or everything.",
         policy(tcb_statuses=[])),
        ("statuses-twice", "A status stands once.", policy(tcb_statuses=["UpToDate", "UpToDate"])),
        ("statuses-number", "A status is a text.", policy(tcb_statuses=["UpToDate", 1])),
        ("advisories-empty", "An empty list rejects nothing.", policy(rejected_advisories=[])),
        ("number-fraction", "17.0 is no integer.", policy(min_tcb_evaluation_number=17.0)),
        ("number-boolean", "true is no integer.", policy(min_tcb_evaluation_number=True)),
        ("number-text", "A number in a text is a text.", policy(min_tcb_evaluation_number="18")),
        ("flag-number", "1 is no boolean.", policy(allow_service_td=1)),
        ("flag-text", "The text no would allow.", policy(allow_service_td="no")),
        ("pins-array", "Pins are an object.", policy(assurance="measured", measurements=[])),
        ("fleet-array", "A fleet is an object.", policy(gpu="signed", gpu_fleet=[])),
        ("fleet-unknown", "The members of a fleet are known as well.",
         policy(gpu="signed", gpu_fleet={"count": 8})),
        ("fleet-modes-empty", "An empty set of modes.",
         policy(gpu="signed", gpu_fleet={"modes": []})),
    )  # fmt: skip
    for slug, why, document in rows:
        _reject(builder, slug, why, document, "POL-10", _FORM)
    _accept(
        builder,
        "spaces-behind",
        "White space behind the object means nothing.",
        plain + " " * 64,
        "POL-10",
    )


def _values(builder: FileBuilder) -> None:
    rows: Tuple[Tuple[str, str, Any, str], ...] = (
        ("assurance-none", "A policy that asks for nothing would return a key that nothing binds.",
         policy(assurance="none"), "POL-2"),
        ("assurance-unknown", "There is no such level.", policy(assurance="strict"), "POL-2"),
        ("assurance-capitals", "Levels have one spelling.", policy(assurance="DCAP"), "POL-2"),
        ("gpu-unknown", "There is no such level.", policy(gpu="none"), "POL-4"),
        ("gpu-of-the-other-axis", "The axes have different levels.", policy(gpu="dcap"), "POL-4"),
        ("nonce-binding-sha256", "There is no policy that accepts the hash alone.",
         policy(nonce_binding="sha256"), "POL-16"),
        ("status-revoked", "No policy accepts a revoked platform.",
         policy(tcb_statuses=["UpToDate", "Revoked"]), "POL-16"),
        ("status-unknown", "There is no such status.", policy(tcb_statuses=["Good"]), "POL-16"),
        ("status-lower-case", "A status that is spelt otherwise is never reached.",
         policy(tcb_statuses=["uptodate"]), "POL-16"),
        ("advisory-short", "An advisory that is spelt otherwise than Intel does never rejects.",
         policy(rejected_advisories=["SA-00837"]), "POL-16"),
        ("advisory-four-digits", "Numbers of advisories have five digits.",
         policy(rejected_advisories=["INTEL-SA-0837"]), "POL-16"),
        ("advisory-second", "Each entry is looked at.",
         policy(rejected_advisories=["INTEL-SA-00837", "intel-sa-00838"]), "POL-16"),
        ("number-negative", "Evaluation numbers are not negative.",
         policy(min_tcb_evaluation_number=-1), "POL-16"),
        ("number-33-bits", "Evaluation numbers have 32 bits.",
         policy(min_tcb_evaluation_number=4294967296), "POL-16"),
        ("fleet-no-gpu", "A fleet of no GPU.", policy(gpu="signed", gpu_fleet={"gpu_count": 0}),
         "POL-16"),
        ("fleet-65-gpus", "More GPUs than evidence may list.",
         policy(gpu="signed", gpu_fleet={"gpu_count": 65}), "POL-16"),
        ("fleet-mode-unknown", "There is no such mode.",
         policy(gpu="signed", gpu_fleet={"modes": ["CC"]}), "POL-16"),
        ("fleet-driver-empty", "An empty name of a driver.",
         policy(gpu="signed", gpu_fleet={"driver_versions": [""]}), "POL-16"),
    )  # fmt: skip
    for slug, why, document, breaks in rows:
        _reject(builder, slug, why, document, breaks, _VALUE)


def _pins(builder: FileBuilder) -> None:
    parent = "pins-nested-8"
    rows: List[Tuple[str, str, Any, str]] = [
        ("pins-absent", "measured without pins holds of every machine.", policy(
            assurance="measured"), _VACUOUS),
        ("pins-empty", "No demand at all.", _measured({}), _VACUOUS),
        ("pins-any-of-empty", "None of nothing.", _measured({"any_of": []}), _VACUOUS),
        ("pins-all-of-empty", "All of nothing holds.", _measured({"all_of": []}), _VACUOUS),
        ("pins-empty-inside", "One release that demands nothing makes the other ones pointless.",
         _measured({"any_of": [{"mr_td": _A}, {}]}), _VACUOUS),
        ("pins-no-value", "A measurement without a value.", _measured({"mr_td": []}), _VACUOUS),
        ("pins-name-unknown", "The name that servers use is another one.",
         _measured({"mrtd": _A}), _VALUE),
        ("pins-report-data", "REPORTDATA differs in every quote and cannot be pinned.",
         _measured({"report_data": "00" * 64}), _VALUE),
        ("pins-short", "A value of another size matches nothing, or a prefix.",
         _measured({"mr_td": _A[2:]}), _VALUE),
        ("pins-long", "One byte too many.", _measured({"compose_hash": _HASH + "00"}), _VALUE),
        ("pins-0x", "Values have no prefix.", _measured({"mr_td": "0x" + _A[2:]}), _VALUE),
        ("pins-not-hexadecimal", "A value that is no number.",
         _measured({"mr_td": "g" + _A[1:]}), _VALUE),
        ("pins-number", "A value is a text.", _measured({"mr_td": [1]}), _VALUE),
        ("pins-second-value", "Each value is looked at.", _measured({"mr_td": [_A, _A[2:]]}),
         _VALUE),
        ("pins-beside-any-of", "A name beside any_of may hold with it, or instead.",
         _measured({"any_of": [{"mr_td": _A}], "mr_td": _A}), _VALUE),
        ("pins-nested-9", "Pins nest eight deep.", _measured(_nested(9)), _VALUE),
    ]  # fmt: skip
    for slug, why, document, flag in rows:
        _reject(builder, slug, why, document, "POL-5", flag, parent)


def _unjudged(builder: FileBuilder) -> None:
    demands: Dict[str, Any] = {
        "tcb-statuses": {"tcb_statuses": ["UpToDate"]},
        "advisories": {"rejected_advisories": ["INTEL-SA-00837"]},
        "evaluation-number": {"min_tcb_evaluation_number": 1},
        "service-td": {"allow_service_td": True},
    }
    for slug, members in demands.items():
        _reject(
            builder,
            f"unjudged-{slug}",
            "Nothing that Intel says is judged at binding.",
            policy(assurance="binding", **members),
            "POL-6",
            _UNJUDGED,
            "lowest-levels",
        )
    for level in ("binding", "dcap"):
        _reject(
            builder,
            f"unjudged-pins-at-{level}",
            "A file with pins looks like a pinned policy.",
            policy(assurance=level, measurements={"mr_td": _A}),
            "POL-6",
            _UNJUDGED,
        )
    for level in ("ignore", "report"):
        _reject(
            builder,
            f"unjudged-fleet-at-{level}",
            "No GPU is looked at below signed.",
            policy(gpu=level, gpu_fleet={"gpu_count": 8}),
            "POL-6",
            _UNJUDGED,
        )
    _accept(
        builder,
        "default-at-binding",
        "A demand that is the default demands nothing new.",
        policy(
            assurance="binding",
            tcb_statuses=_DEFAULT_STATUSES,
            allow_service_td=False,
            min_tcb_evaluation_number=0,
        ),
        "POL-6",
        assurance="binding",
    )
