"""A second reading of sections 5 and 6 of the specification: what passes, what is refused.

It shares nothing with the reference.  The tables of options, parameters and closed sets are not
written here: they are read from the text of `SPEC.md`, so that the text is tested as well.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Final, Iterator, List, Mapping, Optional, Tuple

__all__ = [
    "RefusedError",
    "array_text",
    "check_models",
    "judge_model",
    "judge_options",
    "plaintexts",
]

SPEC: Final = Path(__file__).resolve().parents[3] / "SPEC.md"

ROLES: Final = {"system", "developer", "user", "assistant", "tool"}


class RefusedError(Exception):
    """With stage and code."""


def need(condition: object, stage: str, code: str) -> None:
    if not condition:
        raise RefusedError(stage, code)


# --- Messages -----------------------------------------------------------------------------------


def plaintexts(messages: Any) -> List[Optional[str]]:
    """Return the text to seal of each message, `None` where there is none."""
    need(isinstance(messages, list), "message", "messages")
    need(len(messages) <= 10_000, "message", "count")
    texts: List[Optional[str]] = []
    for message in messages:
        need(isinstance(message, dict), "message", "messages")
        need(set(message) <= {"role", "content"}, "message", "message-member")
        role = message.get("role")
        need(isinstance(role, str) and role in ROLES, "message", "role")
        texts.append(plaintext(message.get("content")))
    need(any(text is not None for text in texts), "message", "count")
    need(sum(message["role"] == "system" for message in messages) < 2, "message", "system")
    return texts


def plaintext(content: Any) -> Optional[str]:
    if content is None:
        return None
    if isinstance(content, str):
        need(not array_text(content), "message", "json-array")
        return content
    need(isinstance(content, list), "message", "content")
    for part in content:
        need(isinstance(part, dict), "message", "part")
        kind = part.get("type")
        need(kind in ("text", "image_url"), "message", "part")
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else None
        need(isinstance(part.get("text") if kind == "text" else url, str), "message", "part")
    need(depth(content) <= 32, "message", "part-json")
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def depth(value: Any) -> int:
    if isinstance(value, (list, dict)):
        below = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, below), default=0)
    return 0


_TOKEN: Final = re.compile(
    r'[ \t\n\r]*(?:(?P<s>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<v>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|NaN|-?Infinity)"
    r"|(?P<p>[\[\]{},:]))"
)


def array_text(text: str) -> bool:
    """Say whether a text is one JSON array, read token by token with a stack of its own."""
    words = "".join(tokens(text.strip(" \t\n\r")))
    if not words.startswith("["):
        return False
    # A value is `v`, a string `s`.  Innermost arrays and objects become values until none is left.
    shrunk = ""
    while shrunk != words:
        shrunk = words
        words = re.sub(r"\[(?:[vs](?:,[vs])*)?\]|\{(?:s:[vs](?:,s:[vs])*)?\}", "v", words)
    return words == "v"


def tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield "?"
            return
        yield "s" if found["s"] else "v" if found["v"] else found["p"]
        at = found.end()


# --- Options ------------------------------------------------------------------------------------


def tables() -> Dict[str, List[Tuple[str, ...]]]:
    """Return the tables of section 6 by the name of their first column."""
    section = SPEC.read_text("utf-8").split("\n## 6. ")[1].split("\n## 7. ")[0]
    found: Dict[str, List[Tuple[str, ...]]] = {}
    for block in section.split("\n\n"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|"))
                for line in block.splitlines() if line.startswith("|")]  # fmt: skip
        if rows:
            found[rows[0][0]] = rows[2:]
    return found


def literals(cell: str) -> List[str]:
    return re.findall(r"`([^`]*)`", cell)


TABLES: Final = tables()
SETS: Final = {literals(path)[0]: literals(values) for path, values in TABLES["path"]}
OBJECTS: Final = {literals(name)[0]: literals(members) for name, members in TABLES["object"]}


def refused_names(column: str) -> Dict[str, Tuple[List[Any], str]]:
    return {
        name: ([json.loads(value) for value in literals(row[1])], row[2])
        for row in TABLES[column]
        for name in literals(row[0])
    }


OPTIONS: Final = refused_names("option")
PARAMETERS: Final = refused_names("member")
CODES: Final = {"REQ-5": "feature", "REQ-6": "plaintext", "REQ-11": "downgrade",
                "REQ-14": "other-model"}  # fmt: skip


def judge_options(options: Any) -> Dict[str, Any]:
    """Return the members of the body besides `model` and `messages`."""
    named(options)
    body: Dict[str, Any] = {"stream": True, "venice_parameters": {"enable_e2ee": True}}
    for name, value in options.items():
        if name == "stream":
            need(value is True, "request", "stream")
        elif name == "venice_parameters":
            body[name] = {"enable_e2ee": True, **parameters(value)}
        elif name in OPTIONS or name in PARAMETERS:
            body[name] = harmless(OPTIONS.get(name) or PARAMETERS[name], value)
        elif name in OBJECTS:
            named(value)
            need(set(value) <= set(OBJECTS[name]), "request", "plaintext")
            body[name] = {n: scalar(f"{name}.{n}", member) for n, member in value.items()}
        else:
            body[name] = scalar(name, value)
    return body


def named(value: Any) -> None:
    need(isinstance(value, dict), "request", "plaintext")
    for name in value:
        need(re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,63}", name), "request", "name")


def parameters(value: Any) -> Dict[str, Any]:
    named(value)
    return {
        name: harmless(PARAMETERS[name], member) if name in PARAMETERS else scalar("", member)
        for name, member in value.items()
    }


def harmless(row: Tuple[List[Any], str], value: Any) -> Any:
    allowed, rule = row
    text = json.dumps(value)
    need(text in [json.dumps(one) for one in allowed], "request", CODES[rule])
    return value


def scalar(path: str, value: Any) -> Any:
    if not isinstance(value, str):
        need(not isinstance(value, (list, dict)), "request", "plaintext")
        return value
    need(value in SETS.get(path, ()), "request", "plaintext")
    return value


# --- Models -------------------------------------------------------------------------------------


def judge_model(name: str) -> None:
    """Judge a model id."""
    need(1 <= len(name) <= 256, "request", "model-id")
    need(not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in name), "request", "model-id")
    colon = name.find(":")
    need(colon < 0 or "=" not in name[colon:], "request", "model-switch")


def check_models(text: str, model: str) -> None:
    """Judge a list of models."""
    try:
        top = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
        json.dumps(top, ensure_ascii=False).encode("utf-8")
    except ValueError:
        raise RefusedError("request", "model-list") from None
    rows = top.get("data") if isinstance(top, dict) else None
    need(isinstance(rows, list), "request", "model-list")
    found = []
    for row in rows or ():
        need(isinstance(row, dict), "request", "model-list")
        need(isinstance(row.get("id"), str) and row["id"], "request", "model-list")
        need(isinstance(row.get("model_spec") or {}, dict), "request", "model-list")
        if row["id"] == model:
            abilities = (row.get("model_spec") or {}).get("capabilities")
            found.append(abilities.get("supportsE2EE") if isinstance(abilities, dict) else None)
    need(found and all(able is True for able in found), "request", "no-e2ee")


def unique(pairs: List[Tuple[str, Any]]) -> Mapping[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(pairs)
    return dict(pairs)


def constant(name: str) -> Any:
    raise ValueError(name)
