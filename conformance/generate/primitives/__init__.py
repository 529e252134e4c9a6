"""Generators of the vectors of primitives."""
