"""Generators of the vectors of revocation lists."""
