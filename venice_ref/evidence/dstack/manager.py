"""NEAR's compose manager: the record of what was deployed on a machine, with a quote of its own.

The compose file of NEAR's machines starts little but a manager, which later starts the containers
that the operator asks for and keeps a list of these actions.  Only this list says what runs, so
that the manager asks its TD for a quote over it:

    REPORTDATA = SHA-256(compact JSON of the actions) (32) || nonce of the client (32)

The order of the members in that JSON changed twice.  Three are known; none is named in the record:

    fixed    timestamp, action, tag, commit, file, file_sha256, services, container
    served   as they stand in the answer
    sorted   by name, RFC 8785

All of this is worth nothing as long as the quote of the record is not verified, signature and
collateral, as the quote of the model is.  That is the caller's; here the record is only held
against its own quote.  The list is what the manager wrote, and the manager is as good as its image,
which the compose file names.

Source: nearai/compose-manager, `src/main.rs`; the Venice capture of 2026-04-24.
"""

from __future__ import annotations

import hashlib
import json
from typing import Dict, Final, Iterator, List, NamedTuple, Optional, Tuple

from venice_ref.codec.jcs import encode_jcs
from venice_ref.codec.strict import JsonObject, decode_hex
from venice_ref.errors import EvidenceError, MalformedError, UsageError
from venice_ref.evidence.dstack.app import App, identify_app
from venice_ref.evidence.dstack.event_log import Event, parse_event_log, verify_event_log
from venice_ref.evidence.dstack.registers import Registers, registers_of
from venice_ref.evidence.tdx.quote import Quote, decode_quote_text, parse_quote
from venice_ref.model import Json
from venice_ref.spec import MAX_ACTIONS, NONCE_SIZE, REPORT_DATA_SIZE

__all__ = [
    "ACTION_MEMBERS",
    "ManagerFacts",
    "ManagerRecord",
    "actions_texts",
    "parse_manager_record",
    "verify_manager_record",
]

ACTION_MEMBERS: Final = (
    "timestamp", "action", "tag", "commit", "file", "file_sha256", "services", "container",
)  # fmt: skip
"""The members of an action in the order of the manager's source: the order `fixed`."""

Action = Dict[str, Json]


class ManagerRecord(NamedTuple):
    """`compose_manager_attestation` of an answer, of the right form and not yet believed."""

    actions: Tuple[Action, ...]
    """What was done, oldest first; the members in the order in which they came."""
    actions_hash: bytes
    """32 bytes, as claimed."""
    nonce: Optional[bytes]
    """32 bytes, as claimed."""
    report_data: Optional[bytes]
    """64 bytes, as claimed."""
    quote: Quote
    """The manager's own quote, which the caller verifies as it verifies the model's."""
    event_log: Tuple[Event, ...]
    where: str
    """The path of the record."""


class ManagerFacts(NamedTuple):
    """What a record proves once its quote is verified, and not before  [DST-18]."""

    actions_hash: bytes
    order: str
    """`fixed`, `served` or `sorted`: the first order of members whose text has this hash."""
    actions: int
    app: App
    """The application of the manager's TD."""
    registers: Registers
    same_td: bool
    """True where the registers were compared with those of the model's TD, and are the same."""


# --- Parsing ------------------------------------------------------------------------------------


def parse_manager_record(node: JsonObject) -> ManagerRecord:
    """Return the record of an answer's member `compose_manager_attestation`.

    Spec: DST-1, DST-27, QUO-1 to QUO-10.

    Raises:
        MalformedError: a member is missing or not of its form.
    """
    node = JsonObject(node.members, where=node.where, rule="DST-27")
    actions_hash = _bytes(node, "actions_hash", 32)
    quote_text = node.text("quote")
    if actions_hash is None or quote_text is None:
        raise _missing(node, "actions_hash" if actions_hash is None else "quote")
    return ManagerRecord(
        actions=_actions(node),
        actions_hash=actions_hash,
        nonce=_bytes(node, "nonce", NONCE_SIZE),
        report_data=_bytes(node, "report_data", REPORT_DATA_SIZE),
        quote=parse_quote(decode_quote_text(quote_text, where=node.path("quote"))),
        event_log=parse_event_log(node.get("event_log"), where=node.path("event_log")),
        where=node.where,
    )


def _missing(node: JsonObject, name: str) -> MalformedError:
    return MalformedError("the member is missing", rule=node.rule, where=node.path(name))


