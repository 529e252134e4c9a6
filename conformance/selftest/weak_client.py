"""A small client of the protocol, whole where it is not told to be weak in one way.

It shares the primitives with the reference and neither the session nor the reader of the stream, so
that each of its rules can be left out.  It does one thing at a time and knows no repetition but the
wrong ones.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, urlsplit

from conformance.adapters.reference.refusal import as_reject
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.trust_root import parse_trust_roots
from venice_ref.attestation.verify import verify_attestation
from venice_ref.client import VeniceClient
from venice_ref.codec.strict import decode_hex, parse_json_object
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import open_envelope, seal_derandomised
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.e2ee.messages import build_body, build_headers
from venice_ref.errors import PeerError, VeniceError
from venice_ref.model import Nonce32, PublicKey65
from venice_ref.net.venice import utc_now

__all__ = ["weak_chat"]

_STATIC = bytes(range(1, 33))
_PROTECTED = ("content", "reasoning_content", "reasoning")
_IN_THE_CLEAR = ("tool_calls", "function_call", "refusal", "audio", "logprobs", "text", "message")


class _RefusedError(VeniceError):
    """A refusal of this client, under the id of a requirement."""


def _refuse(rule: str, message: str = "refused") -> _RefusedError:
    return _RefusedError(message, rule=rule)


class _Got(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


class _Client:
    def __init__(
        self, given: Mapping[str, Any], weak: FrozenSet[str], ignores: FrozenSet[str]
    ) -> None:
        self.given = given
        self.weak = weak
        self.ignores = ignores
        self.shown: List[str] = []
        self.ids: Dict[str, Any] = {}
        self.secret = PrivateKey.generate()

    # --- HTTP -----------------------------------------------------------------------------------

    def send(self, method: str, url: str, body: Optional[bytes], headers: Dict[str, str]) -> _Got:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            headers = {"Authorization": f"Bearer {self.given['api_key']}", **headers}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            try:
                content, whole = response.read(), True
            except http.client.IncompleteRead as error:
                content, whole = error.partial, False
            got = _Got(response.status, dict(response.getheaders()), content, whole)
        finally:
            connection.close()
        if got.status in (302, 307) and "follows-redirects" in self.weak:
            return self.send(method, got.headers["Location"], body, headers)
        return got

    def get(self, path: str) -> _Got:
        return self.send("GET", self.given["base_url"] + path, None, {})

    # --- Evidence -------------------------------------------------------------------------------

    def check_capability(self) -> None:
        rows = json.loads(self.get("/models").body)["data"]
        row = next(row for row in rows if row["id"] == self.given["model"])
        able = row["model_spec"]["capabilities"].get("supportsE2EE")
        if able is not True and "any-model" not in self.weak:
            raise _refuse("REQ-8")

    def fetch(self, nonce: bytes) -> bytes:
        model = quote(self.given["model"], safe="")
        path = f"/tee/attestation?model={model}&nonce={nonce.hex()}"
        if "prompt-in-url" in self.weak:
            hint = base64.urlsafe_b64encode(self.prompt.encode()).decode()
            path += f"&hint={hint}"
        got = self.get(path)
        if got.status == 429 and "same-nonce" in self.weak:
            got = self.get(path)
        if got.status != 200 and not ("any-status" in self.weak and got.body.startswith(b"{")):
            raise _refuse("NET-7")
        return got.body

    @property
    def prompt(self) -> str:
        return str(self.given["messages"][-1]["content"])

    def verified_key(self, *, checked: bool = True) -> PublicKey65:
        """Return the model key of fresh evidence; every failure but the ignored ones is raised."""
        low = "no-collateral" in self.weak
        policy = Policy(
            assurance="binding" if low else self.given["assurance"],
            gpu="report" if "no-gpu" in self.weak else self.given["gpu"],
        )
        client = self._reference(policy)
        if policy.assurance == "dcap" or policy.gpu == "nras":
            found = client.gather(self.given["model"])
            raw, nonce, endorsements = found.raw, found.nonce, found.endorsements
        else:
            nonce = Nonce32(_STATIC if "constant-nonce" in self.weak else os.urandom(32))
            raw, endorsements = self.fetch(nonce), client.vendors.given
        try:
            verified = verify_attestation(
                raw,
                nonce=nonce,
                model=self.given["model"],
                policy=policy,
                now=utc_now(),
                endorsements=endorsements,
                roots=client.roots,
            )
        except PeerError as error:
            if checked and "any-evidence" not in self.weak and not self._ignored(error):
                raise
            return self._unverified_key(raw)
        return verified.model_key

    def _reference(self, policy: Policy) -> VeniceClient:
        """Return the reference's client, for what this one does not do by itself."""
        return VeniceClient(
            self.given["api_key"],
            self.given["base_url"],
            policy,
            roots=parse_trust_roots(self.given["trust_root"].encode()),
            sleep=lambda _: None,
            total_timeout=10.0,
        )

    def check_signature(self) -> None:
        if self.given["signature"] and "no-signature" not in self.weak:
            client = self._reference(Policy(assurance="binding"))
            client.signature(self.given["model"], self.ids["id"])

    def _ignored(self, error: PeerError) -> bool:
        if not isinstance(error.report, Report):
            return error.rule in self.ignores
        standing = {check.requirement for check in error.report.checks if not check.holds}
        return bool(standing) and standing <= self.ignores

    def _unverified_key(self, raw: bytes) -> PublicKey65:
        document = json.loads(raw)
        return parse_model_key(document.get("signing_public_key") or document["signing_key"])

    # --- The request ----------------------------------------------------------------------------

    def body(self, key: PublicKey65) -> Tuple[bytes, Dict[str, str]]:
        document = build_body(self.given["model"], self.given["messages"], key)
        if "static-ephemeral" in self.weak:
            for sent, given in zip(document["messages"], self.given["messages"]):
                sent["content"] = seal_derandomised(
                    key,
                    given["content"].encode(),
                    ephemeral=PrivateKey.from_bytes(_STATIC),
                    nonce=_STATIC[:12],
                ).hex()
        if "plain-system" in self.weak:
            document["messages"][0] = dict(self.given["messages"][0])
        headers = build_headers(self.secret.public_key, key)
        return json.dumps(document).encode(), {**headers, "Content-Type": "application/json"}

    def plain_body(self) -> bytes:
        return json.dumps({
            "model": self.given["model"], "messages": self.given["messages"], "stream": True
        }).encode()  # fmt: skip

    def post(self, body: bytes, headers: Dict[str, str]) -> _Got:
        return self.send("POST", self.given["base_url"] + "/chat/completions", body, headers)

    def exchange(self) -> _Got:
        self.check_capability()
        if "asks-first" in self.weak:
            self.post(self.plain_body(), {"Content-Type": "application/json"})
        try:
            key = self.verified_key()
        except VeniceError:
            if "needs-no-evidence" not in self.weak:
                raise
            # Without a key there is nothing to encrypt to, and so it goes without.
            return self.post(self.plain_body(), {"Content-Type": "application/json"})
        got = self.insist(key)
        if got.status != 200 and "any-status" not in self.weak:
            message = f"the server refused {self.prompt}" if "quotes-prompt" in self.weak else ""
            raise _refuse("NET-5", message or "refused")
        kind = got.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "text/event-stream" and "any-type" not in self.weak:
            raise _refuse("STR-15")
        return got

    def insist(self, key: PublicKey65) -> _Got:
        """Send the request, and once more where this client is too eager."""
        body, headers = self.body(key)
        got = self.post(body, headers)
        if got.status in (401, 500) and "retries" in self.weak:
            for _ in range(4):
                got = self.post(*self.body(key))
        if got.status == 400 and "falls-back" in self.weak:
            got = self.post(self.plain_body(), {"Content-Type": "application/json"})
        if got.status == 421 and "trusts-renewed" in self.weak:
            got = self.post(*self.body(self.verified_key(checked=False)))
        if got.status == 429 and "sends-again" in self.weak:
            got = self.post(body, headers)
        return got

    # --- The answer -----------------------------------------------------------------------------

    def events(self, body: bytes) -> Iterator[Tuple[str, str]]:
        """Yield type and data of each event."""
        text = body.decode("utf-8")
        if "lf-only" not in self.weak:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        for block in text.split("\n\n"):
            kind, data = "message", []
            for line in block.split("\n"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event" and value:
                    kind = value
                elif name == "data":
                    data.append(value)
            if len(block) > 1 << 25 and "no-limit" not in self.weak:
                raise _refuse("SSE-8")
            if data:
                yield kind, "\n".join(data)

    def read(self, got: _Got) -> str:
        done = False
        for kind, data in self.events(got.body):
            if data == "[DONE]":
                done = True
                if "reads-on" not in self.weak:
                    break
                continue
            chunk = self._chunk(kind, data)
            if chunk is not None:
                self._take(chunk)
        if not done and "no-done" not in self.weak:
            raise _refuse("STR-1")
        return "".join(self.shown)

    def _chunk(self, kind: str, data: str) -> Optional[Mapping[str, Any]]:
        try:
            if "last-of-two" in self.weak:
                chunk: Mapping[str, Any] = json.loads(data)
            else:
                chunk = parse_json_object(data, max_size=1 << 26).members
        except (ValueError, VeniceError):
            if "skips-malformed" in self.weak:
                return None
            raise _refuse("STR-3") from None
        if (kind == "error" or chunk.get("error")) and "skips-errors" not in self.weak:
            raise _refuse("STR-4")
        for name in ("id", "model"):
            changed = self.ids.setdefault(name, chunk.get(name)) != chunk.get(name)
            if changed and "any-id" not in self.weak and "error" not in chunk:
                raise _refuse("STR-10")
        return chunk

    def _take(self, chunk: Mapping[str, Any]) -> None:
        for choice in chunk.get("choices") or ():
            if choice.get("index") != 0 and "any-choice" not in self.weak:
                raise _refuse("STR-8")
            delta = choice.get("delta") or {}
            if any(delta.get(name) for name in _IN_THE_CLEAR) and "takes-tools" not in self.weak:
                raise _refuse("STR-9")
            texts = {name: self._text(delta[name], name) for name in _PROTECTED if delta.get(name)}
            self.shown.append(texts.get("content", ""))

    def _text(self, value: str, name: str) -> str:
        if "plain-reasoning" in self.weak and name != "content":
            self.shown.append(value)
            return value
        try:
            plain = open_envelope(self.secret, decode_hex(value, allow_0x="0x" in self.weak))
        except VeniceError as error:
            if "passes-plaintext" in self.weak:
                return value
            if "skips-undecryptable" in self.weak:
                return ""
            looks_damaged = len(value) >= 93 and value.isalnum()
            raise error if looks_damaged or error.rule == "ENV-6" else _refuse("STR-5") from None
        try:
            return plain.decode("utf-8", "replace" if "any-utf8" in self.weak else "strict")
        except UnicodeDecodeError:
            raise _refuse("ENV-10") from None


def weak_chat(
    given: Mapping[str, Any],
    weak: FrozenSet[str] = frozenset(),
    ignores: FrozenSet[str] = frozenset(),
) -> Dict[str, Any]:
    """Return the reply to one request for `client.chat`.

    `weak` names rules that are left out; `ignores` ids of checks of evidence that may fail.
    """
    client = _Client(given, weak, ignores)
    try:
        text = client.read(client.exchange())
        client.check_signature()
    except VeniceError as error:
        error.released = "".join(client.shown)  # type: ignore[attr-defined]  # see refusal.py
        return {"reject": as_reject(error)}
    return {"ok": {"text": text, "complete": True}}
