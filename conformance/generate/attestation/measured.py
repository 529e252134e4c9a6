"""Assurance `measured`: pins against what the evidence proves, and what then has to be there."""

from __future__ import annotations

from typing import Any, Final

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import Answer, Document, Tests, build, edited, policy
from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.mock_tee.measurements import MEASUREMENTS

_NOW: Final = "2026-01-01T12:00:09Z"
_DOWN: Final = "LevelNotReached"
_PINS: Final = "UnpinnedMachine"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/measured`."""
    tests = Tests(builder, now=_NOW)
    tests.flag(
        _PINS,
        "AUTH_BYPASS",
        "something else runs than what is pinned",
        "a genuine machine of anybody, with any program, is trusted",
        "compare every pinned value with what is proven; what is not proven differs",
    )
    tests.flag(
        _DOWN,
        "DOWNGRADE",
        "the evidence does not reach the level of the policy",
        "an attacker decides how much is verified, by leaving something out",
        "refuse what cannot be judged; a lower level is for the caller to name",
    )
    whole = build(signed=True, log=True)
    _pinned(tests, whole)
    _unpinned(tests)
    _missing(tests, whole)


def _pin(**values: Any) -> Document:
    return policy(assurance="measured", measurements=values)


def _pinned(tests: Tests, signed: Answer) -> None:
    """The measurements that are pinned."""
    mr_td, other = MEASUREMENTS.mr_td.hex(), "3d" * 48
    compose, app_id = MEASUREMENTS.compose_hash.hex(), MEASUREMENTS.app_id.hex()
    out = kit.dcap_outcome(log=True, assurance="measured")
    tests.begin_signed(signed, _pin(mr_td=mr_td), collateral=kit.collateral())
    tests.accept(
        "measured",
        "The machine runs what is pinned.",
        None,
        "POL-9",
        "POL-15",
        "POL-2",
        "ATT-15",
        "POL-5",
        out=out,
    )
    accepted = (
        (
            "measured-several",
            "Every pinned measurement has its value.",
            _pin(mr_td=mr_td, compose_hash=compose, app_id=app_id),
        ),
        (
            "measured-one-of-values",
            "One of several values, in capitals.",
            _pin(mr_td=[other, mr_td.upper()]),
        ),
        (
            "measured-any-of",
            "One of several releases.",
            _pin(any_of=[{"mr_td": other}, {"mr_td": mr_td, "compose_hash": compose}]),
        ),
        (
            "measured-all-of",
            "All of several demands.",
            _pin(all_of=[{"mr_td": [mr_td, other]}, {"any_of": [{"app_id": app_id}]}]),
        ),
    )
    for slug, why, demands in accepted:
        tests.accept(slug, why, None, "POL-9", policy=demands, out=out)


def _unpinned(tests: Tests) -> None:
    """Other measurements, in the group that stands."""
    mr_td, other = MEASUREMENTS.mr_td.hex(), "3d" * 48
    compose, app_id = MEASUREMENTS.compose_hash.hex(), MEASUREMENTS.app_id.hex()
    wrong = "00" * 32
    tests.reject(
        "measured-other-mrtd",
        "Another MRTD than the pinned one.",
        "measured",
        None,
        "POL-9",
        _PINS,
        policy=_pin(mr_td=other),
    )
    rows = (
        (
            "measured-second-of-two",
            "The first pin holds and the last does not.",
            "measured-several",
            _pin(mr_td=mr_td, compose_hash=compose, app_id="3d" * 20),
        ),
        (
            "measured-first-of-two",
            "The last pin holds and the first does not.",
            "measured-several",
            _pin(mr_td=other, compose_hash=compose, app_id=app_id),
        ),
        (
            "measured-no-value",
            "None of the values.",
            "measured-one-of-values",
            _pin(mr_td=[other, "00" * 48]),
        ),
        (
            "measured-mixed-releases",
            "One half of each of two releases is neither of them.",
            "measured-any-of",
            _pin(any_of=[{"mr_td": other}, {"mr_td": mr_td, "compose_hash": wrong}]),
        ),
        (
            "measured-all-of-one-fails",
            "One of the demands does not hold.",
            "measured-all-of",
            _pin(all_of=[{"mr_td": [mr_td, other]}, {"any_of": [{"app_id": "3d" * 20}]}]),
        ),
    )
    for slug, why, parent, demands in rows:
        tests.reject(slug, why, parent, None, "POL-9", _PINS, policy=demands)
    tests.reject(
        "measured-not-proven",
        "A measurement that this machine does not state counts as another one.",
        "measured",
        None,
        "POL-9",
        _PINS,
        policy=_pin(mr_kms="00" * 32),
        change=Rebuilt("policy.measurements", "mr_td", "mr_kms, which no event states"),
    )


def _missing(tests: Tests, signed: Answer) -> None:
    """At measured, what was judged where it is there has to be there."""
    for slug, why, answer in (
        (
            "measured-without-log",
            "At measured the event log has to be there.",
            edited(signed, "event_log", ...),
        ),
        (
            "measured-empty-log",
            "A log without entries says nothing.",
            edited(signed, "event_log", []),
        ),
    ):
        tests.reject(
            slug,
            why,
            "measured",
            answer,
            "POL-15",
            _DOWN,
            change=Rebuilt("event_log", "the log", "absent"),
        )
    demands = _pin(mr_td=[MEASUREMENTS.mr_td.hex()])
    tests.begin_signed(signed, demands)
    tests.accept(
        "measured-array-of-one",
        "An array of one value is that value.",
        None,
        "POL-9",
        collateral=kit.collateral(),
        out=kit.dcap_outcome(log=True, assurance="measured"),
    )
    tests.reject(
        "measured-without-collateral",
        "Pins on a quote that nobody signed prove nothing.",
        "measured-array-of-one",
        None,
        "POL-3",
        _DOWN,
        or_breaks=("POL-1",),
        collateral=...,
    )
