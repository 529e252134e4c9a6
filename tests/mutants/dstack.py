"""Mutants of what dstack adds: event log, application, compose file, claims, compose manager."""

from __future__ import annotations

from typing import Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_FOLDER = "venice_ref/evidence/dstack"
_LOG = f"{_FOLDER}/event_log.py"
_APP = f"{_FOLDER}/app.py"
_COMPOSE = f"{_FOLDER}/compose.py"
_INFO = f"{_FOLDER}/registers.py"
_MANAGER = f"{_FOLDER}/manager.py"
_CHECKS = "venice_ref/attestation/checks_dstack.py"

MUTANTS: Tuple[Mutant, ...] = (
    # --- The event log --------------------------------------------------------------------------
    Mutant(
        "dstack.strip-nothing", _LOG,
        "    if event.digest and event.digest != digest:",
        "    if event.digest != digest:",
        ("DST-23",), "A stripped digest is an error.",
    ),
    Mutant(
        "dstack.ignore-preimage", _LOG,
        "    if event.preimage and event.preimage != preimage:",
        "    if False:",
        ("DST-4",), "A preimage that came along is not looked at.",
    ),
    Mutant(
        "dstack.big-endian-type", _LOG,
        'RUNTIME_EVENT_TYPE.to_bytes(4, "little")', 'RUNTIME_EVENT_TYPE.to_bytes(4, "big")',
        ("DST-2",), "The type is hashed in the other byte order.",
    ),
    Mutant(
        "dstack.version-2-as-1", _LOG,
        "    if version == 2:\n", "    if version == 3:\n",
        ("DST-2",), "Version 2 is hashed by the formula of version 1.",
    ),
    Mutant(
        "dstack.upper-case-payload", _LOG,
        '"payload": payload.hex(), "type"', '"payload": payload.hex().upper(), "type"',
        ("DST-2",), "The payload in the canonical JSON is written in upper case.",
    ),
    Mutant(
        "dstack.any-type-in-register-3", _LOG,
        "    if is_runtime == (event.register == RUNTIME_REGISTER):",
        "    if is_runtime <= (event.register == RUNTIME_REGISTER):",
        ("DST-3",), "The type of an event of register 3 is not looked at.",
    ),
    Mutant(
        "dstack.runtime-type-anywhere", _LOG,
        "    if is_runtime == (event.register == RUNTIME_REGISTER):",
        "    if is_runtime >= (event.register == RUNTIME_REGISTER):",
        ("DST-3",), "A boot event can have the type of a runtime event.",
    ),
    Mutant(
        "dstack.boot-event-of-version-2", _LOG,
        "        if is_runtime or (event.version == 1 and not event.preimage):",
        "        if is_runtime or not event.preimage:",
        ("DST-3",), "The version of a boot event is not looked at.",
    ),
    Mutant(
        "dstack.boot-event-with-preimage", _LOG,
        "        if is_runtime or (event.version == 1 and not event.preimage):",
        "        if is_runtime or event.version == 1:",
        ("DST-3",), "The preimage of a boot event is not looked at.",
    ),
    Mutant(
        "dstack.skip-boot-without-digest", _LOG,
        "        elif scope == ALL_REGISTERS:\n",
        "        elif scope == ALL_REGISTERS and event.digest:\n",
        ("DST-5",), "A boot event without a digest is left out.",
    ),
    Mutant(
        "dstack.only-register-3", _LOG,
        "        if scope == ALL_REGISTERS or number == RUNTIME_REGISTER:",
        "        if number == RUNTIME_REGISTER:",
        ("DST-6",), "Registers 0 to 2 are not compared.",
    ),
    Mutant(
        "dstack.skip-zero-registers", _LOG,
        "    if replayed != rtmr:", "    if any(rtmr) and replayed != rtmr:",
        ("DST-6",), "A register that is zero in the quote is not compared.",
    ),
    Mutant(
        "dstack.compare-prefix", _LOG,
        "    if replayed != rtmr:", "    if replayed[:32] != rtmr[:32]:",
        ("DST-6",), "Registers are compared in their first 32 bytes.",
    ),
    Mutant(
        "dstack.extend-backwards", _LOG,
        "hashlib.sha384(register + digest)", "hashlib.sha384(digest + register)",
        ("DST-6",), "A register is extended as digest || register.",
    ),
    Mutant(
        "dstack.register-modulo-4", _LOG,
        '_integer(node, "imr", REGISTERS - 1)', '_integer(node, "imr", 255) % REGISTERS',
        ("DST-1",), "The number of a register is reduced modulo 4.",
    ),
    Mutant(
        "dstack.count-characters", _LOG,
        'len(text.encode("utf-8"))', "len(text)",
        ("DST-1",), "The limit of a name counts characters.",
    ),
    Mutant(
        "dstack.unlimited-events", _LOG,
        "    if len(value) > MAX_EVENTS:", "    if len(value) > 2 * MAX_EVENTS:",
        ("DST-1",), "The number of events has another limit.",
    ),
    # --- The application ------------------------------------------------------------------------
    Mutant(
        "dstack.look-up-everywhere", _APP,
        "            return events[:index], events[index + 1 :], True  # [DST-7]",
        "            return events, events[index + 1 :], True",
        ("DST-7",), "Names are looked up after system-ready as well.",
    ),
    Mutant(
        "dstack.last-system-ready", _APP,
        "            return events[:index], events[index + 1 :], True  # [DST-7]",
        "            if all(later.name != SYSTEM_READY for later in events[index + 1 :]):\n"
        "                return events[:index], events[index + 1 :], True",
        ("DST-7",), "The boot ends at the last system-ready.",
    ),
    Mutant(
        "dstack.last-event-wins", _APP,
        "        if event.name in found:", "        if False:",
        ("DST-8",), "The last of two events of a name is taken.",
    ),
    Mutant(
        "dstack.key-provider-optional", _APP,
        "    for name in REQUIRED_NAMES:\n        if name not in found:",
        '    found.setdefault("key-provider", b\'{"name":"none","id":""}\')\n'
        "    for name in REQUIRED_NAMES:\n        if name not in found:",
        ("DST-8",), "A missing key provider is taken for none.",
    ),
    Mutant(
        "dstack.any-size", _APP,
        "        if allowed and len(event.payload) not in allowed:",
        "        if allowed and len(event.payload) > max(allowed):",
        ("DST-9", "DST-22"), "Short payloads are taken.",
    ),
    Mutant(
        "dstack.unknown-provider", _APP,
        "    if name not in PROVIDERS:", "    if name is None:",
        ("DST-21",), "A provider of any name is taken.",
    ),
    Mutant(
        "dstack.colon-in-names", _APP,
        '        if event.version == 1 and ":" in event.name:',
        '        if event.version == 1 and event.name.partition(":")[0] in REQUIRED_NAMES'
        ' and ":" in event.name:',
        ("DST-10",), "Only names that begin like a required one are searched for a colon.",
    ),
    # --- The compose file -----------------------------------------------------------------------
    Mutant(
        "dstack.text-not-hashed", _COMPOSE,
        "    if app_compose is not None:\n", "    if app_compose is not None and app is None:\n",
        ("DST-11",), "The text of the compose file is shown and not hashed.",
    ),
    Mutant(
        "dstack.text-trimmed", _COMPOSE,
        '        return hashlib.sha256(text.encode("utf-8")).digest()',
        '        return hashlib.sha256(text.strip().encode("utf-8")).digest()',
        ("DST-11",), "The text of the compose file is trimmed before it is hashed.",
    ),
    Mutant(
        "dstack.unknown-kind", _COMPOSE,
        "    if kind != 0 or any(mr_config_id):", "    if kind < 4 and any(mr_config_id):",
        ("DST-12",), "MRCONFIGID of a later kind is passed over.",
    ),
    Mutant(
        "dstack.kind-1-tail", _COMPOSE,
        "        _require(mr_config_id, mr_config_id_1(mr_config_id[1:33]))\n", "",
        ("DST-12",), "The bytes behind the hash of kind 1 are not looked at.",
    ),
    Mutant(
        "dstack.kind-0-by-first-byte", _COMPOSE,
        "    if kind != 0 or any(mr_config_id):", "    if kind != 0:",
        ("DST-12",), "A first byte of zero says that nothing is set.",
    ),
    Mutant(
        "dstack.kind-2-without-id", _COMPOSE,
        'if provider.name == "tpm" else (provider.id,)', "if provider.name else (provider.id,)",
        ("DST-12",), "The id of any provider can be left out.",
    ),
    Mutant(
        "dstack.kind-2-tpm-strict", _COMPOSE,
        'if provider.name == "tpm" else (provider.id,)', "if not provider.name else (provider.id,)",
        ("DST-26",), "The value of later versions is not known.",
    ),
    Mutant(
        "dstack.kind-3-domain", _COMPOSE,
        'b"dstack-mr-config-v3:\\0"', 'b"dstack-mr-config-v3:"',
        ("DST-12",), "The zero byte behind the prefix is left out.",
    ),
    Mutant(
        "dstack.document-unknown-member", _COMPOSE,
        "        if name not in _DOCUMENT_MEMBERS:", "        if not name:",
        ("DST-13",), "Unknown members of the document are ignored.",
    ),
    Mutant(
        "dstack.document-not-compared", _COMPOSE,
        "    if app is not None:\n        _check_document(node, app)\n", "",
        ("DST-13",), "The document is not compared with the log.",
    ),
    Mutant(
        "dstack.document-size", _COMPOSE,
        "    if len(encoded) > MAX_MR_CONFIG_SIZE:\n", "    if len(text) > MAX_MR_CONFIG_SIZE:\n",
        ("DST-25",), "The limit of the document counts characters.",
    ),
    Mutant(
        "dstack.withheld-log", _COMPOSE,
        '            raise _absent("an event log, which names the application behind it")',
        "            return bytes(32)",
        ("DST-14",), "MRCONFIGID that cannot be computed is passed over.",
    ),
    # --- Claims ---------------------------------------------------------------------------------
    Mutant(
        "dstack.aggregated-without-configuration", _INFO,
        "    if any(map(any, configuration)):\n        parts += configuration\n", "",
        ("DST-15",), "mr_aggregated leaves the configuration out.",
    ),
    Mutant(
        "dstack.tcb-info-unread", _INFO,
        "[info] if tcb_info is None else [info, tcb_info]", "[info]",
        ("DST-15",), "Claims in tcb_info are not compared.",
    ),
    Mutant(
        "dstack.empty-claim", _INFO,
        "    if not claim or not proof.complete or", "    if not proof.complete or",
        ("DST-28",), "An empty claim is a false one.",
    ),
    # --- The compose manager --------------------------------------------------------------------
    Mutant(
        "dstack.manager-own-nonce", _MANAGER,
        '        ("quote.report_data", "DST-16", record.actions_hash + nonce),',
        '        ("quote.report_data", "DST-16", record.actions_hash + (record.nonce or nonce)),',
        ("DST-16",), "The quote is compared with the record's own copy of the nonce.",
    ),
    Mutant(
        "dstack.manager-copies", _MANAGER,
        "        if required is not None and proven != required:",
        '        if name == "quote.report_data" and proven != required:',
        ("DST-20",), "The copies beside the quote are not compared.",
    ),
    Mutant(
        "dstack.manager-fixed-only", _MANAGER,
        '    yield "served", _compact(actions)\n', "",
        ("DST-17",), "The order served is not known.",
    ),
    Mutant(
        "dstack.manager-unknown-members", _MANAGER,
        "    if all(name in ACTION_MEMBERS for action in actions for name in action):\n",
        "    if True:\n",
        ("DST-17",), "Members that are not known are left out of the hash.",
    ),
    Mutant(
        "dstack.manager-other-td", _MANAGER,
        "    if td is not None and td != registers:",
        "    if td is not None and td.rtmrs[:3] != registers.rtmrs[:3]:",
        ("DST-19",), "Only the boot registers of the two quotes are compared.",
    ),
    Mutant(
        "dstack.half-record", _CHECKS,
        '    if node is None or not any(node.get(name) for name in ("quote", "actions_hash")):',
        '    if node is None or not all(node.get(name) for name in ("quote", "actions_hash")):',
        ("DST-27",), "Half a record counts as none.",
    ),
    Mutant(
        "dstack.manager-by-itself", _CHECKS,
        "        td=registers_of(findings.the_quote),\n",
        "        td=registers_of(findings.manager_record.quote),\n",
        ("DST-19",), "The record's quote is compared with itself.",
    ),
)  # fmt: skip
