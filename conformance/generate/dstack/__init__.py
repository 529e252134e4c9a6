"""Generators of the vectors of dstack."""
