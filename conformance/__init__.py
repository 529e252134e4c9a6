"""Proves or disproves that an implementation follows the specification."""
