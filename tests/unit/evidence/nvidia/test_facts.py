from __future__ import annotations

import json

from tests.nvidia.certificates import NOW
from tests.nvidia.devices import FWID, NONCE, SWITCHES, fleet, measurement
from tests.nvidia.tokens import answer_draft, key_set_json, module, service
from venice_ref.evidence.nvidia.facts import fleet_facts, gpu_facts, reached_level
from venice_ref.evidence.nvidia.fleet import verify_fleet
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.measurements import MeasuredGpu
from venice_ref.evidence.nvidia.tokens import NrasVerdict, parse_nras_answer, verify_nras

GPUS = fleet(2)
FLEET = verify_fleet(GPUS)
MEASURED = [MeasuredGpu(gpu, "known-good", (1,), (35,)) for gpu in GPUS]


def nras() -> NrasVerdict:
    return verify_nras(
        parse_nras_answer(answer_draft(GPUS).encode()),
        parse_key_set(key_set_json()),
        gpus=GPUS,
        nonce=NONCE,
        now=NOW,
        intermediates=service().pins,
    )


def test_the_levels_are_kept_apart() -> None:  # GPU-35
    assert reached_level(FLEET) == "signed"
    assert reached_level(FLEET, nras=nras()) == "nras"
    assert reached_level(FLEET, MEASURED) == "measured"
    assert reached_level(FLEET, MEASURED, nras()) == "measured"


def test_a_level_is_that_of_all_gpus() -> None:  # GPU-35
    assert reached_level(FLEET, MEASURED[:1]) == "signed"
    other = [MEASURED[0], MEASURED[0]]
    assert reached_level(FLEET, other) == "signed"
    stale = [found._replace(gpu=found.gpu._replace(nonce=bytes(32))) for found in MEASURED]
    assert reached_level(FLEET, stale) == "signed"
    assert reached_level(FLEET, nras=nras()._replace(ueids=("1", "2"))) == "signed"


def test_debugging_is_not_ruled_out_by_a_signature() -> None:  # GPU-35
    assert fleet_facts(FLEET)["gpu_debug"] == "not proven"
    assert fleet_facts(FLEET, MEASURED)["gpu_debug"] == "disabled"
    assert fleet_facts(FLEET, nras=nras())["gpu_debug"] == "disabled"


def test_what_no_level_proves() -> None:  # GPU-24, GPU-36, GPU-37
    facts = fleet_facts(FLEET, MEASURED, nras())
    assert facts["gpu_revocation"] == "not performed"
    assert facts["gpu_td_binding"] == "same-nonce"
    assert facts["gpu_switches"] == sorted(pdi.hex() for pdi in SWITCHES)
    assert facts["gpu_switches_attested"] is False


def test_the_facts_are_json() -> None:
    facts = fleet_facts(FLEET, MEASURED, nras())
    assert json.loads(json.dumps(facts)) == facts
    assert facts["gpu_level"] == "measured"
    assert facts["gpu_count"] == 2
    assert facts["gpu_golden_source"] == ["known-good"]
    assert facts["nras_version"] == "2.0"
    assert facts["nras_expires_at"] == "2026-04-24T02:58:33Z"
    assert facts["gpus"] == [gpu_facts(gpu) for gpu in GPUS]


def test_one_gpu() -> None:
    facts = gpu_facts(GPUS[1])
    assert facts["name"] == module(1)
    assert facts["serial"] == f"{GPUS[1].serial:040x}"
    assert facts["ueid"] == str(int(facts["serial"], 16))
    assert facts["fwid"] == FWID.hex()
    assert facts["measurements"]["12"] == measurement(12).hex()
    assert len(facts["measurements"]) == 64
