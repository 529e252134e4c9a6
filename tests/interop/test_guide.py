"""The extraction itself, on a text of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.adapters.examples import guide

MARKDOWN = """\
Text with `code` in it.

```bash
pip install something
```

<Tabs>
  ```python Python theme={"system"}
  def f():
      return '''
'''
  ```
</Tabs>
    ```javascript
    const url = 'https://api.venice.ai/api/v1/models'

      indented
    ```
"""


def test_blocks_lose_the_indentation_of_their_fence_and_nothing_else() -> None:
    bash, python, javascript = guide.code_blocks(MARKDOWN)
    assert (bash.language, bash.line, bash.code) == ("bash", 3, "pip install something\n")
    assert python.code == "def f():\n    return '''\n'''\n"
    url = "const url = 'https://api.venice.ai/api/v1/models'"
    assert javascript.code == f"{url}\n\n  indented\n"


def test_a_block_without_an_end_is_an_error() -> None:
    with pytest.raises(guide.GuideError, match="line 1 has no end"):
        guide.code_blocks("```python\nx = 1\n")


def test_a_sample_is_one_block() -> None:
    assert guide.sample(MARKDOWN, "bash", "pip").startswith("pip")
    with pytest.raises(guide.GuideError, match="0 python blocks"):
        guide.sample(MARKDOWN, "python", "def g(")
    with pytest.raises(guide.GuideError, match="2 bash blocks"):
        guide.sample(MARKDOWN + "```bash\npip\n```\n", "bash", "pip")


def test_only_the_base_url_is_changed() -> None:
    code = "get('https://api.venice.ai/api/v1/models')"
    assert guide.with_base_url(code, "http://[::1]:1/v1") == "get('http://[::1]:1/v1/models')"
    with pytest.raises(guide.GuideError, match="does not contain"):
        guide.with_base_url("get('/models')", "http://[::1]:1")


def test_a_block_is_imported_from_a_file(tmp_path: Path) -> None:
    text = "```python\nanswer = 42\n```\n\n```python\ntwice = 2 * answer\n```\n"
    module = guide.load_python(text, ["answer =", "twice ="], tmp_path, "sample_of_ours")
    assert module.twice == 84


def test_the_guide_holds_every_block_that_the_tests_run() -> None:
    markdown = guide.read_guide()
    if markdown is None:
        pytest.skip(guide.ABSENT)
    for language, marks in (
        ("python", (guide.PYTHON_KEYS, guide.PYTHON_ENCRYPT, guide.PYTHON_DECRYPT)),
        ("javascript", (guide.JAVASCRIPT_KEYS, guide.JAVASCRIPT_ENCRYPT, guide.JAVASCRIPT_DECRYPT)),
    ):
        for mark in marks:
            assert mark in guide.sample(markdown, language, mark)
    for language, mark in (
        ("python", guide.PYTHON_COMPLETE),
        ("javascript", guide.JAVASCRIPT_COMPLETE),
    ):
        assert guide.BASE_URL in guide.sample(markdown, language, mark)
