"""Generators of the vectors of GPU evidence."""
