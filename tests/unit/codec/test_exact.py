from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.codec.exact import parse_exact_object
from venice_ref.errors import MalformedError, VeniceError

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(-1e9, 1e9),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('ab"\\é,}', max_size=3), inner)
    ),
    max_leaves=8,
)


def texts(raw: bytes) -> Dict[str, str]:
    return dict(parse_exact_object(raw, max_size=10_000).texts)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{}", {}),
        (b" \n{ \t} ", {}),
        (b'{"a":1}', {"a": "1"}),
        (b'{"a" : 1 , "b":\r\n-0.50e+01 }', {"a": "1", "b": "-0.50e+01"}),
        (b'{"a":{ "x" : [1, 2 ] },"s":"00"}', {"a": '{ "x" : [1, 2 ] }', "s": '"00"'}),
        (b'{"\\u0061":"\\u0062\\/","b":"}"}', {"a": '"\\u0062\\/"', "b": '"}"'}),
        (b'{"a":"\\"tcbInfo\\":{","tcbInfo":{}}', {"a": '"\\"tcbInfo\\":{"', "tcbInfo": "{}"}),
        ('{"ä":"ü\u2028"}'.encode(), {"ä": '"ü\u2028"'}),
        (b'{"a":null,"b":true,"c":[]}', {"a": "null", "b": "true", "c": "[]"}),
    ],
)  # fmt: skip
def test_a_member_is_returned_as_it_stands(raw: bytes, expected: Dict[str, str]) -> None:
    assert texts(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b'{"a":1', b'{"a":1,}', b'{"a":1}{}', b'{"a":1,"a":2}', b'{"a":NaN}',
        b'{"a":{"b":1,"b":1}}', b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b"{a:1}", b'{"a":01}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", b'{"a":"' + b"x" * 10_000 + b'"}',
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_exact_object(raw, max_size=10_000, where="w", rule="NET-10")
    assert (caught.value.where, caught.value.rule) == ("w", "NET-10")


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text('ab"\\é:,{}', max_size=4), VALUES, max_size=4),
    st.sampled_from([(",", ":"), (" , ", " :\t"), (",\n", ":\r\n  ")]),
    st.booleans(),
)
def test_the_pieces_are_the_values_and_nothing_is_left_out(
    members: Dict[str, Any], separators: Any, ascii_only: bool
) -> None:
    raw = json.dumps(members, separators=separators, ensure_ascii=ascii_only)
    found = texts(raw.encode())
    assert {name: json.loads(text) for name, text in found.items()} == members
    for name, text in found.items():
        assert text == json.dumps(members[name], separators=separators, ensure_ascii=ascii_only)


@settings(max_examples=150, deadline=None)
@given(st.text('{}[]",:\\ 1a\n', max_size=24))
def test_any_text_is_an_object_or_refused(text: str) -> None:
    try:
        found = texts(text.encode())
    except VeniceError:
        return
    assert {name: json.loads(piece) for name, piece in found.items()} == json.loads(text)
