from __future__ import annotations

import pytest

from venice_ref.attestation.policy import (
    Policy,
    check_policy,
    includes_assurance,
    includes_gpu,
)
from venice_ref.errors import UsageError
from venice_ref.spec import ASSURANCE_LEVELS, GPU_LEVELS


def test_the_defaults_are_those_of_the_specification() -> None:  # POL-1, POL-4
    assert Policy() == ("dcap", "report", "raw")
    check_policy(Policy())


@pytest.mark.parametrize("assurance", ASSURANCE_LEVELS[1:])
@pytest.mark.parametrize("gpu", GPU_LEVELS)
@pytest.mark.parametrize("nonce_binding", ["raw", "raw-or-sha256"])
def test_every_combination_of_levels_is_a_policy(
    assurance: str, gpu: str, nonce_binding: str
) -> None:
    check_policy(Policy(assurance, gpu, nonce_binding))


@pytest.mark.parametrize(
    ("policy", "rule", "where"),
    [
        (Policy(assurance="none"), "POL-2", "policy.assurance"),
        (Policy(assurance="DCAP"), "POL-2", "policy.assurance"),
        (Policy(assurance=""), "POL-2", "policy.assurance"),
        (Policy(gpu="none"), "POL-4", "policy.gpu"),
        (Policy(nonce_binding="sha256"), "BND-4", "policy.nonce_binding"),
    ],
)
def test_a_level_of_no_such_name(policy: Policy, rule: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_policy(policy)
    assert (caught.value.rule, caught.value.where) == (rule, where)


def test_levels_are_ordered() -> None:  # POL-2
    for lower, level in enumerate(ASSURANCE_LEVELS):
        included = [includes_assurance(level, other) for other in ASSURANCE_LEVELS]
        assert included == [index <= lower for index in range(len(ASSURANCE_LEVELS))]
    for lower, level in enumerate(GPU_LEVELS):
        included = [includes_gpu(level, other) for other in GPU_LEVELS]
        assert included == [index <= lower for index in range(len(GPU_LEVELS))]
