"""The vendor guide's samples, taken out of the guide at run time.

The guide lies beside the repository and none of it is copied in: its fenced code blocks are written
to a folder as they are and run there; the tests and the adapters of the samples do so.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import List, NamedTuple, Optional, Sequence

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT.parent / "shared" / "guide" / "venice-tee-e2ee-guide.md"
BASE_URL = "https://api.venice.ai/api/v1"
"""The base URL that stands in the samples."""

MODEL = "e2ee-qwen3-5-122b-a10b"
"""The model that the complete examples ask for."""

PROMPT = "What is 2+2? Answer briefly."
"""The prompt that the complete examples send."""

ABSENT = "the vendor's guide is not beside this repository (../shared/guide)"

# The steps of the guide, each known by something that only its block holds.
PYTHON_KEYS = "def generate_ephemeral_key_pair("
PYTHON_ATTEST = "def fetch_and_verify_attestation("
PYTHON_ENCRYPT = "def encrypt_message("
PYTHON_SEND = "def send_e2ee_request("
PYTHON_DECRYPT = "def decrypt_chunk("
PYTHON_COMPLETE = "if __name__ == '__main__':"
JAVASCRIPT_KEYS = "function generateEphemeralKeyPair("
JAVASCRIPT_ATTEST = "function fetchAndVerifyAttestation("
JAVASCRIPT_ENCRYPT = "function encryptMessage("
JAVASCRIPT_SEND = "function sendE2EERequest("
JAVASCRIPT_DECRYPT = "function decryptChunk("
JAVASCRIPT_COMPLETE = "main().catch("

_FENCE = re.compile(r"([ ]*)```([A-Za-z]*)")


class Block(NamedTuple):
    """One fenced code block, without the indentation of its fence."""

    language: str
    line: int
    """Number of the line of the opening fence, from 1."""
    code: str


class GuideError(Exception):
    """The guide is there, but it no longer holds what the tests expect."""


def code_blocks(markdown: str) -> List[Block]:
    """Return the fenced code blocks of a Markdown text (CommonMark, 4.5), in order."""
    blocks: List[Block] = []
    opened = None
    lines: List[str] = []
    for number, line in enumerate(markdown.splitlines(), 1):
        if opened is None:
            opened = _FENCE.match(line)
            start, lines = number, []
        elif line.strip() == "```":
            blocks.append(Block(opened.group(2), start, "".join(f"{text}\n" for text in lines)))
            opened = None
        else:
            indent = len(opened.group(1))
            lines.append(line[indent:] if line[:indent].isspace() else line.lstrip())
    if opened is not None:
        raise GuideError(f"the code block that begins on line {start} has no end")
    return blocks


def read_guide() -> Optional[str]:
    """Return the text of the guide; `None` where it is not beside the repository."""
    try:
        return GUIDE.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def sample(markdown: str, language: str, mark: str) -> str:
    """Return the code of the one block in this language that contains `mark`."""
    found = [
        block.code
        for block in code_blocks(markdown)
        if block.language == language and mark in block.code
    ]
    if len(found) != 1:
        raise GuideError(f"{len(found)} {language} blocks contain {mark!r}, expected 1")
    return found[0]


def with_base_url(code: str, base_url: str) -> str:
    """Return the code with another base URL, the only change that is made to a sample."""
    if BASE_URL not in code:
        raise GuideError(f"the sample does not contain {BASE_URL}")
    return code.replace(BASE_URL, base_url)


def with_literal(code: str, literal: str, value: str) -> str:
    """Return the code with another expression in the place of a literal text in single quotes."""
    if code.count(f"'{literal}'") != 1:
        raise GuideError(f"the sample does not contain {literal!r} once")
    return code.replace(f"'{literal}'", value)


def edition() -> str:
    """Return what stands for a version: the guide has none but its bytes."""
    try:
        return "sha256:" + hashlib.sha256(GUIDE.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return "absent"


def load_python(markdown: str, marks: Sequence[str], folder: Path, name: str) -> ModuleType:
    """Write the blocks that contain `marks` to one module in `folder`, and import it."""
    path = folder / f"{name}.py"
    path.write_text("\n".join(sample(markdown, "python", m) for m in marks), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise GuideError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
