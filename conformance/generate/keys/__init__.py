"""Generators of the vectors of keys and addresses."""
