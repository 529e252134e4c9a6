"""Generators of the vectors of attestation answers, binding, policies and bundles."""
