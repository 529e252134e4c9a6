"""`demo`: an encrypted conversation between the reference's client and the mock TEE, step by step.

Both ends run in this process and talk HTTP over loopback.  That is the point: what left the client
and what the enclave read are both in reach, so that each claim is checked and not told.  What the
operator of a service would see is the log of the mock; it is searched for the prompt, and the same
search is shown to find the prompt where it was sent in the clear.
"""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import Any, Callable, Dict, Final, List, NamedTuple, Optional, Sequence
from urllib.parse import quote

from conformance.demo_page import Page
from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.server import MockTee
from conformance.mock_tee.service import BASE_PATH
from venice_ref.attestation.policy import Policy
from venice_ref.client import ClientSession, VeniceClient
from venice_ref.e2ee.stream import Completion
from venice_ref.errors import VeniceError
from venice_ref.receipts.signature import compare_transcript
from venice_ref.spec import MIN_ENVELOPE_SIZE, PATH_CHAT

__all__ = ["run_demo", "spellings"]

MODEL: Final = "e2ee-mock"
PROMPT: Final = "The gold is under the oak tree."
PIECES: Final = 5

STEPS: Final = 8


class Attack(NamedTuple):
    """A scenario of the last step."""

    scenario: str
    words: str
    """What it is, in plain words."""
    reaches_chat: bool
    """Whether the client notices only after it sent its request."""


ATTACKS: Final = (
    Attack("nonce-not-bound", "an old quote is replayed in a fresh answer", reaches_chat=False),
    Attack(
        "chat-plaintext-chunk",
        "a chunk in the clear is slipped into the answer",
        reaches_chat=True,
    ),
    Attack("chat-cut", "the answer is cut off", reaches_chat=True),
)
"""What is refused, and when."""

_OPEN_CONTENT: Final = '"content":"'


class _Talk(NamedTuple):
    """What the steps hand on to each other."""

    page: Page
    tee: MockTee
    session: ClientSession


def run_demo(
    write: Callable[[str], None],
    *,
    as_json: bool = False,
    quiet: bool = False,
    colour: bool = False,
) -> int:
    """Run the demonstration; returns 0 where every check passed, else 1.

    `write` gets one line at a time as the steps happen; with `quiet` the verdict only, with
    `as_json` one JSON text at the end.
    """
    page = Page(_ignore if as_json or quiet else write, colour=colour and not as_json)
    begin = time.monotonic()
    try:
        _converse(page)
        _attack(page)
    except VeniceError as error:
        page.check(f"no error: {type(error).__name__}: {error}", passed=False)
    seconds = time.monotonic() - begin
    passed = len(page.steps) == STEPS and all(step.passed for step in page.steps)
    if as_json:
        write(json.dumps(_document(page, passed, seconds), indent=1))
        return 0 if passed else 1
    checks = [check for step in page.steps for check in step.checks]
    failed = sum(not check.passed for check in checks)
    text = f"All {len(checks)} checks passed in {seconds:.1f} s."
    if not passed:
        text = (
            f"FAILED: {failed} of {len(checks)} checks, {len(page.steps)} of {STEPS} steps reached."
        )
    write(page.verdict(text, passed=passed))
    return 0 if passed else 1


def _ignore(line: str) -> None:
    del line


def _document(page: Page, passed: bool, seconds: float) -> Dict[str, Any]:
    return {
        "verdict": "pass" if passed else "fail",
        "seconds": round(seconds, 3),
        "steps": [
            {
                "number": step.number,
                "title": step.title,
                "passed": step.passed,
                "checks": [check._asdict() for check in step.checks],
                "facts": step.facts,
            }
            for step in page.steps
        ],
    }


# --- The conversation ---------------------------------------------------------------------------


def _client(tee: MockTee) -> VeniceClient:
    # Everything that the evidence can prove without asking a third party, under the roots of the
    # simulation: a real client has Intel's and NVIDIA's built in.
    policy = Policy(assurance="dcap", gpu="signed")
    return VeniceClient(
        api_key="demo-key", base_url=tee.base_url, policy=policy, roots=tee.trust_roots
    )


def _answer(messages: Sequence[Dict[str, Any]]) -> str:
    return f"I read your words: {str(messages[-1]['content']).upper()}"


