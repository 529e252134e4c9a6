"""Generators of the vectors of tokens."""
