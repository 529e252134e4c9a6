from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from conformance.mock_tee.server import MockTee


@pytest.fixture(name="tee", scope="module")
def honest() -> Iterator[MockTee]:
    with MockTee(seed="cli") as tee:
        yield tee
        assert tee.failures == []


@pytest.fixture(name="root", scope="module")
def simulated_root(tee: MockTee, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the root of the mock."""
    file = tmp_path_factory.mktemp("root") / "root.pem"
    file.write_text(tee.trust_root_pem, encoding="ascii")
    return file
