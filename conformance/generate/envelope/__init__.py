"""Generators of the vectors of envelopes."""
