"""Adapter of the Python sample in the vendor's guide.

    python3 conformance/adapters/examples/guide_python.py

The guide lies beside the repository (../shared/guide) and is read at every start; its packages are
in requirements/peers.txt.  The functions of its six steps run as they stand.  `requests` and
`secrets` are replaced in their module, so that a vector's answer and nonce take the place of the
network's.  The complete example is run for `client.chat`, with its base URL, model and prompt
replaced: they stand in it as literals.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Dict, Iterator, List, Mapping, Tuple

if __name__ == "__main__":  # the folder of this file stands first, and is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from conformance.adapters.examples import guide
from conformance.adapters.examples.served import Refused, Unsupported, released, serve
from conformance.adapters.pieces import pieces
from conformance.operations import OPTIONAL_INPUT, OPTIONAL_OUTPUT

NEEDS = ("cryptography", "ecdsa", "requests")
CHAT_SECONDS = 60
SHOWN = "\U0001f4e5 Decrypting response...\n\n"
"""What the complete example prints before the text, and ..."""
CLAIM = "\n\n\U0001f510 Response decrypted end-to-end\n"
"""... what it prints where it takes the answer for whole."""


def load_sample(markdown: str) -> ModuleType:
    """Return one module with the functions of the guide's steps."""
    module = ModuleType("guide_sample")
    for mark in (
        guide.PYTHON_KEYS,
        guide.PYTHON_ATTEST,
        guide.PYTHON_ENCRYPT,
        guide.PYTHON_SEND,
        guide.PYTHON_DECRYPT,
    ):
        exec(compile(guide.sample(markdown, "python", mark), mark, "exec"), module.__dict__)  # noqa: S102  it is what is tested
    return module


