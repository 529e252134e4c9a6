"""Adapters of two npm packages: installs them once, and then starts Node on one of them.

    python3 conformance/adapters/examples/npm.py --install
    python3 conformance/adapters/examples/npm.py @axlabs/venice-e2ee
    python3 conformance/adapters/examples/npm.py venice-e2ee

They are installed by name at pinned versions, with pinned packages that they need and without
their scripts, into a cache folder of this user outside the repository.  None of their code is here.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final, Mapping

if __name__ == "__main__":  # the folder of this file stands first, and is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from conformance.adapters.examples import node

ADAPTERS: Final[Mapping[str, str]] = {
    "@axlabs/venice-e2ee": "npm_axlabs.mjs",
    "venice-e2ee": "npm_venice_e2ee.mjs",
}


def main() -> int:  # noqa: RET503  execv does not return
    """Install, or become the adapter."""
    parser = argparse.ArgumentParser(prog="npm.py")
    parser.add_argument("name", nargs="?", choices=list(ADAPTERS), help="the package")
    parser.add_argument("--install", action="store_true", help="install both, or this one, and end")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for what is installed")
    options = parser.parse_args()
    if not options.install and options.name is None:
        parser.error("name a package, or ask for --install")
    try:
        if options.install:
            for name in [options.name] if options.name else list(ADAPTERS):
                print(node.packages(pins=node.CLIENT_PINS[name], cache=options.cache))
            return 0
        pins = node.CLIENT_PINS[options.name]
        folder = node.packages(install=False, pins=pins, cache=options.cache)
        program = node.node_program()
    except node.Unavailable as reason:
        print(f"npm.py: {reason}; install them with: python3 {__file__} --install", file=sys.stderr)
        return 3
    script = Path(__file__).resolve().with_name(ADAPTERS[options.name])
    os.execv(program, [program, str(script), str(folder)])  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
