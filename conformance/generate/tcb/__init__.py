"""Generators of the vectors of the TCB."""
