"""Generators of the vectors of response signatures."""
