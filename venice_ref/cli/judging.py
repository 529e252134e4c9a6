"""What a command judges with: the policy, the roots, and the statements that files hold.

All of it is local; nothing here loads the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from venice_ref.attestation.endorsements import (
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
)
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.policy_file import MAX_POLICY_SIZE, parse_policy
from venice_ref.attestation.trust_root import MAX_TRUST_ROOT_SIZE, parse_trust_roots
from venice_ref.cli.inputs import read_bytes
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.errors import MalformedError, UsageError
from venice_ref.spec import MAX_COLLATERAL_SIZE, MAX_JWKS_SIZE, MAX_NRAS_SIZE, MAX_RIM_SIZE

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from venice_ref.cli.output import Console

__all__ = ["check_inputs", "make_policy", "parse_moment", "read_endorsements", "read_roots"]

_FILES = ("file", "prompt", "system", "policy", "trust_root", "collateral", "nras", "jwks")


def check_inputs(arguments: argparse.Namespace) -> None:
    """Refuse to read standard input twice: the second reader would find nothing."""
    names = [name for name in _FILES if getattr(arguments, name, None) == "-"]
    names += ["rim" for name in getattr(arguments, "rim", None) or () if name == "-"]
    if len(names) > 1:
        raise UsageError(f"standard input cannot be both {' and '.join(names[:2])}", where="-")


def make_policy(arguments: argparse.Namespace) -> Policy:
    """Return the policy of the file, with the levels that are named beside it.

    Raises:
        UsageError: not a policy, or one whose levels do not judge all of it  [POL-6].
    """
    policy = Policy()
    if arguments.policy is not None:
        policy = parse_policy(read_bytes(arguments.policy, max_size=MAX_POLICY_SIZE))
    if arguments.assurance is not None:
        policy = policy._replace(assurance=arguments.assurance)
    if arguments.gpu is not None:
        policy = policy._replace(gpu=arguments.gpu)
    check_policy(policy)
    return policy


def read_roots(arguments: argparse.Namespace, console: Console) -> TrustRoots:
    """Return the roots whose signatures count, and warn where they are not the pinned ones."""
    name: Optional[str] = getattr(arguments, "trust_root", None)
    if name is None:
        return PINNED_ROOTS
    roots = parse_trust_roots(read_bytes(name, max_size=MAX_TRUST_ROOT_SIZE))
    if roots.replaced:
        console.warn(f"trusting the given root in the place of: {', '.join(roots.replaced)}")
    return roots


def read_endorsements(
    arguments: argparse.Namespace, given: Endorsements = NO_ENDORSEMENTS
) -> Endorsements:
    """Return the statements of the files; `given` where there is no file."""

    def read(member: str, max_size: int, otherwise: Optional[bytes]) -> Optional[bytes]:
        name: Optional[str] = getattr(arguments, member, None)
        return otherwise if name is None else read_bytes(name, max_size=max_size)

    given = given._replace(
        collateral=read("collateral", MAX_COLLATERAL_SIZE, given.collateral),
        nras=read("nras", MAX_NRAS_SIZE, given.nras),
        jwks=read("jwks", MAX_JWKS_SIZE, given.jwks),
    )
    rims = getattr(arguments, "rim", None) or ()
    if rims:
        given = given._replace(rims=tuple(read_bytes(rim, max_size=MAX_RIM_SIZE) for rim in rims))
    return given


def parse_moment(text: str) -> datetime:
    """Return the time of `--at`."""
    try:
        return parse_rfc3339(text)
    except MalformedError as error:
        raise UsageError(error.message, where="--at") from None
