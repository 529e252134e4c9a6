"""What the mock's model says: a text that only somebody who read the prompt can write."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Final, List, Optional, Sequence, Union

__all__ = ["ReplyText", "cut", "echo", "prompt_text"]

ReplyText = Union[str, Callable[[Sequence[Dict[str, Any]]], str]]
"""A fixed answer, or a function of the messages."""

MAX_ECHO: Final = 400
"""Characters of the prompt that come back."""


def echo(messages: Sequence[Dict[str, Any]]) -> str:
    """Return how much was read, and the last message in capitals."""
    prompt = prompt_text(messages)
    shown = prompt if len(prompt) <= MAX_ECHO else prompt[:MAX_ECHO] + "..."
    count = f"{len(messages)} message" + ("s" if len(messages) != 1 else "")
    return (
        f"I read {count}; the last has {len(prompt)} characters."
        f" Here it is in capitals: {shown.upper()}"
    )


def prompt_text(messages: Sequence[Dict[str, Any]]) -> str:
    """Return the text of the last message that has any; parts of array content are joined."""
    for message in reversed(messages):
        content = message.get("content")
        if isinstance(content, str):
            return content
        if isinstance(content, list):
            texts = [part.get("text") for part in content if isinstance(part, dict)]
            return " ".join(text for text in texts if isinstance(text, str))
    return ""


def cut(text: str, chunks: Optional[int] = None) -> List[str]:
    """Return the text in pieces: words with the white space before them, or exactly `chunks`.

    A text that is too short for `chunks` pieces is repeated, so that none of them is empty.
    """
    if chunks is None:
        return re.findall(r"\s*\S+|\s+\Z", text)
    text = text or " "
    while len(text) < chunks:
        text += text
    bounds = [len(text) * i // chunks for i in range(chunks + 1)]
    return [text[start:end] for start, end in zip(bounds, bounds[1:])]
