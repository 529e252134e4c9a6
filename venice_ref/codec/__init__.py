"""Bytes to values and back: no cryptography, no clock, no I/O."""
