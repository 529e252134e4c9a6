"""`python3 -m venice_ref` is the command `venice-ref`."""

from __future__ import annotations

from venice_ref.cli.main import run

if __name__ == "__main__":
    run()
