"""What is missing on a machine is a reason to skip, and each reason is said."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters.examples import guide, node
from tests.interop import peers
from tests.interop.peers import Unavailable


def test_without_the_guide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(guide, "GUIDE", tmp_path / "nothing.md")
    assert guide.read_guide() is None
    for name in (peers.GUIDE_PYTHON, peers.GUIDE_JAVASCRIPT):
        with pytest.raises(Unavailable, match="guide is not beside"):
            peers.open_peer(name, tmp_path).__enter__()


def test_without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(Unavailable, match="no Node"):
        node.node_program()


def test_with_an_old_node(monkeypatch: pytest.MonkeyPatch) -> None:
    def old(command: Any, **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, "v18.20.4\n", "")

    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/node")
    monkeypatch.setattr("subprocess.run", old)
    with pytest.raises(Unavailable, match=r"v18\.20\.4 is older"):
        node.node_program()


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(node, "cache_folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.usefixtures("empty_cache")
def test_without_packages_and_without_installing() -> None:
    node._outcome.cache_clear()
    with pytest.raises(Unavailable, match="not installed"):
        node.packages(install=False)
    node._outcome.cache_clear()


def test_where_npm_reaches_no_registry(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    def offline(command: Any, **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "npm error code ENOTFOUND\n")

    monkeypatch.setattr("shutil.which", str)
    monkeypatch.setattr("subprocess.run", offline)
    node._outcome.cache_clear()
    with pytest.raises(Unavailable, match="npm error code ENOTFOUND"):
        node.packages()
    node._outcome.cache_clear()
    assert list(empty_cache.iterdir()) == []


@pytest.mark.usefixtures("empty_cache")
def test_where_npm_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        assert options["timeout"] == node.INSTALL_SECONDS
        raise subprocess.TimeoutExpired(command, node.INSTALL_SECONDS)

    monkeypatch.setattr("shutil.which", str)
    monkeypatch.setattr("subprocess.run", hang)
    node._outcome.cache_clear()
    with pytest.raises(Unavailable, match="no end after"):
        node.packages()
    node._outcome.cache_clear()


def test_without_a_python_package() -> None:
    with pytest.raises(Unavailable, match="no_such_package"):
        peers.require_packages("json", "no_such_package")
