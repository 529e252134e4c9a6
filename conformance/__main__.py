"""`python3 -m conformance` is the command `venice-conformance`."""

from __future__ import annotations

from conformance.cli.main import run

if __name__ == "__main__":
    run()
