"""Generators of the vectors of collateral."""