def _converse(page: Page) -> None:
    with MockTee(reply=_answer, chunks=PIECES) as tee:
        page.begin("A mock TEE starts on this machine")
        client = _client(tee)
        page.show(
            "address", f"{tee.base_url} (loopback: no network, no key)", base_url=tee.base_url
        )
        page.check("it listens", passed=tee.port > 0)
        _list_models(page, client)
        page.begin("A fresh nonce goes out; evidence comes back and is judged")
        with client.session(MODEL) as session:
            talk = _Talk(page, tee, session)
            _show_report(talk)
            stream = session.chat([{"role": "user", "content": PROMPT}])
            pieces = []
            first = next(stream)  # the request leaves when the first piece is asked for
            pieces.append(first.text)
            _show_request(talk)
            _show_wire(talk)
            page.begin(f"The answer arrives in {PIECES} encrypted pieces")
            _show_piece(talk, 0, first.text)
            for delta in stream:
                pieces.append(delta.text)
                _show_piece(talk, len(pieces) - 1, delta.text)
            _check_answer(talk, "".join(pieces), stream.completion)
            _check_signature(talk, stream.completion)


def _list_models(page: Page, client: VeniceClient) -> None:
    page.begin("The client asks which models take encrypted requests")
    names = [model.id for model in client.models() if model.supports_e2ee is True]
    page.show("models", " ".join(names), models=names)
    page.check(f"{MODEL} is one of them", passed=MODEL in names)


def _show_report(talk: _Talk) -> None:
    page, report = talk.page, talk.session.report
    facts = report.facts
    page.show("nonce", str(facts["nonce"]), report=report.to_json())
    page.show("model key", str(facts["model_key"]))
    passed = [check.id for check in report.checks if check.status == "pass"]
    groups: Dict[str, List[str]] = {}
    for name in passed:
        group, _, check = name.partition(".")
        groups.setdefault(group, []).append(check)
    for group, checks in groups.items():
        page.wrapped(f"pass   {group:<8} {' '.join(checks)}")
    missing = [check.id for check in report.checks if check.status == "not_performed"]
    page.wrapped(f"not performed: {', '.join(missing)}")
    page.check(
        f"{len(passed)} checks pass and {len(missing)} were not performed; reached: "
        f"{report.assurance_reached}, GPUs {report.gpu_reached}, under simulated roots",
        passed=report.verdict == "pass"
        and (report.assurance_reached, report.gpu_reached) == ("dcap", "signed"),
    )
    sent = talk.tee.log.requests
    nonces = [entry.path.split("nonce=")[1] for entry in sent if "nonce=" in entry.path]
    page.check(
        "the nonce in the evidence is the one that left, and nothing else has left yet",
        passed=nonces == [facts["nonce"]] and all(entry.method == "GET" for entry in sent),
    )


def _show_request(talk: _Talk) -> None:
    page = talk.page
    page.begin("The prompt is encrypted to the attested key")
    request = [entry for entry in talk.tee.log.requests if entry.method == "POST"][-1]
    digits = str(json.loads(request.body)["messages"][0]["content"])
    size = len(PROMPT.encode("utf-8"))
    page.show("prompt", f"{PROMPT} ({size} bytes)", prompt=PROMPT, ciphertext=digits)
    page.show("ciphertext", digits)
    page.check(
        f"{len(digits) // 2} bytes left: key 65 + nonce 12 + text {size} + tag 16",
        passed=len(digits) == 2 * (MIN_ENVELOPE_SIZE + size),
    )
    header = request.header("X-Venice-TEE-Model-Pub-Key")
    page.check(
        "it names the key that the evidence binds",
        passed=header == talk.session.report.facts["model_key"],
    )


def _show_wire(talk: _Talk) -> None:
    page, log = talk.page, talk.tee.log
    page.begin("What the operator of the service saw, and what the enclave read")
    wire = log.wire()
    page.show("operator", f"{len(wire)} bytes in {len(log.requests)} requests and their answers")
    read = [message["content"] for messages in log.prompts for message in messages]
    page.show("enclave", ", ".join(str(text) for text in read))
    page.check("the enclave read the prompt", passed=read == [PROMPT])
    page.check(
        f"the prompt is nowhere in those bytes, in {len(spellings(PROMPT))} spellings",
        passed=not _is_in(PROMPT, wire),
    )
    with MockTee() as other:
        _send_in_the_clear(other)
        clear = other.log.wire()
    page.check(
        "the same search finds it in a request without encryption", passed=_is_in(PROMPT, clear)
    )


