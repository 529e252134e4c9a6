"""The reference as a program for `--client`: prompt on standard input, answer on standard output.

    python3 -m conformance run --client 'python3 conformance/adapters/examples/reference_client.py'

The environment says where and what: `VENICE_BASE_URL`, `VENICE_API_KEY`, `VENICE_MODEL`, and
`VENICE_TRUST_ROOT`, the path of a file.  Exit code 0 is done, 1 is refused, anything else broken.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# From a copy of the repository; where the package is installed, the line changes nothing.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from venice_ref.attestation.policy import Policy
from venice_ref.attestation.trust_root import parse_trust_roots
from venice_ref.client import VeniceClient
from venice_ref.errors import VeniceError


def main() -> int:
    """Hold one conversation; returns the exit code."""
    given = os.environ
    client = VeniceClient(
        api_key=given["VENICE_API_KEY"],
        base_url=given["VENICE_BASE_URL"],
        policy=Policy(given.get("VENICE_ASSURANCE", "dcap"), given.get("VENICE_GPU", "report")),
        roots=parse_trust_roots(Path(given["VENICE_TRUST_ROOT"]).read_bytes()),
        sleep=lambda _: None,  # the suite need not wait between two attempts
        idle_timeout=float(given.get("VENICE_IDLE_TIMEOUT", "60")),
        total_timeout=float(given.get("VENICE_TOTAL_TIMEOUT", "300")),
    )
    messages = [{"role": "user", "content": sys.stdin.buffer.read().decode("utf-8")}]
    if given.get("VENICE_SYSTEM"):
        messages.insert(0, {"role": "system", "content": given["VENICE_SYSTEM"]})
    try:
        with client.session(given["VENICE_MODEL"]) as session:
            stream = session.chat(messages)
            for delta in stream:
                if delta.kind == "content":
                    sys.stdout.buffer.write(delta.text.encode("utf-8"))
                    sys.stdout.buffer.flush()
            if given.get("VENICE_SIGNATURE") == "1":
                session.signature(stream.completion.id or "")
    except VeniceError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
