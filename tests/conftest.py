"""What all tests share: properties are tried on the same examples in every run.

A run that fails once in a hundred helps nobody who has changed something else.  With
`VENICE_TESTS_RANDOM=1` the examples are fresh ones, for a search that is started on purpose.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("fresh", derandomize=False)
settings.load_profile("fresh" if os.environ.get("VENICE_TESTS_RANDOM") == "1" else "same")
