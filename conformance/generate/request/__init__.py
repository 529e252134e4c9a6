"""Generators of the vectors of requests."""