def spellings(text: str) -> List[bytes]:
    """Return the byte strings that give a text away: plain, wide, hexadecimal, base64, URL."""
    raw = text.encode("utf-8")
    found = [raw, text.encode("utf-16-le"), text.encode("utf-16-be"), raw[::-1]]
    found += [raw.hex().encode("ascii"), raw.hex().upper().encode("ascii")]
    for offset in range(3):
        # The digits of whole groups only: their neighbours change the first and the last ones.
        padded = base64.b64encode(bytes(offset) + raw)
        found.append(padded[4 if offset else 0 : len(padded) // 4 * 4 - 4])
    return [*found, quote(text).encode("ascii")]


def _is_in(text: str, wire: bytes) -> bool:
    return any(spelling in wire for spelling in spellings(text))


def _send_in_the_clear(tee: MockTee) -> None:
    body = {"model": "plain-mock", "messages": [{"role": "user", "content": PROMPT}]}
    connection = http.client.HTTPConnection("127.0.0.1", tee.port, timeout=10)
    try:
        connection.request("POST", BASE_PATH + PATH_CHAT, json.dumps(body))
        connection.getresponse().read()
    finally:
        connection.close()


def _show_piece(talk: _Talk, index: int, text: str) -> None:
    digits = _contents(talk.tee)[index]
    talk.page.lines([f"{digits[:12]}...{digits[-12:]} {len(digits) // 2:>4} bytes  ->  {text!r}"])


def _contents(tee: MockTee) -> List[str]:
    """Return the encrypted pieces that were sent so far."""
    text = tee.log.answers[-1].body.decode("ascii")
    return [part.split('"', 1)[0] for part in text.split(_OPEN_CONTENT)[2:]]


def _check_answer(talk: _Talk, text: str, completion: Completion) -> None:
    page = talk.page
    page.steps[-1].facts.update(answer=text, pieces=_contents(talk.tee))
    page.check(
        f"the answer is to the prompt, complete, all {completion.content_chunks} pieces decrypted",
        passed=text == _answer([{"content": PROMPT}])
        and completion.complete
        and (completion.content_chunks, completion.plaintext_chunks) == (PIECES, 0),
    )
    page.check("the answer is nowhere on the wire", passed=not _is_in(text, talk.tee.log.wire()))


def _check_signature(talk: _Talk, completion: Completion) -> None:
    page, log = talk.page, talk.tee.log
    page.begin("The enclave signed the exchange")
    request = [entry for entry in log.requests if entry.method == "POST"][-1]
    response = [entry for entry in log.answers if entry.number == request.number][-1]
    found = talk.session.signature(completion.id or "")
    page.show("signer", "0x" + bytes(found.signer).hex(), model=found.signed.model)
    page.check(
        "the signer is the address that the quote binds",
        passed="0x" + bytes(found.signer).hex() == _lower(talk, "signing_address"),
    )
    page.check(
        "the signed hashes are those of the bytes that crossed the wire",
        passed=_transcript_holds(found.signed, request.body, response.body),
    )


def _lower(talk: _Talk, fact: str) -> str:
    return str(talk.session.report.facts[fact]).lower()


def _transcript_holds(signed: Any, request: bytes, response: bytes) -> bool:
    try:
        compare_transcript(signed, request=request, response=response)
    except VeniceError:
        return False
    return True


# --- The attacks --------------------------------------------------------------------------------


class _Outcome(NamedTuple):
    """How the client met an attack."""

    error: Optional[VeniceError]
    shown: str
    """Text that the client gave out."""
    complete: bool
    chats: int
    """Chat requests that the service received."""


def _attack(page: Page) -> None:
    page.begin("Three attacks, each against a fresh client")
    honest = _answer([{"content": PROMPT}])
    for attack in ATTACKS:
        outcome = _meet(attack.scenario)
        error = outcome.error
        rule = "" if error is None else error.rule
        page.steps[-1].facts[attack.scenario] = {
            "error": type(error).__name__,
            "rule": rule,
            "message": "" if error is None else error.message,
            "shown": outcome.shown,
            "chats": outcome.chats,
        }
        page.check(
            f"{attack.words}: {_refusal(error)}; "
            + ("nothing was sent" if outcome.chats == 0 else f"shown so far: {outcome.shown!r}"),
            passed=rule == SCENARIOS[attack.scenario].requirement
            and not outcome.complete
            and honest.startswith(outcome.shown)
            and outcome.shown != honest
            and (outcome.chats > 0) == attack.reaches_chat,
        )


def _refusal(error: Optional[VeniceError]) -> str:
    return "not refused" if error is None else f"{type(error).__name__} [{error.rule}]"


def _meet(scenario: str) -> _Outcome:
    """Hold the conversation against a misbehaving service."""
    error: Optional[VeniceError] = None
    pieces: List[str] = []
    complete = False
    with MockTee(scenario=scenario, reply=_answer, chunks=PIECES) as tee:
        try:
            with _client(tee).session(MODEL) as session:
                stream = session.chat([{"role": "user", "content": PROMPT}])
                for delta in stream:
                    pieces.append(delta.text)  # noqa: PERF401  kept when the stream raises
                complete = stream.completion.complete
        except VeniceError as refused:
            error = refused
        chats = sum(entry.method == "POST" for entry in tee.log.requests)
    return _Outcome(error, "".join(pieces), complete, chats)
