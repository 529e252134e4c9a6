"""Weakened copies of the reference that `selftest` runs; the rest stands in tests/mutants."""
