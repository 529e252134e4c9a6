"""The reference as an implementation under test: one function for each operation."""

from conformance.adapters.reference.operations import OPERATIONS, Operation, answer

__all__ = ["OPERATIONS", "Operation", "answer"]
