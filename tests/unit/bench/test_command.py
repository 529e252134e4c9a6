from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

ROOT = Path(__file__).resolve().parents[3]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_one_table_as_json(tmp_path: Path) -> None:
    """What is measured is asserted, never how long it took."""
    target = tmp_path / "out.json"
    quick = ["--quick", "--no-install", "--rounds", "2", "--only", "open-chunk", "--only", "ecdh"]
    done = bench(*quick, "--json", str(target))
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["bench: open-chunk", "bench: ecdh"]
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    value = json.loads(target.read_text(encoding="utf-8"))
    assert value["format"] == "venice-ref-bench-1"
    assert value["settings"]["rounds"] == 2
    assert value["machine"]["cpu_count"] == os.cpu_count()
    assert [table["name"] for table in value["tables"]] == ["open-chunk", "ecdh"]
    for table in value["tables"]:
        ours, *others = table["candidates"]
        assert (ours["name"], ours["ratio"]) == ("ours", None)
        assert others or table["skipped"]
        for one in table["candidates"]:
            assert len(one["samples"]) == 2
            assert one["seconds"]["min"] <= one["seconds"]["median"] <= one["seconds"]["max"]
        assert all(one["ratio"]["median"] > 0 for one in others)
        assert all(one["reason"] for one in table["skipped"])


def test_json_on_standard_output_is_alone_there() -> None:
    done = bench("--quick", "--no-install", "--rounds", "1", "--only", "keygen", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tables"][0]["name"] == "keygen"


def test_the_tables_are_named() -> None:
    done = bench("--list")
    names: List[str] = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[0] == "open-chunk"
    assert {"encrypt-100B", "ecdh", "gcm-1MB", "keygen", "start"} <= set(names)
    assert {"import", "tdx-cold", "tdx-warm", "gpu-8"} <= set(names)


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--only", "nonsense"], ["extra"]])
def test_wrong_usage_is_exit_code_two(arguments: List[str]) -> None:
    assert bench(*arguments).returncode == 2
