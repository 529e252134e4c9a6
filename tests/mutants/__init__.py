"""Weakened copies of the reference, each of which the vectors have to tell from the real one."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Dict

from conformance.selftest.mutants import conversation, evidence
from tests.mutants.harness import Mutant

__all__ = ["all_mutants"]


def all_mutants() -> Dict[str, Mutant]:
    """Return every mutant by its name: those of `selftest`, and those of this package.

    The modules of this package have them as `MUTANTS`.
    """
    found = {mutant.name: mutant for mutant in (*conversation.MUTANTS, *evidence.MUTANTS)}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if module == "__main__" or module.startswith("test_"):
            continue
        for mutant in getattr(importlib.import_module(f"{__name__}.{module}"), "MUTANTS", ()):
            if mutant.name in found:
                raise ValueError(f"two mutants are called {mutant.name}")
            found[mutant.name] = mutant
    return found
