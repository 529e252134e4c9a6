"""Mistakes in messages, options and headers."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_MESSAGES: Final = "venice_ref/e2ee/messages.py"
_OPTIONS: Final = "venice_ref/e2ee/options.py"
_VENICE: Final = "venice_ref/net/venice.py"

_TRIMMED: Final = '    trimmed = text.strip(" \\t\\n\\r")\n'
_DECODED: Final = "        return isinstance(_LENIENT_JSON.decode(trimmed), list)\n"
_CONTENT: Final = (
    '    plaintext = None if content is None else _plaintext(content, f"{where}.content")\n'
)
_MEMBERS: Final = '        if name not in {"role", "content"}:\n'
_ROLE: Final = "    if not isinstance(role, str) or role not in ROLES:\n"
_NOTHING: Final = "    if all(message.plaintext is None for message in checked):\n"
_SYSTEM: Final = (
    '    systems = [i for i, message in enumerate(checked) if message.role == "system"]\n'
)
_PART: Final = '    else:\n        raise UsageError("not text or image_url", rule="MSG-7",'
_RETURN: Final = (
    '    return {"model": model, "messages": _sealed(checked, recipient, random_bytes), **fields}\n'
)
_STREAM: Final = "    if stream is not True:\n"
_NAME: Final = '_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\\Z")'
_HARMLESS: Final = "        if type(value) is type(harmless) and value == harmless:\n"
_SET: Final = "    if isinstance(value, str) and value in _CLOSED_SETS.get(where, ()):\n"
_ABLE: Final = "    if found and all(entry.supports_e2ee is True for entry in found):\n"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant("request.null-sealed", _MESSAGES, _CONTENT,
           '    plaintext = _plaintext(content or "", f"{where}.content")\n', ("MSG-2",),
           "Null and absent content are sealed as the empty text."),
    Mutant("request.null-added", _MESSAGES, "        elif message.has_content:\n",
           "        else:\n", ("MSG-2",), "Absent content becomes null."),
    Mutant("request.array-escaped", _MESSAGES, "ensure_ascii=False, allow_nan=False, separators",
           "ensure_ascii=True, allow_nan=False, separators", ("MSG-4",),
           "Characters beyond ASCII are escaped in the text of an array."),
    Mutant("request.array-text-sent", _MESSAGES, "        if _is_json_array(text):\n",
           "        if False:\n", ("MSG-5",), "Text that parses as an array is sent."),
    Mutant("request.brackets-refused", _MESSAGES, _DECODED, "        return True\n", ("MSG-5",),
           "Whatever stands between brackets is refused."),
    Mutant("request.strict-parser", _MESSAGES, _DECODED,
           "        from venice_ref.codec.strict import parse_json\n"
           "        return isinstance(parse_json(trimmed, max_size=10**9), list)\n"
           "    except UsageError:\n        raise\n"
           "    except Exception:\n        return False\n"
           "    try:\n        pass\n", ("MSG-5",), "A strict parser decides what an array is."),
    Mutant("request.trimmed-as-unicode", _MESSAGES, _TRIMMED,
           '    trimmed = text.strip().strip("\\ufeff")\n', ("MSG-5",),
           "White space that JSON does not know is trimmed."),
    Mutant("request.not-trimmed", _MESSAGES, _TRIMMED, "    trimmed = text\n", ("MSG-5",),
           "White space around an array hides it."),
    Mutant("request.name-let-through", _MESSAGES, _MEMBERS,
           '        if name not in {"role", "content", "name"}:\n', ("MSG-6",),
           "The name of a participant is dropped in silence."),
    Mutant("request.members-dropped", _MESSAGES, _MEMBERS, "        if False:\n", ("MSG-6",),
           "Members besides role and content are dropped."),
    Mutant("request.null-member", _MESSAGES, _MEMBERS,
           '        if name not in {"role", "content"} and message[name] is not None:\n',
           ("MSG-6",), "A member with a null is let through."),
    Mutant("request.file-parts", _MESSAGES, _PART, _PART.replace("else:", 'elif kind != "file":'),
           ("MSG-7",), "File parts are sent."),
    Mutant("request.text-of-a-part", _MESSAGES,
           '        if not isinstance(text, str):\n            raise UsageError("not a text"',
           '        if isinstance(text, list):\n            raise UsageError("not a text"',
           ("MSG-7",), "A text part without a text is sent."),
    Mutant("request.url-of-a-part", _MESSAGES,
           '        if not isinstance(image, Mapping) or not isinstance(image.get("url"), str):\n',
           "        if image is None:\n", ("MSG-7",), "An image part without a URL is sent."),
    Mutant("request.two-systems", _MESSAGES, "    if len(systems) > 1:\n",
           "    if len(systems) > 9:\n", ("MSG-8",), "Several system messages are sent."),
    Mutant("request.systems-in-a-row", _MESSAGES, _SYSTEM,
           "    systems = [i for i, m in enumerate(checked) if m.role == 'system' and"
           " (i == 0 or checked[i - 1].role == 'system')]\n", ("MSG-8",),
           "Neighbours alone are counted."),
    Mutant("request.developer-is-system", _MESSAGES, _SYSTEM,
           "    systems = [i for i, m in enumerate(checked) "
           "if m.role in ('system', 'developer')]\n",
           ("MSG-8",), "A developer message counts as one of the system."),
    Mutant("request.any-role", _MESSAGES, _ROLE, "    if not isinstance(role, str):\n", ("MSG-9",),
           "Any role is sent."),
    Mutant("request.role-in-any-case", _MESSAGES, _ROLE,
           "    if not isinstance(role, str) or role.lower() not in ROLES:\n", ("MSG-9",),
           "Roles are compared without their case."),
    Mutant("request.role-by-default", _MESSAGES, '    role = message.get("role")\n',
           '    role = message.get("role") or "user"\n', ("MSG-9",),
           "A message without a role is one of the user."),
    Mutant("request.callers-messages", _MESSAGES, _RETURN,
           "    sealed = _sealed(checked, recipient, random_bytes)\n"
           "    for message, entry in zip(messages, sealed):\n"
           "        message.update(entry)\n"
           '    return {"model": model, "messages": messages, **fields}\n', ("MSG-10",),
           "The envelopes are written into the caller's messages."),
    Mutant("request.nothing-to-encrypt", _MESSAGES, _NOTHING, "    if False:\n", ("MSG-11",),
           "A request without an envelope is sent."),
    Mutant("request.empty-is-nothing", _MESSAGES, _NOTHING,
           "    if not any(message.plaintext for message in checked):\n", ("MSG-11",),
           "Empty content counts as nothing to encrypt."),
    Mutant("request.10001-messages", _MESSAGES, "    if len(messages) > MAX_MESSAGES:\n",
           "    if len(messages) > MAX_MESSAGES + 1:\n", ("MSG-11",),
           "The limit of the messages is off by one."),
    Mutant("request.9999-messages", _MESSAGES, "    if len(messages) > MAX_MESSAGES:\n",
           "    if len(messages) >= MAX_MESSAGES:\n", ("MSG-11",),
           "The limit of the messages is off by one, to the other side."),
    Mutant("request.content-made-text", _MESSAGES, "    elif isinstance(content, str):\n",
           "    elif not isinstance(content, Mapping):\n        content = str(content)\n",
           ("MSG-12",), "Numbers and booleans are made texts."),
    Mutant("request.false-is-null", _MESSAGES, _CONTENT,
           "    plaintext = None if not content and content not in ('', []) else"
           ' _plaintext(content, f"{where}.content")\n', ("MSG-12",),
           "What counts as false is taken for null."),
    Mutant("request.33-levels", _MESSAGES, "    return _plain(part, where, MAX_JSON_DEPTH - 1)\n",
           "    return _plain(part, where, MAX_JSON_DEPTH)\n", ("MSG-13",),
           "The outer array is not counted as a level."),
    Mutant("request.string-as-messages", _MESSAGES,
           "    if isinstance(messages, (str, bytes)) or not isinstance(messages, Sequence):\n",
           "    if isinstance(messages, str):\n"
           '        messages = [{"role": "user", "content": messages}]\n'
           "    if not isinstance(messages, Sequence):\n", ("MSG-14",),
           "A string counts as a message of the user."),
    Mutant("request.key-in-upper-case", _MESSAGES,
           "        HEADER_MODEL_KEY: encode_public_key(model_key),\n",
           "        HEADER_MODEL_KEY: encode_public_key(model_key).upper(),\n", ("REQ-2",),
           "The model key is sent in upper case."),
    Mutant("request.key-without-04", _MESSAGES,
           "        HEADER_MODEL_KEY: encode_public_key(model_key),\n",
           "        HEADER_MODEL_KEY: encode_public_key(model_key)[2:],\n", ("REQ-2",),
           "The model key is sent in 128 digits."),
    Mutant("request.no-algorithm", _MESSAGES, "        HEADER_ALGORITHM: ALGORITHM,\n", "",
           ("REQ-1",), "The third header is left out, and the service answers in plaintext."),
    Mutant("request.header-twice", _MESSAGES, "        HEADER_ALGORITHM: ALGORITHM,\n",
           "        HEADER_ALGORITHM: ALGORITHM,\n        HEADER_ALGORITHM.lower(): ALGORITHM,\n",
           ("REQ-1",), "A header stands twice, in two spellings."),
    Mutant("request.keys-swapped", _MESSAGES,
           "        HEADER_CLIENT_KEY: encode_public_key(client_key),\n",
           "        HEADER_CLIENT_KEY: encode_public_key(model_key),\n", ("REQ-1",),
           "The client's header has the model's key."),
    Mutant("request.stream-truthy", _OPTIONS, _STREAM, "    if not stream:\n", ("REQ-10",),
           "What counts as true is true."),
    Mutant("request.stream-forgotten", _OPTIONS,
           '{"stream": True, "venice_parameters": parameters}', '{"venice_parameters": parameters}',
           ("REQ-3",), "The member stream is forgotten."),
    Mutant("request.e2ee-by-default", _OPTIONS,
           '    parameters: Dict[str, Json] = {"enable_e2ee": True}\n',
           "    parameters: Dict[str, Json] = {}\n", ("REQ-4",),
           "The default of the service is relied on."),
    Mutant("request.e2ee-off", _OPTIONS,
           '"the request would be served without encryption", (True,))',
           '"the request would be served without encryption", (True, False, None, 0))', ("REQ-11",),
           "Encryption is switched off by the caller."),
    Mutant("request.e2ee-truthy", _OPTIONS, _HARMLESS, "        if value == harmless:\n",
           ("REQ-11", "REQ-5"), "Values of other types are equal to the harmless one."),
    Mutant("request.beside-the-parameters", _OPTIONS,
           "    refusal = _REFUSED_OPTIONS.get(name) or _REFUSED_PARAMETERS.get(name)\n",
           "    refusal = _REFUSED_OPTIONS.get(name)\n", ("REQ-5", "REQ-11"),
           "Members of venice_parameters are looked for in their place only."),
    Mutant("request.tools-of-nothing", _OPTIONS,
           "    refusal = _REFUSED_OPTIONS.get(name) or _REFUSED_PARAMETERS.get(name)\n",
           "    refusal = _REFUSED_OPTIONS.get(name) or _REFUSED_PARAMETERS.get(name)\n"
           "    if not value:\n        return value\n", ("REQ-5", "REQ-6"),
           "What counts as false is let through."),
    Mutant("request.two-choices", _OPTIONS, '"one choice is decrypted", (1,))',
           '"one choice is decrypted", (1, 2))', ("REQ-5",), "Two choices are asked for."),
    Mutant("request.web-search", _OPTIONS, '_SEARCH, ("off", False))',
           '_SEARCH, ("off", "auto", False))', ("REQ-5",), "The server may search if it wants to."),
    Mutant("request.closed-sets-anywhere", _OPTIONS, _SET,
           "    if isinstance(value, str) and any(value in v for v in _CLOSED_SETS.values()):\n",
           ("REQ-6",), "One set of strings serves for all names."),
    Mutant("request.strings-anywhere", _OPTIONS, _SET, "    if isinstance(value, str):\n",
           ("REQ-6",), "Strings pass under every name that is not refused."),
    Mutant("request.strings-in-any-case", _OPTIONS, _SET,
           "    if isinstance(value, str) and value.lower() in _CLOSED_SETS.get(where, ()):\n",
           ("REQ-6",), "Strings are compared without their case."),
    Mutant("request.members-of-objects", _OPTIONS, "        if name not in _OBJECTS[where]:\n",
           "        if False:\n", ("REQ-6",), "Members of known objects are not looked at."),
    Mutant("request.stop-let-through", _OPTIONS, '    where = f"options.{name}"\n',
           '    where = f"options.{name}"\n    if name == "stop":\n        return value\n',
           ("REQ-6",), "Stop sequences travel in plaintext."),
    Mutant("request.lists-of-numbers", _OPTIONS, "    if isinstance(value, float):\n",
           "    if isinstance(value, list) and all(type(item) is int for item in value):\n"
           "        return value\n    if isinstance(value, float):\n", ("REQ-6",),
           "Arrays of numbers pass."),
    Mutant("request.any-name", _OPTIONS, _NAME, '_NAME = re.compile(r"")', ("REQ-16",),
           "Names are not looked at."),
    Mutant("request.name-before-line-end", _OPTIONS, _NAME,
           '_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}$")', ("REQ-16",),
           "A name may end with a line feed."),
    Mutant("request.name-of-65", _OPTIONS, _NAME,
           '_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,64}\\Z")', ("REQ-16",),
           "The limit of a name is off by one."),
    Mutant("request.name-of-any-script", _OPTIONS, _NAME,
           '_NAME = re.compile(r"[^\\W\\d]\\w{0,63}\\Z")', ("REQ-16",),
           "Letters of every script are letters."),
    Mutant("request.equals-anywhere", _OPTIONS, '    if "=" in model.partition(":")[2]:\n',
           '    if "=" in model:\n', ("REQ-12",), "The sign = is refused wherever it is."),
    Mutant("request.model-line-end", _OPTIONS,
           '_MODEL = re.compile(r"[^\\x00-\\x1f\\x7f-\\x9f]{1,256}\\Z")',
           '_MODEL = re.compile(r"[^\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f]{1,256}$")', ("REQ-13",),
           "A model id may end with a line feed."),
    Mutant("request.model-c1-controls", _OPTIONS,
           '_MODEL = re.compile(r"[^\\x00-\\x1f\\x7f-\\x9f]{1,256}\\Z")',
           '_MODEL = re.compile(r"[^\\x00-\\x1f\\x7f]{1,256}\\Z")', ("REQ-13",),
           "Control characters beyond ASCII are forgotten."),
    Mutant("request.model-of-257", _OPTIONS,
           '_MODEL = re.compile(r"[^\\x00-\\x1f\\x7f-\\x9f]{1,256}\\Z")',
           '_MODEL = re.compile(r"[^\\x00-\\x1f\\x7f-\\x9f]{1,257}\\Z")', ("REQ-13",),
           "The limit of a model id is off by one."),
    Mutant("request.model-of-options", _OPTIONS, '    "fallbacks": _Refusal("REQ-14",',
           '    "fallbacks_": _Refusal("REQ-14",', ("REQ-14",),
           "Fallbacks are treated like any other list."),
    Mutant("request.capability-truthy", _VENICE,
           "    return value if isinstance(value, bool) else None\n",
           "    return bool(value)\n", ("REQ-8",), "What counts as true is a capability."),
    Mutant("request.capability-unknown", _VENICE, _ABLE,
           "    if found and all(entry.supports_e2ee is not False for entry in found):\n",
           ("REQ-8",), "An unknown capability counts as one."),
    Mutant("request.any-entry-able", _VENICE, _ABLE,
           "    if any(entry.supports_e2ee is True for entry in found):\n", ("REQ-8",),
           "One entry of an id is enough."),
    Mutant("request.not-listed", _VENICE, _ABLE,
           "    if all(entry.supports_e2ee is True for entry in found):\n", ("REQ-8",),
           "A model that is not listed is let through."),
    Mutant("request.id-prefix", _VENICE, "[entry for entry in models if entry.id == model]",
           "[entry for entry in models if entry.id.startswith(model)]", ("REQ-8",),
           "The beginning of an id is compared."),
    Mutant("request.attestation-is-enough", _VENICE,
           '_boolean(able.get("supportsE2EE"))', '_boolean(able.get("supportsTeeAttestation"))',
           ("REQ-8",), "Another capability is asked for."),
    Mutant("request.list-without-data", _VENICE, "    if rows is None:\n",
           "    rows = rows or []\n    if rows is None:\n", ("REQ-17",),
           "A list without data is an empty list."),
    Mutant("request.entry-without-id", _VENICE, "    if not name:\n",
           "    if name is None:\n", ("REQ-17",), "An empty id is an id."),
    Mutant("request.empty-id", _VENICE, "    if not isinstance(text, str) or not text or",
           "    if not isinstance(text, str) or", ("REQ-18",), "An empty id is put into a URL."),
    Mutant("request.members-twice", "venice_ref/codec/strict.py",
           "            object_pairs_hook=_unique_members,\n", "", ("REQ-17",),
           "Of a member that stands twice the last one counts."),
)  # fmt: skip
