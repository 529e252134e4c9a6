"""The table of named behaviours of the mock: one honest, the others with one thing changed.

A row says what is served and which requirement a client shows by its answer.  A row without a
requirement, other than `honest`, is a misbehaviour that no client of this protocol can notice; the
notes say so (8.59), and a suite must not count it as passed.
"""

from __future__ import annotations

import difflib
from typing import Dict, Final

from conformance.mock_tee.attestation_scenarios import ATTESTATION_SCENARIOS
from conformance.mock_tee.chat_scenarios import CHAT_SCENARIOS
from conformance.mock_tee.nvidia_scenarios import NVIDIA_SCENARIOS
from conformance.mock_tee.pki_scenarios import PKI_SCENARIOS
from conformance.mock_tee.scenario import Scenario

__all__ = ["SCENARIOS", "UnknownScenarioError", "find_scenario"]


class UnknownScenarioError(ValueError):
    """No row of the table has this name."""


_HONEST: Final = (Scenario("honest", "Everything is as the service promises."),)

SCENARIOS: Final[Dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        *_HONEST,
        *ATTESTATION_SCENARIOS,
        *PKI_SCENARIOS,
        *NVIDIA_SCENARIOS,
        *CHAT_SCENARIOS,
    )
}
"""The behaviours by name, in the order of the table."""


def find_scenario(name: str) -> Scenario:
    """Return the behaviour of that name.

    Raises:
        UnknownScenarioError: with the names that come nearest.
    """
    if name in SCENARIOS:
        return SCENARIOS[name]
    near = difflib.get_close_matches(name, SCENARIOS, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UnknownScenarioError(f"no scenario {name!r}{hint}")
