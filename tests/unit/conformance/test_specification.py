from __future__ import annotations

import pytest

from conformance.specification import encode_requirements, parse_specification, refusals

TEXT = """\
# A specification

## 4. The envelope

Prose that is no item.

- **[ENV-4]** A receiver MUST refuse an envelope of fewer than 93 bytes (= 65 + 12 + 16) before any
  operation on the curve.
  (decided here; refusal `too-short`; vector)
  Why: it is cheap.
- **[ENV-6]** A receiver MUST NOT release any plaintext.
  (documented; no refusal; excluded: nobody can see it) Why: so.

### 4.1 More

- **[ENV-7]** A sender SHOULD think.
  (observed; refusal `too-short`; vector and scenario)
  Why: one,
  two (three).

- An item of an ordinary list.
"""


def test_items_are_read_with_all_their_parts() -> None:
    first, second, third = parse_specification(TEXT)
    assert first.text.startswith("A receiver MUST refuse")
    assert first.text.endswith("(= 65 + 12 + 16) before any operation on the curve.")
    assert (first.keyword, first.refusal, first.tested) == ("MUST", "too-short", "vector")
    assert (first.section, first.provenance) == ("4. The envelope", "decided here")
    assert (second.keyword, second.refusal) == ("MUST NOT", "")
    assert (second.tested, second.excluded) == ("excluded", "nobody can see it")
    assert (third.section, third.why) == ("4.1 More", "one, two (three).")
    assert third.tested == "vector and scenario"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("decided here;", "guessed;"),
        ("refusal `too-short`; vector)", "refusal too-short; vector)"),
        ("; vector)", ")"),
        ("  Why: it is cheap.\n", ""),
        ("A receiver MUST refuse", "A receiver refuses"),
        ("A sender SHOULD think.", "A sender SHOULD think and MUST act."),
        ("[ENV-7]", "[ENV-4]"),
        ("excluded: nobody can see it", "excluded"),
        ("[ENV-7]", "[XYZ-7]"),
    ],
)
def test_an_item_of_another_form_is_refused(before: str, after: str) -> None:
    assert before in TEXT
    with pytest.raises(ValueError, match=r"[A-Z]{3}-[0-9]+"):
        parse_specification(TEXT.replace(before, after, 1))


def test_the_registry_is_ascii_with_a_line_end() -> None:
    raw = encode_requirements(parse_specification(TEXT))
    assert raw.isascii()
    assert raw.endswith(b"}\n")


def test_refusals_are_collected_by_stage_and_code() -> None:
    rows = parse_specification(TEXT)
    assert refusals(rows) == [("envelope", "too-short", ("ENV-4", "ENV-7"))]
