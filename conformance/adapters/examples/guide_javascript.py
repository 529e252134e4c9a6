"""Adapter of the JavaScript sample in the vendor's guide: lays it out once, and starts Node on it.

    python3 conformance/adapters/examples/guide_javascript.py --install
    python3 conformance/adapters/examples/guide_javascript.py

The guide lies beside the repository (../shared/guide).  Its blocks are written to a cache folder of
this user as they are, with an export behind each and the packages that the guide names beside them.
The import of Node's `crypto` in the block about attestation is the one line that is changed, so
that a vector's nonce takes the place of a random one.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Dict, Optional

if __name__ == "__main__":  # the folder of this file stands first, and is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from conformance.adapters.examples import guide, node

NONCE = """\
import { randomBytes } from 'node:crypto'
export const nonce = { draw: randomBytes }
const crypto = { randomBytes: size => nonce.draw(size) }
"""
PUBLIC_KEY = """\
export const publicKeyOf = secret =>
  new EC('secp256k1').keyFromPrivate(secret, 'hex').getPublic('hex')
"""


def files(markdown: str) -> Dict[str, str]:
    """Return name -> content of what is laid out."""

    def block(mark: str) -> str:
        return guide.sample(markdown, "javascript", mark)

    attest = block(guide.JAVASCRIPT_ATTEST)
    imported = "import crypto from 'crypto'\n"
    if attest.count(imported) != 1:
        raise guide.GuideError(f"the block about attestation does not contain {imported!r} once")
    request = block(guide.JAVASCRIPT_ENCRYPT) + block(guide.JAVASCRIPT_SEND)
    return {
        "keys.mjs": block(guide.JAVASCRIPT_KEYS) + PUBLIC_KEY,
        "attest.mjs": attest.replace(imported, NONCE)
        + "export { fetchAndVerifyAttestation as attest }\n",
        "request.mjs": request + "export { encryptMessage, sendE2EERequest }\n",
        "decrypt.mjs": block(guide.JAVASCRIPT_DECRYPT)
        + "export { decryptChunk, processE2EEStream }\n",
        "complete.txt": block(guide.JAVASCRIPT_COMPLETE),
    }


def sample_folder(markdown: str, *, install: bool, cache: Optional[Path]) -> Path:
    """Return the folder with the blocks; `Unavailable` where it cannot be had."""
    top = cache or node.cache_folder()
    packages = node.packages(install=install, cache=top)
    content = files(markdown)
    key = hashlib.sha256(json.dumps([content, node.PINS]).encode("ascii")).hexdigest()[:16]
    folder = top / f"guide-{key}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=top) as scratch:
        fresh = Path(scratch) / "sample"
        fresh.mkdir()
        for name, text in content.items():
            (fresh / name).write_text(text, encoding="utf-8")
        node.lay_out(packages, fresh)
        with contextlib.suppress(OSError):  # another process was first
            fresh.rename(folder)
    return folder


def main() -> int:  # noqa: RET503  execv does not return
    """Lay out the sample, or become the adapter."""
    parser = argparse.ArgumentParser(prog="guide_javascript.py")
    parser.add_argument("--install", action="store_true", help="install what it needs, and end")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for what is installed")
    options = parser.parse_args()
    markdown = guide.read_guide()
    if markdown is None:
        print(f"guide_javascript.py: {guide.ABSENT}", file=sys.stderr)
        return 3
    try:
        folder = sample_folder(markdown, install=options.install, cache=options.cache)
        program = node.node_program()
    except node.Unavailable as reason:
        print(f"guide_javascript.py: {reason}; see its --install", file=sys.stderr)
        return 3
    if options.install:
        print(folder)
        return 0
    literals = {"base_url": guide.BASE_URL, "model": guide.MODEL, "prompt": guide.PROMPT}
    facts = json.dumps({"version": guide.edition(), "literals": literals})
    script = Path(__file__).resolve().with_suffix(".mjs")
    os.execv(program, [program, str(script), str(folder), facts])  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
