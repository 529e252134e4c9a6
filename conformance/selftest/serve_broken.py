"""The adapter of one broken copy of the reference, whose name is the first argument."""

from __future__ import annotations

import sys

from conformance.selftest.mutants import conversation, evidence
from conformance.selftest.weaken import install

__all__ = ["main"]


def main() -> None:
    """Put the mutant in place before anything of the reference is loaded, then answer requests."""
    name = sys.argv[1]
    mutants = {mutant.name: mutant for mutant in (*conversation.MUTANTS, *evidence.MUTANTS)}
    install(mutants[name])

    from conformance.adapters.reference.handle import handle  # noqa: PLC0415  the mutant comes first
    from conformance.adapters.server import serve_lines  # noqa: PLC0415  likewise

    serve_lines(handle, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
