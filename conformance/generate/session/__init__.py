"""Generators of the vectors of sessions."""