class Sample:
    """The operations that the sample has."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown
        self.module = load_sample(markdown)
        self.requests = self.module.requests

    # Calls send_e2ee_request, which encrypts to the key, and returns the header that it sends.
    def key_parse(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the key in the form in which the sample sends it."""
        message = {"role": "user", "content": "x"}
        sent = self._send([message], "model", {"model_public_key": given["text"]})
        return {"public": sent["headers"]["X-Venice-TEE-Model-Pub-Key"]}

    # Calls encrypt_message.
    def field_seal(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return an envelope; the sample draws its random values itself."""
        if "text_utf16" in given:
            text = bytes.fromhex(given["text_utf16"]).decode("utf-16-be", "surrogatepass")
        else:
            text = given["text"] * given.get("repeat", 1)
        return {"envelope": self.module.encrypt_message(text, given["recipient"])}

    # Calls decrypt_chunk.
    def field_open(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the text of an envelope."""
        secret = bytes.fromhex(given["secret"])
        for envelope in given.get("before", ()):
            self.module.decrypt_chunk(envelope, secret)
        envelope = given["envelope"] + "0" * given.get("zeros", 0)
        return {"text": self.module.decrypt_chunk(envelope, secret)}

    # Calls send_e2ee_request and takes what it hands to requests.post.
    def request_build(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the headers of the protocol and the body."""
        if given.get("options"):
            raise Unsupported("options: send_e2ee_request takes no further members")
        key = self._public_of(bytes.fromhex(given["client_secret"]))
        context = {"model_public_key": given["model_key"], "public_key_hex": key}
        messages = given["messages"]
        if given.get("repeat"):
            messages = messages * given["repeat"]
        sent = self._send(messages, given["model"], context)
        names = [name for name in sent["headers"] if name not in ("Authorization", "Content-Type")]
        headers = sorted([name.lower(), sent["headers"][name]] for name in names)
        answer = {"headers": headers, "body": sent["json"]}
        return {**answer, "messages_after": messages} if given.get("show_messages") else answer

    # Calls process_e2ee_stream on a requests.Response.
    def stream_open(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return what the sample shows of an answer; that it returns is its word for complete."""
        if given.get("allow_plaintext"):
            raise Unsupported("allow_plaintext: process_e2ee_stream has no such option")
        response = self._response(pieces(given), given.get("content_type"))
        key = bytes.fromhex(given["private_key"])
        shown = io.StringIO()
        try:
            with contextlib.redirect_stdout(shown):
                text = self.module.process_e2ee_stream(response, key)
        except Exception as error:  # noqa: BLE001  whatever it raises is its refusal
            native = f"{type(error).__name__}: {error}"
            raise Refused(native, released(shown.getvalue())) from None
        return {"released": released(text), "complete": True}

    # Calls fetch_and_verify_attestation, which asks requests.get and secrets.token_hex.
    def attestation_verify(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the key that the sample takes after its checks."""
        if "answer_bytes" in given:
            body = bytes.fromhex(given["answer_bytes"])
        else:
            body = (given["answer"] + " " * given.get("padding", 0)).encode("utf-8")
        get = SimpleNamespace(get=lambda *_, **__: self._response(iter([body]), None))
        drawn = SimpleNamespace(token_hex=lambda _: given["nonce"] or "")
        with self._replaced(requests=get, secrets=drawn):
            result = self.module.fetch_and_verify_attestation(given["model"], "key")
        return {"model_key": result["model_public_key"]}

    # Runs the complete example.
    def client_chat(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """Return what the complete example prints of the answer."""
        code = complete_example(self.markdown, given)
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-"],
            input=code.encode("utf-8"),
            env={"API_KEY_VENICE": given["api_key"], "NO_PROXY": "*"},
            capture_output=True, check=False, timeout=CHAT_SECONDS,
        )  # fmt: skip
        printed = done.stdout.decode("utf-8", "replace")
        text = printed.partition(SHOWN)[2]
        if done.returncode != 0 or not text.endswith(CLAIM):
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Refused((lines or ["it printed no end"])[-1], text)
        return {"text": text[: -len(CLAIM)], "complete": True}

    def _send(self, messages: Any, model: str, context: Dict[str, str]) -> Mapping[str, Any]:
        sent: List[Mapping[str, Any]] = []
        post = SimpleNamespace(post=lambda _, **members: sent.append(members), Response=None)
        with self._replaced(requests=post):
            self.module.send_e2ee_request(messages, model, {"public_key_hex": "", **context}, "key")
        return sent[0]

    def _public_of(self, secret: bytes) -> str:
        key = self.module.SigningKey.from_string(secret, curve=self.module.SECP256k1)
        return (b"\x04" + bytes(key.get_verifying_key().to_string())).hex()

    @contextlib.contextmanager
    def _replaced(self, **names: Any) -> Iterator[None]:
        before = {name: getattr(self.module, name) for name in names}
        self.module.__dict__.update(names)
        try:
            yield
        finally:
            self.module.__dict__.update(before)

    def _response(self, chunks: Iterator[bytes], content_type: Any) -> Any:
        """Return a response of `requests` whose body arrives in these pieces."""
        response = self.requests.Response()
        response.status_code = 200
        response.raw = SimpleNamespace(stream=lambda _size, **_: chunks)
        if content_type is not None:
            response.headers["Content-Type"] = content_type
        return response


def complete_example(markdown: str, given: Mapping[str, Any]) -> str:
    """Return the complete example with the literals of a conversation in it."""
    code = guide.sample(markdown, "python", guide.PYTHON_COMPLETE)
    code = guide.with_base_url(code, given["base_url"])
    for literal, value in ((guide.MODEL, given["model"]), (guide.PROMPT, prompt(given))):
        code = guide.with_literal(code, literal, ascii(value))
    return code


def prompt(given: Mapping[str, Any]) -> str:
    """Return the last message of the user: the complete example sends that one and no other."""
    texts = [message["content"] for message in given["messages"] if message["role"] == "user"]
    return str(texts[-1])


def hello() -> Dict[str, Any]:
    """Return what the adapter says of the sample."""
    return {
        "protocol": 1,
        "implementation": {
            "name": "guide-python",
            "version": guide.edition(),
            "language": f"Python {sys.version.split()[0]}",
            "url": "https://docs.venice.ai/guides/features/tee-e2ee-models",
        },
        "operations": {
            "key.parse": {},
            "field.seal": {},
            "field.open": {},
            "request.build": {"without": ["options"]},
            "stream.open": {
                "without": sorted(OPTIONAL_INPUT["stream.open"]),
                "omits": sorted(OPTIONAL_OUTPUT["stream.open"]),
            },
            "attestation.verify": {
                "without": sorted(OPTIONAL_INPUT["attestation.verify"]),
                "omits": sorted(OPTIONAL_OUTPUT["attestation.verify"]),
            },
            "client.chat": {},
        },
        "features": ["lone-surrogates"],
        # The sample asks no clock and has no roots, so that those of a test change nothing.
        "inject": {"rng": False, "clock": True, "base_url": True, "trust_anchors": True},
        "reasons": "native",
    }


def main() -> int:
    """Serve, or say what is missing."""
    from importlib.util import find_spec  # noqa: PLC0415

    missing = [name for name in NEEDS if find_spec(name) is None]
    markdown = guide.read_guide()
    if missing or markdown is None:
        reason = f"not installed for this Python: {', '.join(missing)}; see requirements/peers.txt"
        print(f"guide_python.py: {reason if missing else guide.ABSENT}", file=sys.stderr)
        return 3
    sample = Sample(markdown)
    operations: Tuple[str, ...] = tuple(hello()["operations"])
    serve(hello(), {name: getattr(sample, name.replace(".", "_")) for name in operations})
    return 0


if __name__ == "__main__":
    sys.exit(main())
