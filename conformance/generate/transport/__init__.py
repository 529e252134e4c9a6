"""Generators of the vectors of transport."""
