"""Generators of the test vectors: one seeded function for each file under `vectors/`."""
