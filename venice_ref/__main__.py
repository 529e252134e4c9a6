"""`python3 -m venice_ref` is the command `venice-ref`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from venice_ref.cli.main import run

        run()
    except KeyboardInterrupt:  # while the command was still being loaded
        sys.exit(130)