def _bytes(node: JsonObject, name: str, size: int) -> Optional[bytes]:
    text = node.text(name)
    if text is None:
        return None
    return decode_hex(text, size=size, where=node.path(name), rule=node.rule)


def _actions(node: JsonObject) -> Tuple[Action, ...]:
    items = node.items("actions")
    if items is None:
        raise _missing(node, "actions")
    where = node.path("actions")
    if len(items) > MAX_ACTIONS:
        raise MalformedError(
            f"{len(items)} actions, at most {MAX_ACTIONS}", rule="DST-27", where=where
        )
    actions: List[Action] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise MalformedError("not an object", rule="DST-27", where=f"{where}[{index}]")
        actions.append(item)
    return tuple(actions)


# --- The hash over the actions  [DST-17] --------------------------------------------------------


def actions_texts(actions: Tuple[Action, ...], *, where: str = "") -> Iterator[Tuple[str, bytes]]:
    """Yield (order, compact JSON) of the actions in each order that they can be written in.

    The order `fixed` is left out where an action has a member that it does not know.

    Raises:
        MalformedError: a number with a fraction, which has no one text, or too much nesting.
    """
    by_name = encode_jcs(list(actions), where=where, rule="DST-17")
    if all(name in ACTION_MEMBERS for action in actions for name in action):
        fixed = [{name: a[name] for name in ACTION_MEMBERS if name in a} for a in actions]
        yield "fixed", _compact(fixed)
    yield "served", _compact(actions)
    yield "sorted", by_name


def _compact(value: object) -> bytes:
    """Return what the manager's encoder writes: no spaces, nothing escaped that need not be.

    The value has passed `encode_jcs`, so that it is JSON without fractions and lone surrogates.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# --- Verification -------------------------------------------------------------------------------


def verify_manager_record(
    record: ManagerRecord, *, nonce: bytes, td: Optional[Registers] = None
) -> ManagerFacts:
    """Return what a record proves under the condition that `record.quote` is verified.

    `nonce` (32) is the client's, `td` the registers of the model's quote: the record must come from
    the same TD, because that of another machine would say nothing about this one.  Register 3 is
    compared as well: a TD that extends it between its two quotes is refused, and none was seen to.

    Spec: DST-2 to DST-10, DST-16 to DST-20.

    Raises:
        EvidenceError: REPORTDATA is not actions hash and nonce [DST-16], or contradicts a claim
            [DST-20]; the hash is that of the actions in no known order [DST-17]; the log does not
            end in the registers of the quote [DST-6]; another TD [DST-19].
        UsageError: a nonce of another size than 32.
    """
    if len(nonce) != NONCE_SIZE:
        raise UsageError(f"a nonce of {len(nonce)} bytes, required {NONCE_SIZE}")
    _check_report_data(record, nonce)
    order = _check_actions_hash(record)
    registers = registers_of(record.quote)
    where = f"{record.where}.event_log"
    log = verify_event_log(record.event_log, registers.rtmrs, where=where)
    app = identify_app(log, where=where)
    if td is not None and td != registers:
        raise EvidenceError(
            "the quote is of another TD than the model's", rule="DST-19", where=record.where
        )
    return ManagerFacts(
        actions_hash=record.actions_hash,
        order=order,
        actions=len(record.actions),
        app=app,
        registers=registers,
        same_td=td is not None,
    )


def _check_report_data(record: ManagerRecord, nonce: bytes) -> None:
    proven = record.quote.report_data
    statements = (
        ("quote.report_data", "DST-16", record.actions_hash + nonce),
        ("report_data", "DST-20", record.report_data),
        ("nonce", "DST-20", record.nonce and record.actions_hash + record.nonce),
    )
    for name, rule, required in statements:
        if required is not None and proven != required:
            raise EvidenceError(
                f"REPORTDATA of the manager's quote is {proven.hex()}, required {required.hex()}",
                rule=rule,
                where=f"{record.where}.{name}",
            )


def _check_actions_hash(record: ManagerRecord) -> str:
    """Return the first order of members in which the actions have the hash."""
    where = f"{record.where}.actions"
    for order, text in actions_texts(record.actions, where=where):
        if hashlib.sha256(text).digest() == record.actions_hash:
            return order
    raise EvidenceError(
        f"the actions have the hash {record.actions_hash.hex()} in no known order of members",
        rule="DST-17",
        where=where,
    )
