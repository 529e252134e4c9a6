"""From what the server saw and what the client showed to one result."""

from __future__ import annotations

from typing import Any, Dict, Final, List, NamedTuple, Optional, Sequence, Tuple

from conformance.consequences import BY_SUBTYPE
from conformance.requirements import requirements_by_id
from conformance.results import Explanation, Result
from conformance.scenarios.attack import ENDURE, EXPECTATIONS, REFUSE, Attack
from conformance.scenarios.canary import Leak, Secret, find_leaks
from conformance.scenarios.drive import OUTCOMES, Conversation
from conformance.scenarios.observe import (
    API_KEY,
    Observed,
    leaks_in,
    request_problems,
    request_summary,
)

__all__ = ["ANSWER", "PROMPT", "SYSTEM", "Finding", "Scene", "judge_conversation", "result_of"]

PROMPT: Final = "prompt"
SYSTEM: Final = "system prompt"
ANSWER: Final = "answer"

MAX_ATTACHMENT: Final = 16 * 1024
MAX_SHOWN: Final = 160

_STOLEN: Final = "the prompt was encrypted to a key that is not the enclave's"

_DIED: Final = ("crash", "timeout", "protocol_error")


class Scene(NamedTuple):
    """One conversation from both sides."""

    attack: Attack
    conversation: Conversation
    """Of several, the last one; the texts of the others were the same, or it is this one."""
    observed: Observed
    honest: str
    """What an honest conversation shows."""
    secrets: Tuple[Secret, ...]
    stolen: bool
    """Whether a key that is not the enclave's opened the prompt."""
    does: str
    """What the mock did, in one sentence."""
    seconds: float


class Finding(NamedTuple):
    """What a scene comes to."""

    status: str
    """One of `results.STATUSES`."""
    subtype: str
    detail: str


PASS: Final = Finding("pass", "", "")


def judge_conversation(scene: Scene, *, coded: bool) -> Finding:
    """Return what is wrong with a conversation, the worst first; or `pass`.

    `coded` says whether the client's refusals name a stage and a reason in our words.
    """
    problems = request_problems(scene.attack, scene.observed)
    return (
        _leak(scene)
        or _shown(scene)
        or _accepted(scene)
        or _died(scene.conversation)
        or (_fail("wrong_requests", problems[0]) if problems else None)
        or _honest(scene)
        or _reason(scene, coded)
        or PASS
    )


def _fail(subtype: str, detail: str) -> Finding:
    return Finding("fail", subtype, detail)


def _leak(scene: Scene) -> Optional[Finding]:
    leaks = leaks_in(scene.observed, scene.secrets) + _printed(scene)
    if leaks:
        return _fail("leak", f"{leaks[0]}" + (f", and {len(leaks) - 1} more" if leaks[1:] else ""))
    if scene.stolen:
        return _fail("leak", _STOLEN)
    return None


def _printed(scene: Scene) -> List[Leak]:
    """Return secrets in what the client wrote besides the answer, and others in the answer."""
    talk = scene.conversation
    own = [secret for secret in scene.secrets if secret.name != ANSWER]
    key = [secret for secret in scene.secrets if secret.name == API_KEY]
    places = (
        (talk.stderr, own, "standard error"),
        (talk.native, own, "the message of its refusal"),
        (talk.text, key, "the answer that it showed"),
    )
    return [
        leak
        for text, secrets, place in places
        for leak in find_leaks(text.encode("utf-8", "surrogatepass"), secrets, place)
    ]


def _shown(scene: Scene) -> Optional[Finding]:
    attack, text = scene.attack, _trimmed(scene.conversation.text)
    if attack.expects == REFUSE:
        if not text or scene.observed.chats:
            return None  # what it showed then follows from what it accepted
        return _fail("released_early", f"it showed {_excerpt(text)}")
    if scene.honest.startswith(text):
        return None
    if attack.expects == ENDURE and not text.startswith(scene.honest):
        return None  # judged as a wrong output
    return _fail("released_early", f"it showed {_excerpt(_departure(text, scene.honest))}")


def _trimmed(text: str) -> str:
    """Return a text without the end of its last line, which programs add when they print."""
    return text.rstrip("\r\n")


def _departure(text: str, honest: str) -> str:
    """Return a text from where it leaves the honest one."""
    same = next((i for i, (a, b) in enumerate(zip(text, honest)) if a != b), len(honest))
    return text[same:]


def _accepted(scene: Scene) -> Optional[Finding]:
    attack, talk = scene.attack, scene.conversation
    if attack.expects == REFUSE and scene.observed.chats:
        return _fail(
            "accepted_invalid", "it accepted the evidence, and sent a request to the model"
        )
    if not attack.negative or talk.outcome != "done":
        return None
    text = _trimmed(talk.text)
    if attack.truncates or (text and text != scene.honest):
        return _fail("incomplete", f"it calls {len(text)} of {len(scene.honest)} characters done")
    return _fail("accepted_invalid", "it claims success")


