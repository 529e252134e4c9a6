from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.interop.peers import NAMES, Peer, Unavailable, open_peer


@pytest.fixture(scope="session", params=NAMES)
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Peer]:
    folder: Path = tmp_path_factory.mktemp("peer")
    try:
        with open_peer(request.param, folder) as found:
            yield found
    except Unavailable as reason:
        pytest.skip(str(reason))
