"""The GPU axis of the policy, in whole answers."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import (
    NONCE,
    Answer,
    Document,
    Tests,
    binding_policy,
    build,
    edited,
    outcome,
    text,
)
from conformance.generate.builder import FileBuilder, Rebuilt

_NOW: Final = "2026-01-01T12:00:08Z"
_NONCE: Final = "GpuNonce"
_MISSING: Final = "GpuNotProven"
_FLEET: Final = "GpuFleet"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/gpu`."""
    tests = Tests(builder, now=_NOW)
    tests.flag(
        _NONCE,
        "FRESHNESS",
        "the GPU evidence states another nonce",
        "recorded evidence of GPUs stands beside a new quote",
        "compare the nonce of the payload and of each entry with the client's",
    )
    tests.flag(
        _MISSING,
        "DOWNGRADE",
        "what the GPU level asks for is not there",
        "a machine without a genuine GPU, or with one under debug, passes",
        "refuse a level that cannot be judged",
    )
    tests.flag(
        "GpuSignature",
        "AUTH_BYPASS",
        "NVIDIA's keys did not sign the report",
        "anybody can write a report",
        "verify report and chain below the pinned root",
    )
    tests.flag(
        _FLEET,
        "AUTH_BYPASS",
        "the GPUs are not those that the policy allows",
        "fewer GPUs, or another mode, than somebody relies on",
        "apply every demand of the policy",
    )
    _report(tests)
    _signed(tests)


def _report(tests: Tests) -> None:
    """Levels ignore and report."""
    answer = edited(build(), "nvidia_payload", {
        "arch": "HOPPER", "nonce": NONCE.hex(), "evidence_list": [{"nonce": NONCE.hex().upper()}],
    })  # fmt: skip
    one = outcome(gpu_count=1)
    _nonces(tests, answer)
    tests.accept(
        "gpu-no-nonce",
        "Evidence that states no nonce beside its reports.",
        edited(answer, "nvidia_payload", {"evidence_list": [{}]}),
        "GPU-2",
        "GPU-6",
        out=one,
    )
    tests.accept(
        "gpu-absent",
        "A gateway has no GPU: absence is accepted at report, and shown.",
        build(),
        "GPU-1",
        "POL-4",
        "ATT-15",
    )


def _nonces(tests: Tests, answer: Answer) -> None:
    one = outcome(gpu_count=1)
    tests.accept(
        "gpu-report",
        "GPU evidence that states the client's nonce, as a whole and in its entry.",
        answer,
        "GPU-1",
        "GPU-2",
        "GPU-6",
        "POL-4",
        out=one,
    )
    other = hashlib.sha256(NONCE).hexdigest()
    stale = edited(answer, "nvidia_payload.nonce", other)
    entry = edited(answer, "nvidia_payload.evidence_list", [{"nonce": other}])
    tests.accept(
        "gpu-ignored",
        "Who ignores the GPU ignores its nonce, and no level is named.",
        stale,
        "POL-4",
        "POL-12",
        "ATT-15",
        policy=binding_policy(gpu="ignore"),
        out=outcome(gpu="ignore", gpu_count=1),
    )
    tests.reject(
        "gpu-other-nonce",
        "The payload is of another request.",
        "gpu-report",
        stale,
        "GPU-2",
        _NONCE,
    )
    tests.reject(
        "gpu-entry-other-nonce",
        "One entry is of another request.",
        "gpu-report",
        entry,
        "GPU-6",
        _NONCE,
    )


def _signed(tests: Tests) -> None:
    """Level signed and above, with one GPU that really signs."""
    answer = build(gpus=1)
    signed = binding_policy(gpu="signed")
    tests.begin(now=_NOW, policy=signed, answer=text(answer), gpu_root=kit.gpu_root())
    roots = ["nvidia_device"]
    out = outcome(gpu="signed", gpu_count=1, roots_replaced=roots)
    tests.accept(
        "gpu-signed",
        "One genuine GPU answered the nonce.",
        None,
        "POL-4",
        "ATT-15",
        "POL-11",
        "GPU-1",
        out=out,
    )
    tests.accept(
        "gpu-signed-asked-less",
        "The same under the default: the level that was required is the one that was reached.",
        None,
        "ATT-15",
        "POL-12",
        "POL-4",
        policy=binding_policy(),
        out=outcome(gpu="report", gpu_count=1, roots_replaced=roots),
    )
    for slug, why, value in (
        ("gpu-signed-absent", "At signed the evidence has to be there.", ...),
        ("gpu-signed-empty", "A payload without reports proves no GPU.",
         {"arch": "HOPPER", "nonce": NONCE.hex(), "evidence_list": []}),
    ):  # fmt: skip
        tests.reject(
            slug, why, "gpu-signed", edited(answer, "nvidia_payload", value), "GPU-1", _MISSING
        )
    _unsigned(tests, answer)
    _fleet(tests, out)
    tests.begin(now=_NOW, policy=signed, answer=text(answer))
    tests.accept(
        "gpu-root-replaced",
        "The same GPU below a root that the caller chose.",
        None,
        "POL-11",
        gpu_root=kit.gpu_root(),
        now="2026-01-01T12:00:09Z",
        out=out,
    )
    tests.reject(
        "gpu-root-pinned",
        "The same GPU below NVIDIA's own root.",
        "gpu-root-replaced",
        None,
        "CRT-13",
        "GpuSignature",
        now="2026-01-01T12:00:09Z",
        gpu_root=...,
    )


def _unsigned(tests: Tests, answer: Answer) -> None:
    """What the levels ask for and is not there, in the group that stands."""
    payload = json.loads(answer["nvidia_payload"])
    report = payload["evidence_list"][0]["evidence"]
    middle = 4 * (len(report) // 8)
    changed = "B" if report[middle] != "B" else "C"
    payload["evidence_list"][0]["evidence"] = report[:middle] + changed + report[middle + 1 :]
    tests.reject(
        "gpu-report-changed",
        "One digit in the measurements of the signed report differs.",
        "gpu-signed",
        edited(answer, "nvidia_payload", json.dumps(payload, separators=(",", ":"))),
        "GPU-17",
        "GpuSignature",
    )
    for level, slug, why in (
        ("nras", "gpu-nras-without-tokens", "Nothing says that debugging is off."),
        ("measured", "gpu-measured-without-values", "There are no good values to compare with."),
    ):
        tests.reject(
            slug,
            why,
            "gpu-signed",
            None,
            "POL-3",
            _MISSING,
            "POL-4",
            policy=binding_policy(gpu=level),
        )


def _fleet(tests: Tests, out: Document) -> None:
    """Demands on the GPUs, in the group that stands."""
    fleet = binding_policy(gpu="signed", gpu_fleet={"gpu_count": 1, "modes": ["PPCIE"]})
    tests.accept(
        "gpu-fleet-allowed",
        "As many GPUs as demanded, in the demanded mode.",
        None,
        "GPU-25",
        "POL-6",
        policy=fleet,
        out=out,
    )
    for slug, why, demands in (
        ("gpu-fleet-count", "Another number of GPUs.", {"gpu_count": 8, "modes": ["PPCIE"]}),
        ("gpu-fleet-mode", "Another mode.", {"gpu_count": 1, "modes": ["SPT"]}),
    ):
        other = binding_policy(gpu="signed", gpu_fleet=demands)
        tests.reject(
            slug,
            why,
            "gpu-fleet-allowed",
            None,
            "GPU-25",
            _FLEET,
            policy=other,
            change=Rebuilt("policy.gpu_fleet", fleet["gpu_fleet"], demands),
        )
