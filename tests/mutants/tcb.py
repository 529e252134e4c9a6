"""Mistakes in evaluating a TCB: levels, modules, statuses, policy."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_TCB: Final = "venice_ref/evidence/tdx/tcb.py"
_LEVELS: Final = "venice_ref/evidence/tdx/levels.py"
_VERIFY: Final = "venice_ref/evidence/tdx/verify.py"
_POLICY: Final = "venice_ref/evidence/tdx/policy.py"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant(
        "tcb.levels-as-listed", _LEVELS,
        "return tuple(sorted(levels, key=lambda level: level[:3], reverse=True))",
        "return tuple(levels)", ("TCB-1",), "Levels of the platform are taken as they stand.",
    ),
    Mutant(
        "tcb.sorted-by-components-only", _LEVELS, "key=lambda level: level[:3]",
        "key=lambda level: level[:1]", ("TCB-1",), "PCESVN is not part of the order.",
    ),
    Mutant(
        "tcb.sorted-without-tdx", _LEVELS, "key=lambda level: level[:3]",
        "key=lambda level: level[:2]", ("TCB-1",), "TDX components are not part of the order.",
    ),
    Mutant(
        "tcb.isv-levels-as-listed", _LEVELS,
        "return tuple(sorted(levels, key=lambda level: level.isv_svn, reverse=True))",
        "return tuple(levels)", ("TCB-1",),
        "Levels of modules and quoting enclaves are taken as they stand.",
    ),
    Mutant(
        "tcb.any-component", _TCB, "return all(svn >= bound", "return any(svn >= bound",
        ("TCB-12",), "One component that is high enough is enough.",
    ),
    Mutant(
        "tcb.components-as-one-number", _TCB,
        "return all(svn >= bound for svn, bound in zip(svns, least))",
        "return tuple(svns) >= tuple(least)", ("TCB-12",), "Components are one long number.",
    ),
    Mutant(
        "tcb.strictly-above", _TCB, "return all(svn >= bound", "return all(svn > bound",
        ("TCB-12",), "Equal numbers do not reach a level.",
    ),
    Mutant(
        "tcb.ignore-pcesvn", _TCB, "            pce_svn >= level.pce_svn\n", "            True\n",
        ("TCB-12",), "PCESVN is not compared.",
    ),
    Mutant(
        "tcb.ignore-tdx-components", _TCB,
        "and _reaches(tdx_svns[start:], level.tdx_svns[start:])", "and True", ("TCB-12",),
        "TEE_TCB_SVN is not compared.",
    ),
    Mutant(
        "tcb.module-counts-twice", _TCB, "start = 2 if tee_tcb_svn is not None", "start = 0 if "
        "tee_tcb_svn is not None", ("TCB-4",), "The module's version counts for the platform.",
    ),
    Mutant(
        "tcb.module-never-counts", _TCB,
        "start = 2 if tee_tcb_svn is not None and tee_tcb_svn[1] > 0 else 0", "start = 2",
        ("TCB-4",), "The first two bytes are left out for a module of version 0 as well.",
    ),
    Mutant(
        "tcb.lowest-is-the-default", _TCB,
        '    raise EvidenceError("the platform reaches no TCB level", rule="TCB-3", where=where)',
        "    return level", ("TCB-3",), "A platform below all levels has the lowest.",
    ),
    Mutant(
        "tcb.module-by-fallback", _TCB, "        if identity.version == version:",
        "        if identity.version >= version:", ("TCB-5",),
        "The identity of another module is taken.",
    ),
    Mutant(
        "tcb.last-module-identity", _TCB, "    for identity in known:",
        "    for identity in reversed(list(known)):", ("TCB-5",),
        "The last of two identities of one version speaks.",
    ),
    Mutant(
        "tcb.module-id-decimal", "venice_ref/evidence/tdx/tcb_info.py",
        "version = decode_hex(found[1])[0]", "version = int(found[1])", ("TCB-5",),
        "The number of a module's identity is decimal.",
    ),
    Mutant(
        "tcb.skip-module-signer", _VERIFY,
        'if body["mr_signer_seam"] != identity.mr_signer:', "if False:", ("TCB-6",),
        "MRSIGNERSEAM is not compared.",
    ),
    Mutant(
        "tcb.module-attributes-under-mask", _VERIFY,
        "if found != identity.attributes or not masked_equal(", "if not masked_equal(",
        ("TCB-6",), "SEAMATTRIBUTES are compared under the mask only.",
    ),
    Mutant(
        "tcb.launch-only", _VERIFY,
        'current = evaluated("tee_tcb_svn_2") if "tee_tcb_svn_2" in quote.body else None',
        "current = None", ("TCB-8",), "The TCB of now is not evaluated.",
    ),
    Mutant(
        "tcb.module-not-joined", _TCB,
        "parts = [level for level in (module, qe) if level is not None]", "parts = [qe]",
        ("TCB-7",), "The level of the TDX module changes nothing.",
    ),
    Mutant(
        "tcb.enclave-not-joined", _TCB,
        "status=converge(platform.status, [level.status for level in parts]),",
        "status=converge(platform.status, [level.status for level in parts if level is not qe]),",
        ("TCB-7",), "The level of the quoting enclave changes nothing.",
    ),
    Mutant(
        "tcb.configuration-lost", _TCB,
        'return "OutOfDateConfigurationNeeded" if platform in _WITH_CONFIGURATION else "OutOfDate"',
        'return "OutOfDate"', ("TCB-7",), "OutOfDate hides that configuration is needed.",
    ),
    Mutant(
        "tcb.enclave-configuration-counts", _TCB, 'if "OutOfDate" not in parts:',
        'if not any(part.startswith("OutOfDate") for part in parts):', ("TCB-7",),
        "OutOfDateConfigurationNeeded of the quoting enclave makes the whole out of date.",
    ),
    Mutant(
        "tcb.relaunch-hides-configuration", _TCB,
        'if launch == "OutOfDateConfigurationNeeded" or current in _WITH_CONFIGURATION:',
        "if current in _WITH_CONFIGURATION:", ("TCB-13",),
        "The configuration that was needed at launch is forgotten.",
    ),
    Mutant(
        "tcb.advisories-repeated", _TCB, "return tuple(dict.fromkeys(advisories))",
        "return tuple(advisories)", ("TCB-9",), "Advisories are listed as often as they occur.",
    ),
    Mutant(
        "tcb.advisories-sorted", _TCB, "return tuple(dict.fromkeys(advisories))",
        "return tuple(sorted(set(advisories)))", ("TCB-9",), "Advisories are sorted.",
    ),
    Mutant(
        "tcb.status-of-any-kind", _LEVELS, "    if status not in statuses:",
        "    if status not in PLATFORM_STATUSES:", ("TCB-2",),
        "Modules and quoting enclaves have the statuses of platforms.",
    ),
    Mutant(
        "tcb.default-out-of-date", _POLICY, '    "SWHardeningNeeded",\n    "ConfigurationNeeded",',
        '    "SWHardeningNeeded",\n    "OutOfDate",\n    "ConfigurationNeeded",', ("TCB-10",),
        "The default accepts OutOfDate.",
    ),
    Mutant(
        "tcb.revoked-now", _POLICY, 'if "Revoked" in (facts.status, current):',
        'if facts.status == "Revoked":', ("TCB-11",), "Only the launch may not be revoked.",
    ),
    Mutant(
        "tcb.revoked-by-name", _POLICY, "    if unknown:", "    if False:", ("TCB-11",),
        "A policy can name Revoked.",
    ),
)  # fmt: skip
