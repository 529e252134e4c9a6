"""Generators of the vectors of quotes."""
