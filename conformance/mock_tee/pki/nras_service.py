"""The paths of NVIDIA's attestation service, and what the mock answers there.

POST /v3/attest/gpu              a verdict on GPU evidence: an overall token, one for each GPU
GET  /.well-known/jwks.json      the keys that sign them
"""

from __future__ import annotations

import json
from typing import Callable, Dict, Final, Tuple

from conformance.mock_tee.pki.nras import daily_service, judge, key_set_text, signer_of
from conformance.mock_tee.refusals import Reply
from conformance.mock_tee.scenario import Scenario, Visit
from venice_ref.errors import MalformedError

__all__ = ["NRAS_PATHS", "nras_reply"]


def nras_reply(scenario: Scenario, visit: Visit, path: str) -> Reply:
    """Return the answer to a request for one of `NRAS_PATHS` by its method."""
    _, answer = NRAS_PATHS[path]
    return scenario.nras_reply(answer(scenario, visit), visit)


def _attest(scenario: Scenario, visit: Visit) -> Reply:
    enclave = visit.enclave
    now = enclave.clock()
    try:
        draft = judge(visit.request.body, root=enclave.nvidia.factory.root.anchor, now=now)
    except MalformedError as error:
        text = json.dumps({"errorCode": 4000, "message": error.message})
        return Reply(400, text.encode("ascii"), "application/json")
    signer = scenario.nras_signer(signer_of(daily_service(enclave.seed, now)), visit)
    answer = scenario.nras_claims(draft, visit).sign(signer)
    return Reply(200, answer, "application/json")


def _keys(scenario: Scenario, visit: Visit) -> Reply:
    del scenario
    text = key_set_text(visit.enclave.seed, visit.enclave.clock())
    return Reply(200, text.encode("ascii"), "application/json")


NRAS_PATHS: Final[Dict[str, Tuple[str, Callable[[Scenario, Visit], Reply]]]] = {
    "/v3/attest/gpu": ("POST", _attest),
    "/.well-known/jwks.json": ("GET", _keys),
}
"""The method of each path, and what answers it."""
