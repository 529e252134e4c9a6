"""What a feature that is not declared leaves out is said at the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from conformance.adapters.reference.handle import handle as reference
from conformance.cli import new_adapter
from conformance.cli.main import main
from conformance.plan import load_cases

SEALED = "field.seal/"
ADAPTER = "py:tests.unit.conformance.cli.test_run_features:without_surrogates"
STRANGE = "py:tests.unit.conformance.cli.test_run_features:with_a_strange_feature"


def _declaring(request: Dict[str, Any], *features: str) -> Dict[str, Any]:
    reply = dict(reference(request))
    if request["op"] == "hello":
        reply["ok"] = {**reply["ok"], "features": list(features)}
    return reply


def without_surrogates(request: Dict[str, Any]) -> Dict[str, Any]:
    """Answer as the reference does, and declare less."""
    return _declaring(request, "aad")


def with_a_strange_feature(request: Dict[str, Any]) -> Dict[str, Any]:
    """Answer as the reference does, and declare more."""
    return _declaring(request, "aad", "lone-surrogates", "of-its-own")


def run(folder: Path, *words: str) -> int:
    return main(["run", "--no-probes", "--state", str(folder / "state.json"), *words])


def test_what_was_left_out_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needy = [case for case in load_cases() if case.id.startswith(SEALED) and case.needs]
    assert {name for case in needy for name in case.needs} == {"lone-surrogates"}
    assert run(tmp_path, "--adapter", ADAPTER, SEALED) == 0
    note = "not tested because the feature lone-surrogates is not declared"
    assert f"{note}: {len(needy)} tests" in " ".join(capsys.readouterr().err.split())
    assert run(tmp_path, "--adapter", STRANGE, SEALED) == 0
    shown = capsys.readouterr()
    assert "not tested" not in shown.err
    assert '"of-its-own", which has no effect' in " ".join(shown.out.split())


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_language_with_such_texts_declares_the_feature(language: str) -> None:
    assert "lone-surrogates" in new_adapter.skeleton(language).decode("ascii")
