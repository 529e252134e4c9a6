from __future__ import annotations

from typing import Iterator

import pytest

from conformance.mock_tee.server import MockTee


@pytest.fixture(name="tee", scope="module")
def honest() -> Iterator[MockTee]:
    with MockTee(seed="cli") as tee:
        yield tee
        assert tee.failures == []
