"""Node processes that run a driver: the guide's JavaScript sample among them."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from conformance.adapters.examples import guide
from conformance.adapters.examples.node import lay_out, node_program, packages

REPLY_SECONDS = 45


class NodeProcess:
    """A Node process that runs a driver on `serve.mjs`, and calls its functions."""

    def __init__(self, command: Sequence[str], errors: Path) -> None:
        self._turn = threading.Lock()
        self._errors = errors
        with errors.open("wb") as stream:
            self._process = subprocess.Popen(
                [node_program(), *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream,
            )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: Dict[str, Any]) -> Dict[str, Any]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the pipes of Node are missing")
        watchdog = threading.Timer(REPLY_SECONDS, process.kill)
        with self._turn:
            watchdog.start()
            try:
                process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = b""
            finally:
                watchdog.cancel()
        if not line:
            said = self._errors.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"Node ended without an answer: {said}")
        answer: Dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"Node failed: {answer['error']}")
        return answer

    def call(self, name: str, *arguments: str) -> Any:
        """Return what one function of the driver returns."""
        return self._ask({"call": name, "arguments": list(arguments)})["value"]

    def time(
        self, name: str, inputs: Sequence[Sequence[str]], loops: int, *, clock: str = "wall"
    ) -> float:
        """Return the seconds of `loops` passes over `inputs`, by Node's clock.

        `clock` may be "processor", for the time that the processor gave to the process.
        """
        arguments = [list(one) for one in inputs]
        request = {"time": name, "inputs": arguments, "loops": loops, "clock": clock}
        return float(self._ask(request)["seconds"])


class NodeSample(NodeProcess):
    """The functions of the guide's JavaScript sample, each call carried to a Node process."""

    def __init__(self, markdown: str, folder: Path, *, install: bool = True) -> None:
        node_program()  # before anything is installed for it
        lay_out(packages(install=install), folder)
        for name, mark, exported in (
            ("keys", guide.JAVASCRIPT_KEYS, "generateEphemeralKeyPair"),
            ("encrypt", guide.JAVASCRIPT_ENCRYPT, "encryptMessage"),
            ("decrypt", guide.JAVASCRIPT_DECRYPT, "decryptChunk"),
        ):
            code = guide.sample(markdown, "javascript", mark)
            # A module must export what the driver calls; the line stands after the sample.
            text = f"{code}\nexport {{ {exported} }}\n"
            (folder / f"{name}.mjs").write_text(text, encoding="utf-8")
        for name in ("driver.mjs", "serve.mjs"):
            shutil.copyfile(Path(__file__).with_name(name), folder / name)
        super().__init__([str(folder / "driver.mjs")], folder / "stderr.txt")

    def generate(self) -> Tuple[bytes, str]:
        """Return a fresh private key and its public key in hex."""
        private, public_hex = self.call("generate")
        return bytes.fromhex(private), str(public_hex)

    def encrypt(self, text: str, public_hex: str) -> str:
        """Return the envelope of a text in hex."""
        return str(self.call("encrypt", text, public_hex))

    def decrypt(self, envelope_hex: str, private: bytes) -> str:
        """Return the text of an envelope."""
        return str(self.call("decrypt", envelope_hex, private.hex()))


def complete_example(markdown: str, base_url: str, folder: Path) -> List[str]:
    """Write the complete example to `folder` and return the command that runs it."""
    program = node_program()
    lay_out(packages(), folder)
    code = guide.sample(markdown, "javascript", guide.JAVASCRIPT_COMPLETE)
    path = folder / "complete.mjs"
    path.write_text(guide.with_base_url(code, base_url), encoding="utf-8")
    return [program, str(path)]
