"""The commands of `docs/guides/testing-your-client.md` do what the guide says, in its order."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Dict, List

import pytest

from conformance.cli.run_options import add_arguments
from conformance.expectations import load
from conformance.levels import LEVELS
from conformance.report.document import parse_report
from tests.repo import guide_project as guide
from tests.repo.guide_project import GUIDE, ROOT, blocks, commands, patched, python_file, run

CODES: Dict[str, int] = {
    "new-adapter --lang python": 0,
    "doctor --adapter": 0,
    "run --adapter 'python3 adapter.py' key.parse/": 1,
    "--error-map errors.json": 1,
    "--xfail my.xfail key.parse/": 0,
    "--update-xfail": 1,
}
"""Part of a command -> its exit code; each command of the guide is one of these, in this order."""


def write_project(folder: Path) -> None:
    adapter = folder / "adapter.py"
    (diff,) = blocks("diff")
    adapter.write_text(patched(adapter.read_text("utf-8"), diff), "utf-8")
    (folder / "my_keys.py").write_text(python_file("my_keys.py"), "utf-8")
    (folder / "errors.json").write_text(blocks("json")[0], "utf-8")
    expected = next(text for text in blocks("text") if text.startswith("# status"))
    (folder / "my.xfail").write_text(expected, "utf-8")


def test_every_command_is_run_here() -> None:
    assert len(commands()) == len(CODES)
    for command, part in zip(commands(), CODES):
        assert part in command
        assert command.startswith("python3 -m conformance ")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the guide is written for a POSIX shell")
def test_the_guide_from_beginning_to_end(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    shown: List[str] = []
    for number, (command, code) in enumerate(zip(commands(), CODES.values())):
        if number == 2:
            write_project(folder)
        done = run(command, folder)
        shown.append(done.stdout)
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    sample = next(text for text in blocks("text") if text.startswith("✗"))
    assert sample in shown[2], "the failure is shown as the guide shows it"
    assert "pass by verdict only" in shown[2]
    assert "pass by verdict only" not in shown[3]
    assert "conformant: no" in shown[4]
    unsaid = [entry for entry in load(folder / "my.xfail").entries if not entry.said]
    assert [entry.pattern for entry in unsaid] == ["field.open/*", "field.seal/*"]
    check_pipelines(folder)
    check_mended(folder)


def check_pipelines(folder: Path) -> None:
    """Run the commands of both pipelines once somebody has written the reasons."""
    file = folder / "my.xfail"
    file.write_text(re.sub("TO" + "DO reason", "not built yet", file.read_text("utf-8")), "utf-8")
    for text in blocks("yaml"):
        words = re.search(r"python3 -m conformance run [^:]*?(?=\n +env:|\n +artifacts:)", text)
        assert words is not None
        command = " ".join(words[0].split()).replace("$GITHUB_STEP_SUMMARY", "summary.md")
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        report = parse_report((folder / "conformance.json").read_bytes())
        assert not report.verdict.conformant
        assert report.counts["xfail"] > 100
        for name in set(re.findall(r"--report \w+=\"?([\w.$]+)", command)) - {"-"}:
            assert (folder / name).stat().st_size > 0, name


def check_mended(folder: Path) -> None:
    """The check of the curve that the guide gives mends what the guide shows."""
    text = python_file("my_keys.py").replace(
        '    return "04" + match[1].lower()',
        '    if not is_on_curve("04" + match[1]):\n'
        '        raise ValueError("not on the curve")\n'
        '    return "04" + match[1].lower()',
    )
    program = f"{text}\n{python_file('on_curve.py')}"
    (folder / "my_keys.py").write_text(program, "utf-8")
    done = run(commands()[3], folder)
    assert done.returncode == 0, done.stdout
    assert "80 pass" in done.stdout
    stale = run(commands()[4], folder)
    assert stale.returncode == 1
    assert "Remove my.xfail:2, or let --update-xfail do it." in " ".join(stale.stdout.split())


def test_the_tables_are_those_of_the_program() -> None:
    from conformance import exits

    rows = dict(re.findall(r"(?m)^\| ([0-9]) \| (.*) \|$", GUIDE))
    assert set(rows) == {str(value) for name, value in vars(exits).items() if name.isupper()
                         and isinstance(value, int)}  # fmt: skip
    levels = re.findall(r"(?m)^\| (\w[\w-]+) \| (?:every|and) ", GUIDE)
    assert levels == list(LEVELS[1:])


def test_every_option_exists() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    known = set(parser._option_string_actions)
    known |= {"--lang", "--port", "--scenario", "--depth", "--branch"}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", GUIDE))
    assert used <= known, sorted(used - known)


def test_the_error_map_names_refusals() -> None:
    from conformance.adapters.error_map import parse_error_map

    assert json.loads(blocks("json")[0])
    assert parse_error_map(blocks("json")[0].encode()).rows


def test_the_pages_are_there() -> None:
    folder = ROOT / "docs" / "guides"
    for page in re.findall(r"\]\(([^)#:]+)\)", GUIDE):
        assert (folder / page).is_file(), page


def test_a_difference_that_does_not_fit_is_found() -> None:
    assert patched("a\nb\n", " a\n+c\n...\n-b\n+d") == "a\nc\nd\n"
    with pytest.raises(AssertionError, match="no line 'x'"):
        patched("a\nb\n", " x\n")
    assert guide.blocks("sh")
    assert shlex.split(commands()[0])[0] == "python3"
