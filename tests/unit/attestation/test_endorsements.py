from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.samples import NONCE, NOW, encode, near_answer
from venice_ref.attestation.endorsements import (
    MAX_RIMS,
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
    check_endorsements,
)
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.verify import verify_attestation
from venice_ref.errors import UsageError
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.pki.chain import TrustAnchor


def test_the_defaults_are_nothing_and_the_pinned_roots() -> None:
    assert NO_ENDORSEMENTS == (None, None, None, ())
    assert TrustRoots() == PINNED_ROOTS
    assert PINNED_ROOTS.intel is INTEL_ROOT
    assert PINNED_ROOTS.replaced == ()


@pytest.mark.parametrize("name", ["intel", "nvidia_device", "nvidia_rim"])
def test_a_replaced_root_is_named(name: str) -> None:  # POL-11
    other: Dict[str, Any] = {name: TrustAnchor("another", certificates=frozenset({bytes(32)}))}
    assert PINNED_ROOTS._replace(**other).replaced == (name,)


def test_replaced_pins_are_named() -> None:  # POL-11
    assert PINNED_ROOTS._replace(nvidia_nras=frozenset()).replaced == ("nvidia_nras",)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (Endorsements(collateral="{}"), "endorsements.collateral"),  # type: ignore[arg-type] # the mistake under test
        (Endorsements(jwks={}), "endorsements.jwks"),  # type: ignore[arg-type] # likewise
        (Endorsements(rims=(b"", "")), "endorsements.rims[1]"),  # type: ignore[arg-type] # likewise
        (Endorsements(rims=(b"",) * (MAX_RIMS + 1)), "endorsements.rims"),
    ],
)
def test_what_is_no_endorsement(given: Any, where: str) -> None:
    for attempt in (
        lambda: check_endorsements(given),
        lambda: verify_attestation(
            encode(near_answer()), nonce=NONCE, model=None, policy=Policy(), now=NOW,
            endorsements=given,
        ),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            attempt()
        assert caught.value.where == where
