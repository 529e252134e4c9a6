"""Generators of the vectors of event streams and answers."""
