"""Generators of the vectors of certificates and chains."""
