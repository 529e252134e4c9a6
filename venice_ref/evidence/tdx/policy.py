"""What a caller accepts of a quote that is genuine, as values with names.

`verify.verify_quote` proves where a quote comes from.  A trust domain under debug and a revoked
platform are genuine as well; whether they are acceptable is decided here, apart from the proof, and
a refusal is a `PolicyError`.  The defaults refuse whatever a verifier of data of others should not
accept; each exception has a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Collection, Final, FrozenSet, NamedTuple, Tuple

from venice_ref.errors import PolicyError, UsageError
from venice_ref.evidence.tdx.attributes import TUD_MASK, decode_td_attributes
from venice_ref.evidence.tdx.layouts import SGX_FLAG_DEBUG
from venice_ref.evidence.tdx.tcb import STATUSES

if TYPE_CHECKING:
    from venice_ref.evidence.tdx.quote import Quote
    from venice_ref.evidence.tdx.verify import QuoteFacts

__all__ = [
    "ANYTHING_BUT_REVOKED",
    "NOT_OUT_OF_DATE",
    "STRICT_BODY",
    "UP_TO_DATE_ONLY",
    "BodyPolicy",
    "check_body_policy",
    "check_tcb_policy",
]

# --- TCB ----------------------------------------------------------------------------------------

UP_TO_DATE_ONLY: Final[FrozenSet[str]] = frozenset({"UpToDate"})

NOT_OUT_OF_DATE: Final[FrozenSet[str]] = UP_TO_DATE_ONLY | {
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
}
"""The default of this client: every known flaw is fixed in the platform, or is the TD's to fix."""

ANYTHING_BUT_REVOKED: Final[FrozenSet[str]] = frozenset(STATUSES - {"Revoked"})
"""Also platforms with known flaws: only for looking at evidence."""


def check_tcb_policy(facts: QuoteFacts, accepted: Collection[str] = NOT_OUT_OF_DATE) -> None:
    """Refuse a quote whose status is not one of `accepted`; `Revoked` never is.

    A TD that was launched on a good TCB and runs on a revoked one by now is refused as well.

    Raises:
        PolicyError: another status [TCB-10], or a revoked one [TCB-11].
        UsageError: `accepted` holds what is no status, or Revoked.
    """
    unknown = sorted(set(accepted) - ANYTHING_BUT_REVOKED)
    if unknown:
        raise UsageError(f"statuses that no policy can accept: {', '.join(unknown)}", rule="TCB-11")
    current = facts.current.status if facts.current is not None else ""
    if "Revoked" in (facts.status, current):
        raise PolicyError(
            "the TCB is revoked", rule="TCB-11", where="tcb.status", hint=_advisories(facts)
        )
    if facts.status not in accepted:
        raise PolicyError(
            f"TCB status {facts.status}, accepted: {', '.join(sorted(accepted)) or 'none'}",
            rule="TCB-10",
            where="tcb.status",
            hint=_advisories(facts),
        )


def _advisories(facts: QuoteFacts) -> str:
    return "advisories: " + ", ".join(facts.advisories) if facts.advisories else ""


# --- Body ---------------------------------------------------------------------------------------


class BodyPolicy(NamedTuple):
    """The exceptions that a caller allows; none by default."""

    allow_debug: bool = False
    """Enclaves and trust domains whose memory the host can read: only for development."""
    allow_service_td: bool = False
    """Trust domains that a service TD is bound to, which may migrate them."""
    allow_late_sgx: bool = False
    """SGX quotes of version 4 or 5, which no public generator of quotes writes."""


STRICT_BODY: Final = BodyPolicy()
"""No exception."""

_DEBUG: Final = 1 << 0
_PROFILING: Final = TUD_MASK ^ _DEBUG
_SERVTD_EXT: Final = 1 << 17
_SEPT_VE_DISABLE: Final = 1 << 28
_MIGRATABLE: Final = 1 << 29


def _bits(*ranges: Tuple[int, int]) -> int:
    """Return the mask of ranges of bits, both ends included."""
    return sum((1 << (last + 1)) - (1 << first) for first, last in ranges)


_RESERVED: Final = _bits((8, 15), (23, 26), (32, 61))
"""Bits without a meaning outside of the TUD group, which must be zero as a whole."""


def check_body_policy(quote: Quote, policy: BodyPolicy = STRICT_BODY) -> None:
    """Refuse a quote of an enclave or a trust domain that others can look into or change.

    Raises:
        PolicyError: debug or profiling [QUO-11, QUO-19], reserved attributes, migration or page
            faults that the host can cause [QUO-17], a service TD [QUO-18], an SGX quote of a
            version that is made for TDX [QUO-20].
    """
    if quote.is_tdx:
        _check_td(quote, policy)
        return
    if quote.version != 3 and not policy.allow_late_sgx:
        raise PolicyError(
            f"an SGX quote of version {quote.version}",
            rule="QUO-20",
            where="quote.header.version",
        )
    if quote.body["attributes"][0] & SGX_FLAG_DEBUG and not policy.allow_debug:
        raise PolicyError(
            "the enclave runs under debug", rule="QUO-19", where="quote.sgx_report.attributes"
        )


def _check_td(quote: Quote, policy: BodyPolicy) -> None:
    raw = quote.body["td_attributes"]
    attributes = int.from_bytes(raw, "little")
    shown = ", ".join(str(attribute) for attribute in decode_td_attributes(raw))
    if attributes & _DEBUG and not policy.allow_debug:
        raise _attribute_error(f"the TD is under debug: {shown}", "QUO-11")
    if attributes & _PROFILING:
        raise _attribute_error(f"the TD is under profiling: {shown}", "QUO-11")
    if attributes & _RESERVED:
        raise _attribute_error(f"attributes without a known meaning: {shown}", "QUO-17")
    if attributes & _MIGRATABLE:
        raise _attribute_error(f"the TD can be migrated: {shown}", "QUO-17")
    if not attributes & _SEPT_VE_DISABLE:
        raise _attribute_error(f"SEPT_VE_DISABLE is not set: {shown or 'nothing is'}", "QUO-17")
    if policy.allow_service_td:
        return
    if attributes & _SERVTD_EXT:
        raise _attribute_error(f"service TDs are extended: {shown}", "QUO-18")
    if any(quote.body.get("mr_service_td", b"")):
        raise PolicyError(
            "a service TD is bound to the TD", rule="QUO-18", where="quote.td_report.mr_service_td"
        )


def _attribute_error(message: str, rule: str) -> PolicyError:
    return PolicyError(message, rule=rule, where="quote.td_report.td_attributes")