def _died(talk: Conversation) -> Optional[Finding]:
    if talk.outcome in _DIED:
        return Finding(talk.outcome, "", _excerpt_line(talk.native) or OUTCOMES[talk.outcome])
    if talk.outcome == "failed":
        return _fail("error", _excerpt_line(talk.native) or OUTCOMES["failed"])
    if talk.outcome == "unsupported":
        return _fail("false_advertising", "client.chat was answered with unsupported")
    return None


def _honest(scene: Scene) -> Optional[Finding]:
    """Return what is wrong where the client may or has to succeed."""
    attack, talk = scene.attack, scene.conversation
    if attack.expects == ENDURE and talk.outcome == "refused":
        code = f"{talk.stage}:{talk.reason} " if talk.stage else ""
        return _fail("rejected_valid", f"refused: {code}{_excerpt_line(talk.native)}".strip())
    if not attack.negative and talk.outcome == "done" and _trimmed(talk.text) != scene.honest:
        return _fail(
            "wrong_output", f"the answer is {_excerpt(talk.text)}, not {_excerpt(scene.honest)}"
        )
    return None


def _reason(scene: Scene, coded: bool) -> Optional[Finding]:
    attack, talk = scene.attack, scene.conversation
    if talk.outcome != "refused":
        return None
    given = f"{talk.stage}:{talk.reason}"
    if not coded or not (talk.stage or talk.reason):
        return Finding("pass_verdict_only", "", "refused without a reason in the suite's words")
    if attack.reasons and given not in attack.reasons:
        expected = " or ".join(sorted(attack.reasons))
        return _fail("wrong_reason", f"refused for {given}, not for {expected}")
    return None


def _excerpt(text: str) -> str:
    shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."
    return ascii(shown)


def _excerpt_line(text: str) -> str:
    return " ".join(text.split())[:MAX_SHOWN]


# --- The result ---------------------------------------------------------------------------------


def result_of(attack: Attack, finding: Finding, scene: Optional[Scene], repro: str) -> Result:
    """Return the result of an attack; `scene` is `None` where it was not executed."""
    explained = finding.status not in ("pass", "pass_verdict_only", "not_applicable", "deselected")
    return Result(
        id=attack.id,
        kind="scenario",
        status=finding.status,
        subtype=finding.subtype,
        detail=finding.detail,
        op="client.chat",
        req=attack.req,
        keyword=attack.keyword,
        importance=attack.importance,
        negative=attack.negative,
        control=attack.control,
        seconds=round(scene.seconds, 3) if scene else 0.0,
        explanation=_explanation(attack, finding, scene, repro) if explained else None,
        attachments=_attachments(scene) if scene and explained else {},
    )


def _explanation(
    attack: Attack, finding: Finding, scene: Optional[Scene], repro: str
) -> Explanation:
    known = requirements_by_id()
    own = (attack.impact, attack.hint)
    impact, hint = own if _is_aimed_at(attack, finding) else BY_SUBTYPE.get(finding.subtype, own)
    expected = EXPECTATIONS[attack.expects]
    if attack.negative and attack.reasons:
        expected += f"; the reason is {' or '.join(sorted(attack.reasons))}"
    chats = len(scene.observed.chats) if scene else 0
    requests = len(scene.observed.requests) if scene else 0
    got = f"{finding.detail or finding.status}; {requests} requests, {chats} of them to the model"
    return Explanation(
        requirement="  ".join(f"{one}: {known[one].text}" for one in _required(attack, finding)),
        changed=scene.does if scene else attack.why,
        expected=expected,
        got=got,
        impact=impact,
        hint=hint,
        repro=repro,
    )


def _is_aimed_at(attack: Attack, finding: Finding) -> bool:
    """Say whether the client failed in the very way that the attack is about."""
    if finding.subtype == "leak":
        return finding.detail == _STOLEN
    return finding.subtype == "incomplete" and attack.truncates


def _required(attack: Attack, finding: Finding) -> Tuple[str, ...]:
    """Return the requirements that are not met: of the kind of failure, or of the attack."""
    if _is_aimed_at(attack, finding):
        return attack.req
    if finding.subtype == "leak":
        return ("NET-6",) if finding.detail.startswith(f"the {API_KEY} ") else ("KEY-12",)
    return ("STR-12",) if finding.subtype == "incomplete" else attack.req


def _attachments(scene: Scene) -> Dict[str, str]:
    talk = scene.conversation
    texts: Sequence[Tuple[str, Any]] = (
        ("requests", request_summary(scene.observed)),
        ("shown", talk.text),
        ("refusal", talk.native),
        ("stderr", talk.stderr),
    )
    return {name: text[-MAX_ATTACHMENT:] for name, text in texts if text}
