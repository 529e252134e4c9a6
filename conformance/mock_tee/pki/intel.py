"""The simulated Intel: its authorities, and the certificate of the mock's one platform.

    root CA -+- PCK Platform CA --- PCK certificate (SGX extension)   signs QE reports
             +- PCK Processor CA                                      certifies nothing here
             +- TCB Signing                                           signs TCB info, QE identity

Names of roles, order and kind of extensions, and the numbering (an authority's serial number is its
key identifier) are those of Intel's certificates, so that a verifier that was written for them
needs nothing but another root.  Organization and addresses say that it is a simulation, and the
addresses lead nowhere.  Intel, "SGX PCK Certificate and Certificate Revocation List Profile".

The certificates have fixed dates around the epoch of the mock, so that a quote depends on the seed
alone; what is published (`statements`, `pcs`) has dates around the present.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Optional, Sequence, Tuple

from conformance.mock_tee.pki.authority import (
    Authority,
    Key,
    Profile,
    distinguished_name,
    draw_key,
    extension,
    issue,
    self_signed,
)
from venice_ref.codec.der_encode import (
    boolean,
    enumerated,
    integer,
    object_identifier,
    octet_string,
    sequence,
)
from venice_ref.codec.pem import encode_pem
from venice_ref.crypto.curves import P256
from venice_ref.evidence.tdx.pck import SGX_EXTENSION
from venice_ref.model import RandomBytes

__all__ = [
    "CPU_SVN",
    "FMSPC",
    "PCE_ID",
    "PCE_SVN",
    "Chain",
    "Intel",
    "certify_platform",
    "encode_chain",
    "make_intel",
    "serial_of",
]

Chain = Tuple[bytes, ...]
"""Certificates in DER, the leaf first and the root last."""

FMSPC: Final = b"\x00\x00mock"
"""Family, model, stepping, platform and custom SKU (6) of no platform that exists."""

CPU_SVN: Final = bytes((6, 6, 2, 2, 4, 1, 0, 5, *bytes(8)))
"""CPUSVN (16), which is also the 16 components of the TCB."""

PCE_SVN: Final = 13
PCE_ID: Final = bytes(2)

_ORGANIZATION: Final = "venice-ref mock, simulated"
_PLACE: Final = ("Nowhere", "--", "XX")
_ADDRESS: Final = "https://pcs.invalid"

_BEFORE: Final = timedelta(days=365)
_AFTER: Final = timedelta(days=8765)
"""What a certificate is valid for before and after the epoch; longer than anybody runs one mock."""

_ISSUER_USAGES: Final = ("keyCertSign", "cRLSign")
_SIGNER_USAGES: Final = ("digitalSignature", "nonRepudiation")

_SGX_TYPE_SCALABLE: Final = 1


class Intel(NamedTuple):
    """All who sign in the name of the simulated Intel."""

    root: Authority
    platform_ca: Authority
    """Issues certificates of platforms such as the mock's."""
    processor_ca: Authority
    """Its sister; a list of hers says nothing about the mock's platform."""
    tcb_signing: Authority
    epoch: datetime


def make_intel(random_bytes: RandomBytes, epoch: datetime) -> Intel:
    """Return authorities with fresh keys, whose certificates are valid around `epoch`."""
    root_key, platform_key, processor_key, tcb_key = (draw_key(P256, random_bytes) for _ in "1234")
    root = self_signed(
        root_key, _profile("Intel SGX Root CA", root_key, epoch, _ISSUER_USAGES, path_length=1)
    )

    def below(name: str, key: Key, usages: Tuple[str, ...], path: Optional[int]) -> Authority:
        return issue(root, key, _profile(name, key, epoch, usages, path_length=path))

    return Intel(
        root,
        below("Intel SGX PCK Platform CA", platform_key, _ISSUER_USAGES, 0),
        below("Intel SGX PCK Processor CA", processor_key, _ISSUER_USAGES, 0),
        below("Intel SGX TCB Signing", tcb_key, _SIGNER_USAGES, None),
        epoch,
    )


def certify_platform(
    intel: Intel, pck: Key, ppid: bytes, *, not_after: Optional[datetime] = None
) -> Chain:
    """Return the chain of a platform: PCK certificate, Platform CA, root.

    `ppid` has 16 bytes; `not_after` replaces the end of the PCK certificate.
    """
    profile = _profile("Intel SGX PCK Certificate", pck, intel.epoch, _SIGNER_USAGES)._replace(
        serial=int.from_bytes(hashlib.sha256(b"PCK" + pck.xy).digest()[:20], "big"),
        crl_url=f"{_ADDRESS}/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
        extensions=(extension(SGX_EXTENSION, _sgx_extension(ppid)),),
    )
    if not_after is not None:
        profile = profile._replace(not_before=not_after - _BEFORE, not_after=not_after)
    leaf = issue(intel.platform_ca, pck, profile)
    return leaf.certificate, intel.platform_ca.certificate, intel.root.certificate


def serial_of(key: Key) -> int:
    """Return the serial number of an authority's certificate: the identifier of its key."""
    return int.from_bytes(key.identifier, "big")


def encode_chain(chain: Sequence[bytes]) -> str:
    """Return a chain as PEM, one block after the other."""
    return "".join(encode_pem(certificate) for certificate in chain)


def _profile(
    common_name: str,
    key: Key,
    epoch: datetime,
    usages: Tuple[str, ...],
    *,
    path_length: Optional[int] = None,
) -> Profile:
    return Profile(
        subject=distinguished_name(common_name, _ORGANIZATION, *_PLACE),
        serial=serial_of(key),
        not_before=epoch - _BEFORE,
        not_after=epoch + _AFTER,
        usages=usages,
        path_length=path_length,
        crl_url=f"{_ADDRESS}/IntelSGXRootCA.der",
    )


# --- The SGX extension --------------------------------------------------------------------------


def _sgx_extension(ppid: bytes) -> bytes:
    """Return the value of the extension, with the seven entries of the Platform CA.  Intel, 1.3.5.

    The platform is one with several packages, keys that Intel keeps, and hyper-threading.
    """
    components = [_pair(f"2.{number}", integer(svn)) for number, svn in enumerate(CPU_SVN, 1)]
    tcb = sequence(
        *components, _pair("2.17", integer(PCE_SVN)), _pair("2.18", octet_string(CPU_SVN))
    )
    configuration = sequence(*(_pair(f"7.{number}", boolean(True)) for number in (1, 2, 3)))
    return sequence(
        _pair("1", octet_string(ppid)),
        _pair("2", tcb),
        _pair("3", octet_string(PCE_ID)),
        _pair("4", octet_string(FMSPC)),
        _pair("5", enumerated(_SGX_TYPE_SCALABLE)),
        _pair("6", octet_string(hashlib.sha256(b"platform instance" + ppid).digest()[:16])),
        _pair("7", configuration),
    )


def _pair(number: str, value: bytes) -> bytes:
    return sequence(object_identifier(f"{SGX_EXTENSION}.{number}"), value)
