from __future__ import annotations

from typing import Any, Dict, List

import pytest

from conformance.mock_tee.reply import MAX_ECHO, cut, echo, prompt_text


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], "b"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": None}], "a"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}, {"text": "y"}, 1]}], "x y"),
        ([{"role": "user"}], ""),
    ],
)
def test_the_prompt_is_the_last_text(messages: List[Dict[str, Any]], text: str) -> None:
    assert prompt_text(messages) == text


def test_the_echo_shows_what_was_read() -> None:
    answer = echo([{"role": "user", "content": "straße"}])
    assert "1 message;" in answer
    assert "6 characters" in answer
    assert answer.endswith("STRASSE")


def test_the_echo_is_bounded() -> None:
    assert len(echo([{"role": "user", "content": "x" * 100_000}])) < MAX_ECHO + 200


@pytest.mark.parametrize("text", ["", " ", "one", "one two  three\n", "  lead", "a\n\nb"])
def test_words_join_to_the_text(text: str) -> None:
    assert "".join(cut(text)) == text
    assert all(cut(text))


@pytest.mark.parametrize("chunks", [1, 2, 7, 100])
def test_as_many_pieces_as_asked_for(chunks: int) -> None:
    for text in ("", "a", "some words"):
        pieces = cut(text, chunks)
        assert len(pieces) == chunks
        assert all(pieces)
    assert "".join(cut("0123456789", 5)) == "0123456789"
